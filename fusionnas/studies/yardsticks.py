"""The comparison of a study's network with its yardsticks, and the choice of the best yardstick.

The best yardstick has the lowest validation error. A reference network is listed beside them, but
is never the best: validation chose its epoch, so its validation error is too low beside theirs. The
lowest of several test errors is too low by
chance, so nothing is chosen on the test part. The test part only compares two models that were
chosen before, with a paired interval. The other yardsticks are listed beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.models.baselines.yardsticks import ALL_YARDSTICKS, REFERENCE, fitted_to, label_of
from fusionnas.searching.objectives import error_of
from fusionnas.searching.result_file import read_result
from fusionnas.searching.trial_result import TrialState
from fusionnas.searching.yardstick_jobs import FOLDER, PREDICTIONS
from fusionnas.statistics.bootstrap import bootstrap_means, difference, interval
from fusionnas.tasks.regression import REGRESSION
from fusionnas.tasks.task import Metric, Task

if TYPE_CHECKING:
    import pandas as pd

BETTER, WORSE, CHANCE = "network better", "yardstick better", "within chance"
RULE = "lowest validation error"


@dataclass(frozen=True, slots=True)
class Computed:
    """The computed results of a yardstick in a study."""

    name: str
    # for the test part, (N_test,), in the target's unit; (N_test, K) of classes or targets
    predictions: np.ndarray
    val_error: float | None = None  # None in studies of an earlier version
    seconds: float | None = None
    result: Mapping[str, Any] = field(default_factory=dict)  # with the errors of several targets

    def of_target(self, place: int, name: str, known: np.ndarray) -> Computed:
        """Its results for one of several targets, on the test rows (N,) where it is known."""
        val_error = self.result.get(f"{REGRESSION.error.key('val')}/{name}")
        return replace(self, predictions=self.predictions[known, place], val_error=val_error)


def computed(study: Path) -> list[Computed]:
    """The yardsticks in a study folder; those of an earlier version come last."""
    found = []
    for row in ALL_YARDSTICKS:
        place = study / FOLDER / row.name
        result = read_result(place)
        if result is not None and result["state"] == TrialState.DONE:
            with np.load(place / PREDICTIONS) as arrays:
                test = arrays["test"]
            found.append(Computed(row.name, test, error_of(result), result["seconds"], result))
    known = {one.name for one in found}
    return found + [one for one in _earlier(study / FOLDER) if one.name not in known]


def best_of(yardsticks: Sequence[Computed]) -> Computed | None:
    """The yardstick with the lowest validation error; None if no such error is known."""
    judged = [one for one in yardsticks if one.val_error is not None and one.name != REFERENCE]
    return min(judged, key=lambda one: one.val_error or 0.0) if judged else None


def failed(study: Path) -> dict[str, str]:
    """The reasons why yardsticks failed, by name."""
    results = {row.name: read_result(study / FOLDER / row.name) for row in ALL_YARDSTICKS}
    return {
        name: str(result["reason"])
        for name, result in results.items()
        if result is not None and result["state"] == TrialState.FAILED
    }


def beside(
    network: np.ndarray,
    target: np.ndarray,
    yardsticks: Sequence[Computed],
    why_not: Mapping[str, str],
    unit: str,
    task: Task = REGRESSION,
    groups: np.ndarray | None = None,
    whole: bool = False,
) -> dict[str, Any]:
    """Compare the network with the yardsticks on the test part; plain data for the summary.

    Args:
        network: predictions of the network for the test part, (N,).
        target: true values, (N,).
        yardsticks: yardsticks to compare with.
        why_not: reasons of the failed yardsticks, by name.
        unit: unit of the target.
        task: task whose error is compared.
        groups: the number of each row's composition, (N,), where a composition has several rows.
        whole: whether the network was trained on the validation rows, too.

    Returns:
        `rows`, the best yardstick first and the others by their test error, each with name, label,
        its validation and test error (for numbers val_mae and test_mae), the latter's 95%
        `interval`, the network's error minus its own as `difference` with
        the paired 95% `difference_interval`, the meaning of this as `verdict`, and seconds; `best`,
        a name or None; `rule`, by which the best was chosen; `words`; `fitted_to`, the rows that
        each was fitted to in words.
    """
    predicted = np.stack([network, *(one.predictions for one in yardsticks)])
    errors, val, test = task.row_errors(predicted, target), *map(task.error.key, ("val", "test"))
    means = bootstrap_means(errors, seed=0, groups=groups)
    rows: list[dict[str, Any]] = []
    for place, one in enumerate(yardsticks, start=1):
        found = difference(errors, means, 0, place)
        own, ends = interval(means[:, place]), found.interval
        verdict = BETTER if ends.high < 0 else WORSE if ends.low > 0 else CHANCE
        rows.append(
            {
                "name": one.name,
                "label": label_of(one.name),
                val: one.val_error,
                test: float(errors[place].mean()),
                "interval": [own.low, own.high],
                "difference": found.value,
                "difference_interval": [ends.low, ends.high],
                "verdict": verdict,
                "seconds": one.seconds,
            }
        )
    chosen = best_of(yardsticks)
    best = None if chosen is None else chosen.name
    rows.sort(key=lambda row: (row["name"] != best, row[test]))
    words = " ".join([*_words(rows, best, unit, task.error), *_failures(why_not)])
    told = {"words": words, "fitted_to": fitted_to(whole)}
    return {"rows": rows, "best": best, "rule": RULE, **told}


def beside_of(
    summary: Mapping[str, Any], predictions: pd.DataFrame | None = None
) -> Mapping[str, Any]:
    """The result of `beside`, from a study's summary.

    Args:
        summary: summary of a study; one of version 0.1 has test errors only.
        predictions: the study's test_predictions.csv. For a study of version 0.1 everything except
            validation errors and seconds is computed from it.
    """
    if "beside_yardsticks" in summary:
        return summary["beside_yardsticks"]
    maes = summary["yardsticks"]
    if predictions is not None and all(f"yardstick/{name}" in predictions for name in maes):
        kept = [Computed(name, predictions[f"yardstick/{name}"].to_numpy(float)) for name in maes]
        network, target = (predictions[c].to_numpy(float) for c in ("prediction", "target"))
        return beside(network, target, kept, {}, summary["unit"])
    unknown = dict.fromkeys(
        ("val_mae", "interval", "difference", "difference_interval", "verdict", "seconds")
    )
    rows = [
        {**unknown, "name": name, "label": label_of(name), "test_mae": value}
        for name, value in sorted(maes.items(), key=lambda item: item[1])
    ]
    return {"rows": rows, "best": None, "rule": RULE, "words": ""}


def _words(
    rows: Sequence[Mapping[str, Any]], best: str | None, unit: str, error: Metric
) -> list[str]:
    found, test = [], error.key("test")
    if best is not None:
        row = rows[0]
        found.append(
            f"The best yardstick by validation error is {row['label']}, with a test {error.label} "
            f"of {_in(row[test], unit)}; {_compared(row, unit, error.label)}"
        )
    also = "also " if best is not None and rows[0]["verdict"] == WORSE else ""
    others = [row for row in rows if row["name"] != best and row["verdict"] == WORSE]
    if others:
        named = ", ".join(f"{row['label']} ({row[test]:.4g})" for row in others)
        found.append(f"On the test part these {also}predict better than the network: {named}.")
    return found


def _compared(row: Mapping[str, Any], unit: str, label: str) -> str:
    """The comparison of the network with a yardstick, as the second half of a sentence."""
    size, ends = abs(row["difference"]), sorted(abs(end) for end in row["difference_interval"])
    low, high = row["difference_interval"]
    if row["verdict"] == CHANCE:
        return (
            f"the network's {label} minus that is {_in(row['difference'], unit)} (95% interval "
            f"{low:.3g} to {high:.3g}): a difference within chance."
        )
    how, said = (
        ("lower", "the network predicts better")
        if row["verdict"] == BETTER
        else ("higher", "the yardstick predicts better than the network")
    )
    return (
        f"the network's is {_in(size, unit)} {how} (95% interval {ends[0]:.3g} to "
        f"{ends[1]:.3g}): {said}."
    )


def _failures(why_not: Mapping[str, str]) -> list[str]:
    return [
        f"The yardstick {label_of(name)} could not be fitted: {reason}"
        for name, reason in why_not.items()
    ]


def _in(value: float, unit: str) -> str:
    return f"{value:.4g} {unit}".rstrip()


def _earlier(folder: Path) -> list[Computed]:
    """The yardsticks of a study of version 0.1: one job for all, and no validation error."""
    if read_result(folder) is None or not (folder / PREDICTIONS).is_file():
        return []
    with np.load(folder / PREDICTIONS) as arrays:
        return [Computed(name, values) for name, values in arrays.items()]
