"""The objectives of a search: quantities of a finished trial, beginning with the task's error.

Each objective is one row here. A new row is a new objective: options, tables, the front, the knee
and MLflow read the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fusionnas.cecv.target_band import Score
from fusionnas.errors import OptionError, did_you_mean
from fusionnas.tasks.kinds import TASKS
from fusionnas.tasks.regression import REGRESSION
from fusionnas.tasks.task import Task

# from a trial's result and its place relative to the band (None without a band); None: not measured
Measure = Callable[[Mapping[str, Any], Score | None], float | None]


@dataclass(frozen=True, slots=True)
class Objective:
    """A quantity that a search can minimise."""

    name: str  # name in `--objectives`, trials.csv and summary.json
    label: str  # label in sentences and tables
    axis: str  # axis label of a picture
    about: str  # one sentence that a reader of the picture needs, or empty
    measure: Measure
    of_the_band: bool = False  # counts as 0 if a study has no band
    ratio_scale: bool = False  # drawn on a logarithmic axis


def _of_result(name: str) -> Measure:
    return lambda result, score: result.get(name)


def _error_row(task: Task) -> Objective:
    key, label = task.error.key("val"), f"validation {task.error.label}"
    return Objective(key, label, label, "", _of_result(key))


# the first objective of a study, by the kind of its target
FIRSTS = {kind: task.error.key("val") for kind, task in TASKS.items()}
OBJECTIVES: dict[str, Objective] = {
    row.name: row
    for row in (
        *map(_error_row, TASKS.values()),
        Objective(
            "cecv_deviation",
            "CECV deviation",
            "CECV deviation (gap = 1)",
            "The deviation is the mean distance from the band's centre in units of the gap between "
            "the references.",
            lambda result, score: None if score is None else score.deviation,
            of_the_band=True,
        ),
        Objective(
            "cecv_excess",
            "CECV excess",
            "CECV excess (gap = 1)",
            "The excess is the mean distance outside the band in units of the gap between the "
            "references.",
            lambda result, score: None if score is None else score.excess,
            of_the_band=True,
        ),
        Objective(
            "parameters",
            "parameters",
            "trainable parameters",
            "",
            _of_result("parameters"),
            ratio_scale=True,
        ),
        Objective(
            "latency_ms",
            "latency (ms)",
            "latency (ms)",
            "The latency is the time to predict one batch of 256 compounds on one thread.",
            _of_result("latency_ms"),
        ),
    )
}
DEFAULT = (REGRESSION.error.key("val"), "cecv_deviation")  # of studies that name none


def kind_of(objectives: Sequence[str]) -> str:
    """The kind of target of a study, by its first objective."""
    return next(kind for kind, first in FIRSTS.items() if first == objectives[0])


def error_of(facts: Mapping[str, Any]) -> float:
    """The validation error of a result, under the key of its task."""
    return float(next(facts[key] for key in FIRSTS.values() if key in facts))


def parse_objectives(names: str | Sequence[str] | None, kind: str | None = None) -> tuple[str, ...]:
    """Objectives from names, or from one text with commas.

    Args:
        names: None means the error of the task and the CECV deviation.
        kind: kind of the target; None allows the error of any kind.

    Raises:
        OptionError: a name is unknown or given twice, or the first is not the error of the task:
            val_mae for numbers, val_log_loss for classes.
    """
    if names is None:
        return (DEFAULT[0] if kind is None else FIRSTS[kind], *DEFAULT[1:])
    parts = names.split(",") if isinstance(names, str) else names
    chosen = tuple(name.strip() for name in parts)
    for name in chosen:
        if name not in OBJECTIVES:
            raise OptionError(f"There is no objective '{name}'; {did_you_mean(name, OBJECTIVES)}")
    allowed = FIRSTS if kind is None else {kind: FIRSTS[kind]}
    if chosen[0] not in allowed.values():
        first = " or ".join(f"{name} for {word}" for word, name in allowed.items())
        raise OptionError(f"The first of --objectives must be {first}, but got '{chosen[0]}'.")
    if any(name in FIRSTS.values() for name in chosen[1:]) and len(set(chosen)) == len(chosen):
        raise OptionError(f"--objectives must have one error only, but got {','.join(chosen)}.")
    if len(set(chosen)) < len(chosen):
        raise OptionError(f"--objectives must not repeat a name, but got {','.join(chosen)}.")
    return chosen


def measured(result: Mapping[str, Any], score: Score | None) -> dict[str, float | None]:
    """All objectives of a finished trial by name; those that were not measured are left out.

    Args:
        result: result of the trial, as in its result.json.
        score: its place relative to the target band; None if the study has no band.
    """
    values = {name: row.measure(result, score) for name, row in OBJECTIVES.items()}
    return {n: v for n, v in values.items() if v is not None or OBJECTIVES[n].of_the_band}


def objective_values(metrics: Mapping[str, Any], names: Sequence[str]) -> tuple[float, ...]:
    """The values that a study minimises; without a band, objectives of the band count as 0."""
    return tuple(
        0.0 if metrics[name] is None and OBJECTIVES[name].of_the_band else float(metrics[name])
        for name in names
    )
