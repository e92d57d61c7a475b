"""What a search minimises: quantities of a finished trial, the validation MAE first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fusionnas.errors import OptionError, did_you_mean

# names as in trials.csv, and how tables and plots call them
OBJECTIVES = {
    "val_mae": "validation MAE",
    "cecv_deviation": "CECV deviation",
    "cecv_excess": "CECV excess",
    "parameters": "parameters",
    "latency_ms": "latency (ms)",
}
DEFAULT = ("val_mae", "cecv_deviation")
_OF_THE_BAND = ("cecv_deviation", "cecv_excess")


def parse_objectives(names: str | Sequence[str]) -> tuple[str, ...]:
    """Objectives from names, or from one text with commas.

    Raises:
        OptionError: an unknown name, one given twice, or another first one than val_mae.
    """
    parts = names.split(",") if isinstance(names, str) else names
    chosen = tuple(name.strip() for name in parts)
    for name in chosen:
        if name not in OBJECTIVES:
            raise OptionError(f"There is no objective '{name}'; {did_you_mean(name, OBJECTIVES)}")
    if chosen[0] != "val_mae":
        raise OptionError(f"The first of --objectives must be val_mae, but got '{chosen[0]}'.")
    if len(set(chosen)) < len(chosen):
        raise OptionError(f"Each of --objectives must be another one, but got {','.join(chosen)}.")
    return chosen


def objective_values(metrics: Mapping[str, Any], names: Sequence[str]) -> tuple[float, ...]:
    """The values that a study minimises; without a band, what is held against it counts as 0."""
    return tuple(
        0.0 if metrics[name] is None and name in _OF_THE_BAND else float(metrics[name])
        for name in names
    )
