"""Makes the tables, the choice of the network and the summary of a finished search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.cecv.guidance import summary as guidance_words
from fusionnas.cecv.target_band import TargetBand
from fusionnas.cecv.verdict import FEWEST, Verdict, judge
from fusionnas.files.atomic import write_csv
from fusionnas.searching.bandit import improvements
from fusionnas.searching.earnings import earning_columns, earning_words, earnings
from fusionnas.searching.final_training import (
    failed_trainings,
    failure_words,
    is_whole,
    judged_folder,
    network_folder,
)
from fusionnas.searching.finalists import Finalist, recommend, rule
from fusionnas.searching.finalists import words as finalist_words
from fusionnas.searching.given_band import BandSource
from fusionnas.searching.metrics import trial_metrics
from fusionnas.searching.moves import move_columns, move_record
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.result_file import read_result
from fusionnas.searching.selection import LOWEST, front
from fusionnas.searching.trial_counts import count
from fusionnas.searching.trial_result import TrialState
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.tested import Tested

if TYPE_CHECKING:
    import pandas as pd


def write_trials(folder: StudyFolder, records: Sequence[TrialRecord]) -> None:
    """Write `trials_table` as trials.csv."""
    write_csv(folder.path / "trials.csv", trials_table(records))


def trials_table(records: Sequence[TrialRecord]) -> pd.DataFrame:
    """One row for each trial, with columns for each metric and the vector."""
    import pandas as pd

    on_front = {r.number for r in front(records)}
    wins = improvements(records)
    by_number = {r.number: r for r in records}
    rows = []
    for r in records:
        row: dict[str, Any] = {
            "number": r.number,
            "state": r.state,
            "origin": r.origin,
            "on_front": r.number in on_front,
        }
        metrics = dict(r.metrics)
        counts = metrics.pop("cecv", None) or {}
        guidance = metrics.pop("guidance", None) or []
        row |= metrics
        row |= {f"cecv/{float(t):.2f}": count for t, count in counts.items()}
        row |= {f"guidance/{float(t):.2f}": g for t, g in zip(counts, guidance, strict=False)}
        row |= earning_columns(r, wins)
        row |= move_columns(r, by_number)
        rows.append(row | {"reason": r.reason, "architecture": r.line})
    return pd.DataFrame(rows)


def verdict_of(records: Sequence[TrialRecord]) -> Verdict:
    """Whether the band informed the study, from the random proposals that no result selected."""
    rows = [
        (r.metrics["cecv_deviation"], r.values[0], r.metrics["parameters"])
        for r in records
        if r.state == TrialState.DONE and r.fair and r.metrics["cecv_deviation"] is not None
    ]
    deviation, error, parameters = np.array(rows, dtype=float).reshape(-1, 3).T
    return judge(deviation, error, parameters)


def verdict_words(verdict: Verdict) -> str:
    """The verdict in words; if there were too few random networks, also how to get enough."""
    if verdict.architectures < FEWEST:
        return f"{verdict.words} A search with --verdict begins with enough random networks."
    return verdict.words


@dataclass(frozen=True, slots=True)
class Choice:
    """The recommended trial, and the finalists if there are any."""

    trial: TrialRecord
    finalists: Sequence[Finalist]


def choose(folder: StudyFolder, records: Sequence[TrialRecord]) -> Choice:
    """Choose among records; the caller makes sure that one of them can be recommended."""
    chosen, finalists = recommend(folder.path, records)
    assert chosen is not None
    return Choice(chosen, finalists)


def chosen_facts(
    folder: StudyFolder, chosen: TrialRecord, band: TargetBand | None
) -> dict[str, Any]:
    """The facts about the recommended network in the summary: its folder and its metrics.

    The errors are those of its own training. If the network was refitted to all training and
    validation rows, the error is that of the training before, or of the networks of the folds.
    """
    place = network_folder(folder.path, chosen.number)
    facts: dict[str, Any] = {
        "number": chosen.number,
        "line": chosen.line,
        "origin": chosen.origin,
        "folder": place.relative_to(folder.path).as_posix(),
    }
    trial = folder.trial(chosen.number)
    if place == trial:
        return facts | dict(chosen.metrics)
    result = read_result(place)
    assert result is not None
    task = folder.task
    facts |= {f"search_{task.error.key('val')}": chosen.values[0]}
    facts |= trial_metrics(result, band)
    if is_whole(place):
        judged = read_result(judged_folder(folder.path, chosen.number))
        assert judged is not None
        errors: Mapping[str, Any] = judged
        facts |= task.kept("val", errors)
        kept = ("skill", "collapsed", "cecv_spread")
        facts |= {name: errors[name] for name in kept if name in errors}
    return facts


def summarise(
    folder: StudyFolder,
    records: Sequence[TrialRecord],
    choice: Choice,
    tested: Tested,
    bands: BandSource,
    predictor: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Make the study's summary.

    Args:
        folder: folder of the study.
        records: records of its trials.
        choice: recommended trial, one of the records.
        tested: results on the test part.
        bands: source of its target band.
        predictor: facts about its ensemble; None if it has none.
    """
    chosen, finalists = choice.trial, choice.finalists
    finals = [finalist.to_dict() for finalist in finalists]
    repeated = {f.number: {"mean": f.mean, "low": f.low, "high": f.high} for f in finalists}
    verdict = verdict_of(records)
    metrics, unit = chosen_facts(folder, chosen, bands.band), tested.unit
    error, data = folder.task.error, folder.facts["data"]
    in_unit = f" {unit}" if unit else ""
    best_words = (
        f"{chosen.line}: validation {error.label} {metrics[error.key('val')]:.4g}{in_unit}, "
        f"test {error.label} {tested.metrics[error.key('test')]:.4g}{in_unit}"
    )
    moves, earned = move_record(records), earnings(records)
    counts = count(records)
    guidance = metrics.get("guidance")
    return {
        "name": folder.name,
        "unit": unit,
        "target": tested.target,
        **{name: data[name] for name in ("task", "classes") if name in data},
        "objectives": list(folder.objectives),
        "trials": counts.by_state,
        "trial_counts": counts.to_dict(),
        "chosen": _plain(metrics) | dict(tested.metrics),
        "usefulness": dict(tested.usefulness),
        "predictor": predictor,
        **({"targets": [dict(one) for one in tested.targets]} if tested.targets else {}),
        "front": [
            {"number": r.number, "line": r.line, "origin": r.origin}
            | _plain(r.metrics)
            | repeated.get(r.number, {})
            for r in front(records)
        ],
        "finalists": finals,
        "finalist_words": finalist_words(finals, unit, error.label) if finals else "",
        "final_failures": failure_words(failed_trainings(folder.path)),
        "rule": rule(finalists) if finalists else LOWEST,
        "yardsticks": {row["name"]: row[error.key("test")] for row in tested.beside["rows"]},
        "beside_yardsticks": dict(tested.beside),
        "verdict": verdict.to_dict(),
        "best_words": best_words,
        "usefulness_words": tested.use_words,
        "verdict_words": verdict_words(verdict),
        "proposers": [one.to_dict() for one in earned],
        "proposer_words": earning_words(earned),
        "move_words": moves.words if moves is not None else "",
        "band_words": bands.words,
        "guidance_words": guidance_words([float(t) for t in metrics["cecv"]], guidance)
        if guidance
        else "",
    }


def _plain(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers and words, without vectors."""
    return {k: v for k, v in metrics.items() if v is None or isinstance(v, int | float | str)}
