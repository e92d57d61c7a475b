"""The end of a study, searched or rescored: tables, band, summary, bundle and report."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fusionnas.models.bundle import read_manifest
from fusionnas.models.card_words import interval_words
from fusionnas.models.target_words import each_manifest
from fusionnas.report import write_report
from fusionnas.searching.given_band import BandSource
from fusionnas.searching.records import TrialRecord
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.summary import Choice, summarise, write_trials
from fusionnas.studies.tested import Tested
from fusionnas.workflows.export import write_best

COURSE = ("search_seconds", "overhead", "exhausted", "exhausted_words")


def conclude(
    folder: StudyFolder,
    bands: BandSource,
    records: Sequence[TrialRecord],
    choice: Choice,
    tested: Tested,
    course: Mapping[str, Any],
    predictor: Mapping[str, Any] | None = None,
    write_predictor: Callable[[Mapping[str, Any]], None] = lambda summary: None,
) -> dict[str, Any]:
    """Write everything that a study ends with, except its report.

    The summary is written last: a study that has one has everything that the summary is about.

    Args:
        folder: folder of the study.
        bands: source of its target band.
        records: records of all its trials.
        choice: the recommended trial.
        tested: results of the recommended network on the test part.
        course: facts about the course of the search, with the names in `COURSE`.
        predictor: facts about its ensemble; None if it has none.
        write_predictor: called with the summary before this is written; writes the ensemble.

    Returns:
        The summary.
    """
    folder.reopen()
    if bands.band is not None:
        folder.write_json("band.json", bands.band.to_dict())
    write_trials(folder, records)
    summary = summarise(folder, records, choice, tested, bands, predictor) | dict(course)
    shutil.rmtree(folder.best, ignore_errors=True)
    write_best(folder, summary)
    manifest = read_manifest(folder.best)
    summary |= _interval(manifest)
    for facts, one in zip(summary.get("targets", ()), each_manifest(manifest), strict=True):
        facts |= _interval(one)
    write_predictor(summary)
    folder.write_json("summary.json", summary)
    return summary


def _interval(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The correction of the intervals of a network of one target, for a summary."""
    if interval := manifest.get("interval"):
        words = interval_words(interval, manifest["unit"])
        return {"interval": interval, "interval_words": words}
    return {}


def draw(folder: StudyFolder) -> list[Path]:
    """Write the report of a study: its page and its plot of vectors."""
    report = write_report(folder)
    return [report.page, report.cecv_plot]
