"""Summarises a sweep in a few numbers for each network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def summarise(
    table: pd.DataFrame,
    known: pd.DataFrame,
    flips: pd.DataFrame,
    elements: Sequence[str],
    roughness: Mapping[str, float],
) -> pd.DataFrame:
    """One row for each network.

    Columns: `network`; `lowest` and `highest` value with their formulas in `lowest_at` and
        `highest_at`; `largest_jump` where the element order changes, signed for two elements, with
        `jump_at` and `median_jump` (of absolute values); `roughness` along lines through known
        compounds of any elements (NaN if none are known); `known`, `mae_training` and `mae_others`
        over the known compositions in the training part and over the others (NaN if there are
        none).
    """
    import pandas as pd

    rows = []
    for network, values in table.groupby("network", sort=False):
        ranked = values.sort_values("value", kind="stable")
        lowest, highest = ranked.iloc[0], ranked.iloc[-1]
        turns = flips[flips["network"] == network]
        sharpest = turns.iloc[int(turns["jump"].abs().to_numpy().argmax())]
        points = known[known["network"] == network]
        error, trained = (points["value"] - points["known"]).abs(), points["part"] == "train"
        rows.append(
            {
                "network": network,
                "lowest": lowest["value"],
                "lowest_at": lowest["formula"],
                "highest": highest["value"],
                "highest_at": highest["formula"],
                "largest_jump": sharpest["jump"] if len(elements) == 2 else abs(sharpest["jump"]),
                "jump_at": sharpest["formula"],
                "median_jump": turns["jump"].abs().median(),
                "roughness": roughness.get(str(network), float("nan")),
                "known": len(points),
                "mae_training": error[trained].mean(),
                "mae_others": error[~trained].mean(),
            }
        )
    return pd.DataFrame(rows)


def end_gaps(table: pd.DataFrame, elements: Sequence[str]) -> pd.DataFrame:
    """The distance of each pure element from the end of its line; for two elements.

    Columns: `network`, `element`, `value` (of the pure element), `line` (of its neighbour) and
    `gap`, the pure element minus its neighbour.
    """
    import pandas as pd

    rows = []
    for network, values in table.groupby("network", sort=False):
        line = values.sort_values(elements[0])
        for element, end, beside in ((elements[1], 0, 1), (elements[0], -1, -2)):
            pure, neighbour = line["value"].iloc[end], line["value"].iloc[beside]
            rows.append(
                {
                    "network": network,
                    "element": element,
                    "value": pure,
                    "line": neighbour,
                    "gap": pure - neighbour,
                }
            )
    return pd.DataFrame(rows)
