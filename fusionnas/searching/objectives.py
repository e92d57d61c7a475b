"""The objectives of a search: quantities of a finished trial, beginning with the validation MAE.

Each objective is one row here. A new row is a new objective: options, tables, the front, the knee
and MLflow read the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fusionnas.cecv.target_band import Score
from fusionnas.errors import OptionError, did_you_mean
from fusionnas.tasks.regression import REGRESSION

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


FIRST = REGRESSION.error.key("val")
_ERROR = f"validation {REGRESSION.error.label}"
OBJECTIVES: dict[str, Objective] = {
    row.name: row
    for row in (
        Objective(FIRST, _ERROR, _ERROR, "", _of_result(FIRST)),
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
DEFAULT = (FIRST, "cecv_deviation")


def parse_objectives(names: str | Sequence[str]) -> tuple[str, ...]:
    """Objectives from names, or from one text with commas.

    Raises:
        OptionError: a name is unknown or given twice, or the first is not val_mae.
    """
    parts = names.split(",") if isinstance(names, str) else names
    chosen = tuple(name.strip() for name in parts)
    for name in chosen:
        if name not in OBJECTIVES:
            raise OptionError(f"There is no objective '{name}'; {did_you_mean(name, OBJECTIVES)}")
    if chosen[0] != FIRST:
        raise OptionError(f"The first of --objectives must be {FIRST}, but got '{chosen[0]}'.")
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
