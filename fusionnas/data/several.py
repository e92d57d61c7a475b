"""Several targets in one table: their columns, and rows of one composition.

Symbols: N rows, T targets; a gap is NaN.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from fusionnas.data.dataset import Dataset, TargetColumn
from fusionnas.data.duplicates import merge_duplicates
from fusionnas.data.noise_floor import NoiseFloor
from fusionnas.data.reading.classes import Classes
from fusionnas.data.row_weights import RowWeights
from fusionnas.data.table import CompositionTable
from fusionnas.data.weighting import merge_rows
from fusionnas.errors import OptionError

Merged = tuple[
    CompositionTable, np.ndarray, NoiseFloor, RowWeights | None, tuple[TargetColumn, ...]
]


def units_of(unit: str | None, names: Sequence[str]) -> tuple[str, ...]:
    """The unit of each target in `GPa,GPa,K`; all are empty if none is given.

    Raises:
        OptionError: there are more or fewer units than targets.
    """
    if not unit:
        return ("",) * len(names)
    units = tuple(part.strip() for part in unit.split(","))
    if len(units) != len(names):
        raise OptionError(
            f"--unit '{unit}' has {len(units)} units for {len(names)} targets "
            f"({', '.join(names)}); give one for each, separated by commas, or none."
        )
    return units


def merge_targets(
    table: CompositionTable,
    targets: np.ndarray,
    how: str,
    name: str,
    weights: RowWeights | None,
    classes: Classes = (),
    several: Sequence[tuple[str, str]] = (),
) -> Merged:
    """`merge_rows`, for each target alone if there are several.

    So a row with one target and a row with another, of the same composition, become one row with
    both. `how` says what happens to several values of one target.

    Args:
        table: N rows.
        targets: (N,), or (N, T) with a value in each row.
        how, name, weights, classes: see `merge_rows`; several targets have no weights.
        several: name and unit of each of T targets.
    """
    if not several:
        return *merge_rows(table, targets, how, name, weights, classes), ()
    _, first = np.unique(table.row_keys(), return_index=True)
    together, keys = table.take(first), table.row_keys()[first]
    merged = np.full((len(first), len(several)), np.nan)
    columns = []
    for place, (target, unit) in enumerate(several):
        known = np.flatnonzero(np.isfinite(targets[:, place]))
        own, values, noise = merge_duplicates(
            table.take(known), targets[known, place], how, f"{name}: '{target}'"
        )
        merged[np.searchsorted(keys, own.row_keys()), place] = values
        columns.append(TargetColumn(target, unit, noise))
    # the disagreement is in units of each target, so it is recorded for each
    groups = len(table) - len(first)
    merged_columns = sum(1 for one in columns if one.noise.merged)
    noise = NoiseFloor(len(table), groups, merged_columns, 0.0, how=how)
    return together, merged, noise, None, tuple(columns)


def target_notes(dataset: Dataset, without: int) -> Iterator[str]:
    """What the log says about several targets; nothing for one.

    `without` rows have none of them.
    """
    if not dataset.several:
        return
    counts = np.isfinite(dataset.targets).sum(axis=0).tolist()
    told = ", ".join(
        f"{name} ({count:,} compositions)"
        for name, count in zip(dataset.target_names, counts, strict=True)
    )
    yield f"{len(counts)} targets are learned together: {told}"
    if without:
        yield f"{without:,} rows have none of the targets and were left out"
