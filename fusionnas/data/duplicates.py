"""Rows of one composition: their merging, how much they differ, and suspected units."""

from __future__ import annotations

import numpy as np

from fusionnas.data.class_rows import votes
from fusionnas.data.noise_floor import Disagreement, NoiseFloor
from fusionnas.data.reading.classes import Classes
from fusionnas.data.table import CompositionTable
from fusionnas.errors import DataError, OptionError, did_you_mean

# how the targets of one composition are merged
MERGES = ("median", "mean", "min", "first", "error")
KEEP_ONE = ("first", "error")  # those that use one row of a composition at most
SHOWN = 5  # number of groups shown to people
CLOSE = 0.01  # relative difference of a ratio from the factor between two units
FEWEST = 3  # smallest number of such groups before units are suspected
# factors between units that are often used for the same quantity
FACTORS = {
    1e3: "a factor of 1000, as between meV and eV, or MPa and GPa",
    1e6: "a factor of a million, as between V and uV",
    100.0: "a factor of 100, as between a share and percent",
    96.485: "96.49, as between eV and kJ/mol",
    23.06: "23.06, as between eV and kcal/mol",
    27.211: "27.21, as between hartree and eV",
    13.606: "13.61, as between rydberg and eV",
    4.184: "4.184, as between kcal and kJ",
}


def merge_duplicates(
    table: CompositionTable, targets: np.ndarray, how: str, name: str, classes: Classes = ()
) -> tuple[CompositionTable, np.ndarray, NoiseFloor]:
    """One row per composition, in an order that does not depend on the order of the rows.

    Where the table has conditions, rows are merged only if these are equal, too.

    Args:
        table: N rows.
        targets: (N,).
        how: how the targets of one composition are merged: median, mean, min, first (in the
            file), or error. The rows of a class vote where this is median or mean.
        name: the name of the data, for errors.
        classes: names of the classes whose codes the targets are; empty for numbers.

    Raises:
        OptionError: `how` is not offered. DataError: `how` is error and a composition occurs
            twice.
    """
    if how not in MERGES:
        raise OptionError(f"There is no merge '{how}'; {did_you_mean(how, MERGES)}")
    keys, first, group, counts = np.unique(
        table.row_keys(), return_index=True, return_inverse=True, return_counts=True
    )
    same = "composition" if table.conditions is None else "composition and conditions"
    # sums of numbers depend on their order, and the merged rows must not depend on that of the file
    order = np.lexsort((targets, group))
    many = order[counts[group[order]] > 1]
    merged = targets[first].copy()
    deviation = 0.0
    worst: tuple[Disagreement, ...] = ()
    units, ties = "", 0
    if len(many):
        if how == "error":
            formula = table[int(many[0])].formula
            raise DataError(f"{name}: '{formula}' occurs more than once, and --merge is error.")
        import pandas as pd

        grouped = pd.Series(targets[many]).groupby(group[many])
        if classes:
            voted, ties = votes(targets, group)
            deviation = float((targets[many] != voted[group[many]]).mean())
        else:
            middle = grouped.transform("median").to_numpy()
            deviation = float(np.abs(targets[many] - middle).mean())
        low, high = grouped.min().to_numpy(), grouped.max().to_numpy()
        units = suspected_units(low, high)
        places = np.flatnonzero(counts > 1)  # in the order of the groups
        worst = tuple(
            Disagreement(
                table[int(first[places[i]])].formula,
                int(counts[places[i]]),
                float(low[i]),
                float(high[i]),
            )
            for i in np.argsort(low - high, kind="stable")[:SHOWN]
            if high[i] > low[i]
        )
        if classes and how in ("median", "mean"):
            merged = voted
        elif how != "first":
            values = grouped.agg(how)
            merged[values.index.to_numpy()] = values.to_numpy()
    groups = int((counts > 1).sum())
    noise = NoiseFloor(
        len(targets), len(targets) - len(keys), groups, deviation, worst, units, same, ties, how
    )
    return table.take(first), merged, noise


def suspected_units(low: np.ndarray, high: np.ndarray) -> str:
    """The factor between the smallest and largest values of several groups; empty if none.

    Args:
        low, high: smallest and largest value of each composition with several rows, (G,).
    """
    same_sign = low * high > 0
    small = np.minimum(np.abs(low[same_sign]), np.abs(high[same_sign]))
    ratio = np.maximum(np.abs(low[same_sign]), np.abs(high[same_sign])) / small
    differing = ratio > 1 + CLOSE
    found: tuple[int, str] = (FEWEST - 1, "")
    for factor, words in FACTORS.items():
        count = int((np.abs(ratio / factor - 1) <= CLOSE).sum())
        # a ratio is within 2% of a factor by chance now and then where many groups disagree
        if count > max(found[0], 0.1 * differing.sum()):
            found = (count, f"in {count} compositions rows differ by {words}")
    return found[1]
