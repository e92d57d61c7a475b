"""Copies a finished study with the deviations from another band; nothing is trained.

The vectors of a study are stored with its trials, so they can be compared with another band. The
objective of a study never changes, so the original study stays as it is.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from fusionnas.cecv.vector import Cecv
from fusionnas.errors import CECVError, StudyError
from fusionnas.files.causes import cause_of
from fusionnas.files.links import link_or_copy
from fusionnas.models.provenance import command_line
from fusionnas.networks.file_names import WEIGHTS
from fusionnas.searching.given_band import GivenBand
from fusionnas.searching.metrics import band_metrics
from fusionnas.searching.records import TrialRecord, records_of
from fusionnas.searching.rescored import fill_study, rescored_trials
from fusionnas.searching.result_file import read_result
from fusionnas.searching.selection import recommended
from fusionnas.searching.trial_result import TrialState
from fusionnas.studies.folder import RUNS, StudyFolder
from fusionnas.studies.name import check_new_name
from fusionnas.studies.summary import choose
from fusionnas.studies.tested import Tested
from fusionnas.studies.yardsticks import beside_of
from fusionnas.tasks.kinds import stored_task
from fusionnas.workflows.conclusion import COURSE, conclude, draw
from fusionnas.workflows.study_result import StudyResult

# files that the copy makes anew, references that do not belong to its band, and remains of
# interruptions
_NOT_COPIED = (
    "study.yaml",
    "study.db*",
    "trials.csv",
    "band.json",
    "summary.json",
    "best",
    "report.html",
    "report",
    "cecv.png",
    "references",
    ".lock",
    "*.part",
)


def rescore(
    study: str | Path, band: str | Path, name: str | None = None, runs: str | Path = RUNS
) -> StudyResult:
    """Copy a finished study, with deviation, excess and guidance from another band.

    Args:
        study: name or path of the study; it is only read.
        band: a band.json whose vectors were made in the same way as the study's.
        name: name of the copy, a folder in `runs`; None means `<study>-rescored`.
        runs: folder of all studies.

    Raises:
        StudyError: there is no such study, it is unfinished, or the copy exists already.
        CECVError: the file is no band file, or vectors are missing or cannot be compared with it.
    """
    runs = Path(runs)
    source = StudyFolder.find(study, runs)
    name = name or f"{source.path.resolve().name}-rescored"
    check_new_name(name, runs)
    copy = StudyFolder(runs / name)
    if copy.path.exists():
        raise StudyError(f"{copy.path} exists already; give the copy another --name.")
    summary = source.summary()
    trials = source.open_study()
    records = records_of(trials)
    _check_finished(source, summary, records)
    widths = [r.architecture["width"] for r in records if r.state == TrialState.DONE]
    given = GivenBand.read(band, widths)
    copies = rescored_trials(
        trials, lambda record: _metrics(source, record, given), source.objectives
    )
    try:
        _copy_files(source, copy, given)
        records = records_of(fill_study(copy.open_study(create=True), trials, copies))
        conclude(
            copy,
            given,
            records,
            choose(copy, records),
            _tested(summary),
            _course(summary),
            summary.get("predictor"),
        )
        draw(copy)
    except BaseException:  # also after an interrupt: half a study is of no use
        shutil.rmtree(copy.path, ignore_errors=True)
        raise
    return StudyResult(copy)


def _check_finished(
    source: StudyFolder, summary: Mapping[str, Any], records: Sequence[TrialRecord]
) -> None:
    """Raise StudyError if there are trials after the summary, as a resumed search leaves them."""
    states = [record.state for record in records]
    counted = {state: states.count(state) for state in set(states)}
    best = recommended(records)
    known = best is not None and choose(source, records).trial.number == summary["chosen"]["number"]
    if counted != summary["trials"] or not known:
        raise StudyError(
            f"Only a finished study can be rescored, and '{source.name}' has trials that its "
            f"summary lacks. Finish it with the same command and {source.resuming}."
        )


def _metrics(source: StudyFolder, record: TrialRecord, given: GivenBand) -> dict[str, Any]:
    """The metrics of a trial with the other band."""
    result = read_result(source.trial(record.number))
    if result is None or "cecv" not in result:
        raise CECVError(
            f"Every finished trial needs its clustering vector, and trial {record.number} of "
            f"'{source.name}' has none ({source.trial(record.number) / 'result.json'}). Restore "
            "that file, or search again with --band."
        )
    vector = Cecv.from_dict(result["cecv"])
    try:
        return band_metrics(vector, record.architecture["width"], given.band)
    except CECVError as e:
        made, other = vector.provenance, given.band.provenance
        raise CECVError(
            f"The target band {given.name} is not for '{source.name}'. {e} The band's probe is "
            f"'{other.probe}' ({other.probe_hash}), the study's '{made.probe}' "
            f"({made.probe_hash}). Give the band of a study with the same probe."
        ) from e


def _copy_files(source: StudyFolder, copy: StudyFolder, given: GivenBand) -> None:
    """Copy all files that stay the same, and write a study.yaml for the copy."""
    facts = source.facts
    own = {
        "id": uuid.uuid4().hex,
        "name": copy.name,
        "created": datetime.now().isoformat(timespec="seconds"),
        "command": command_line(),
        "rescored_from": {"name": facts["name"], "id": facts["id"]},
        "band": given.facts,
        "storage": None,  # the copy has its own study.db
    }
    try:
        shutil.copytree(
            source.path,
            copy.path,
            ignore=shutil.ignore_patterns(*_NOT_COPIED),
            copy_function=_link_weights,
        )
    except OSError as e:
        raise StudyError(f"The study folder {copy.path} cannot be written: {cause_of(e)}") from e
    copy.create({**facts, **own}, given.band)


def _link_weights(source: str, target: str) -> None:
    """Link weights, which are large and never change; copy all other files."""
    if Path(source).suffix == Path(WEIGHTS).suffix:
        link_or_copy(source, target)
    else:
        shutil.copy2(source, target)


def _tested(summary: Mapping[str, Any]) -> Tested:
    """The results on the test part; the recommended network and they stay the same."""
    test = stored_task(summary).kept("test", summary["chosen"])
    uses = summary.get("usefulness", {})  # missing in studies of version 0.1
    rest = (beside_of(summary), uses, summary.get("targets", ()))
    return Tested(summary["target"], summary["unit"], test, *rest)


def _course(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The course of the search, which is that of the source."""
    return {name: summary[name] for name in COURSE if name in summary}
