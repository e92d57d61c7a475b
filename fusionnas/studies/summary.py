"""From a finished search to its tables, its chosen network and its summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.cecv.guidance import summary as guidance_words
from fusionnas.cecv.verdict import Verdict, judge
from fusionnas.data.dataset import Dataset
from fusionnas.networks.network_file import read_network
from fusionnas.searching.finalists import Finalist, judge_finalists
from fusionnas.searching.finalists import words as finalist_words
from fusionnas.searching.moves import move_columns, sign_record
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.result_file import read_result
from fusionnas.searching.selection import LOWEST, front, recommended
from fusionnas.statistics.metrics import mae, rmse
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.yardsticks import Computed, beside, computed, failed
from fusionnas.training.batches import Compounds
from fusionnas.training.device import pick_device
from fusionnas.training.inference import predict_standardised


@dataclass(frozen=True, slots=True)
class Tested:
    """What the one look at the test part showed."""

    target: str
    unit: str
    metrics: Mapping[str, float]  # test_mae, test_rmse of the recommended network
    beside: Mapping[str, Any]  # the network beside the yardsticks: `fusionnas.studies.yardsticks`


def test_predictions(folder: Path, dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Prediction and uncertainty of a stored network for the test part, in the target's unit."""
    device = pick_device()
    network = read_network(folder).to(device)
    compounds = Compounds(dataset.table.take(dataset.parts.test), device)
    value, log_scale = predict_standardised(network, compounds)
    scaler = dataset.scaler()
    return scaler.restore(value), scaler.std * np.exp(log_scale)


def write_trials(folder: StudyFolder, records: Sequence[TrialRecord]) -> None:
    """trials.csv: a row a trial, the metrics and the vector in columns of their own."""
    import pandas as pd

    on_front = {r.number for r in front(records)}
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
        row |= move_columns(r, records)
        rows.append(row | {"reason": r.reason, "architecture": r.line})
    part = folder.path / "trials.csv.part"
    pd.DataFrame(rows).to_csv(part, index=False)
    part.replace(folder.path / "trials.csv")


def verdict_of(records: Sequence[TrialRecord]) -> Verdict:
    """Whether the band informed the study, over its random proposals."""
    rows = [
        (r.metrics["cecv_deviation"], r.metrics["val_mae"], r.metrics["parameters"])
        for r in records
        if r.state == "done" and r.origin == "random" and r.metrics["cecv_deviation"] is not None
    ]
    deviation, error, parameters = np.array(rows, dtype=float).reshape(-1, 3).T
    return judge(deviation, error, parameters)


def look_at_test_part(
    folder: StudyFolder,
    dataset: Dataset,
    chosen: TrialRecord,
    yardstick_reference: str | None,
) -> Tested:
    """Test the recommended network, once; writes test_predictions.csv on the way.

    Args:
        folder: of the study.
        dataset: its data.
        chosen: the trial of the recommended network.
        yardstick_reference: key of the reference network that stands among the yardsticks.
    """
    target = dataset.targets[dataset.parts.test]
    predicted, uncertainty = test_predictions(folder.trial(chosen.number), dataset)
    yardsticks = computed(folder.path)
    if yardstick_reference is not None:
        place = folder.path / yardstick_reference
        values, result = test_predictions(place, dataset)[0], read_result(place) or {}
        took = result.get("val_mae"), result.get("train_seconds")
        yardsticks.append(Computed("lstm", values, *took))
    _write_predictions(folder, dataset, predicted, uncertainty, yardsticks)
    test = {"test_mae": mae(predicted, target), "test_rmse": rmse(predicted, target)}
    told = beside(predicted, target, yardsticks, failed(folder.path), dataset.unit)
    return Tested(dataset.target, dataset.unit, test, told)


def choose(
    folder: StudyFolder, records: Sequence[TrialRecord]
) -> tuple[TrialRecord, list[Finalist]]:
    """The trial to recommend, and the finalists where there were any.

    The preferred finalist; without finalists the lowest validation MAE on the front, which the
    caller makes sure is there.
    """
    asked = folder.facts.get("finalists", {"count": 0, "repeats": 0})
    finalists = judge_finalists(folder.path, records, asked["count"], asked["repeats"])
    for finalist in finalists:
        if finalist.preferred:
            return next(r for r in records if r.number == finalist.number), finalists
    best = recommended(records)
    assert best is not None
    return best, finalists


def summarise(
    folder: StudyFolder, records: Sequence[TrialRecord], tested: Tested, band_words: str
) -> dict[str, Any]:
    """The study's summary; one of its trials can be recommended."""
    chosen, finalists = choose(folder, records)
    finals = [finalist.to_dict() for finalist in finalists]
    repeated = {f.number: {"mean": f.mean, "low": f.low, "high": f.high} for f in finalists}
    verdict = verdict_of(records)
    metrics, unit = chosen.metrics, tested.unit
    best_words = (
        f"{chosen.line}: validation MAE {metrics['val_mae']:.4g} {unit}, "
        f"test MAE {tested.metrics['test_mae']:.4g} {unit}"
    )
    signs = sign_record(records)
    states = [r.state for r in records]
    guidance = metrics.get("guidance")
    return {
        "name": folder.name,
        "unit": unit,
        "target": tested.target,
        "objectives": list(folder.objectives),
        "trials": {state: states.count(state) for state in sorted(set(states))},
        "chosen": {"number": chosen.number, "line": chosen.line, "origin": chosen.origin}
        | _plain_numbers(metrics)
        | dict(tested.metrics),
        "front": [
            {"number": r.number, "line": r.line, "origin": r.origin}
            | _plain_numbers(r.metrics)
            | repeated.get(r.number, {})
            for r in front(records)
        ],
        "finalists": finals,
        "finalist_words": finalist_words(finals, unit) if finals else "",
        "rule": "smallest finalist within a standard error of the lowest mean"
        if finals
        else LOWEST,
        "yardsticks": {row["name"]: row["test_mae"] for row in tested.beside["rows"]},
        "beside_yardsticks": dict(tested.beside),
        "verdict": verdict.to_dict(),
        "best_words": best_words,
        "verdict_words": verdict.words,
        "move_words": signs.words if signs is not None else "",
        "band_words": band_words,
        "guidance_words": guidance_words([float(t) for t in metrics["cecv"]], guidance)
        if guidance
        else "",
    }


def _plain_numbers(metrics: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in metrics.items() if v is None or isinstance(v, int | float)}


def _write_predictions(
    folder: StudyFolder,
    dataset: Dataset,
    predicted: np.ndarray,
    uncertainty: np.ndarray,
    yardsticks: Sequence[Computed],
) -> None:
    import pandas as pd

    test = dataset.parts.test
    pd.DataFrame(
        {
            "formula": dataset.table.take(test).formulas(),
            "target": dataset.targets[test],
            "prediction": predicted,
            "uncertainty": uncertainty,
            **{f"yardstick/{one.name}": one.predictions for one in yardsticks},
        }
    ).to_csv(folder.path / "test_predictions.csv", index=False)
