"""What each condition beside the formula adds to a prediction.

The baseline of a condition is its median or its most frequent word in the training part. The shift
of a condition is the change of the prediction when it moves from there to its value, as the mean
over all orders in which the conditions can move (Shapley, Contributions to the Theory of Games II,
1953). So the shifts add up to the change from the baseline of all conditions.

Symbols: N compounds, K conditions that are not at their baseline.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from math import comb

import numpy as np

from fusionnas.data.table import CompositionTable
from fusionnas.errors import OptionError
from fusionnas.insight.reading.reading import read
from fusionnas.models.predictor import Predictor

MOST = 8  # conditions; 2^K predictions are made


def condition_shifts(
    network: Predictor, table: CompositionTable, given: Mapping[str, str]
) -> tuple[tuple[str, ...], np.ndarray]:
    """The conditions as words such as `temperature=800`, and their shifts (N, K).

    Args:
        network: the network.
        table: compositions (N,).
        given: conditions that are not at their baseline; none for a network of formulas alone.

    Raises:
        OptionError: there are too many conditions.
    """
    known, names = network.conditions, list(given)
    if known is None or not names:
        return (), np.empty((len(table), 0))
    if len(names) > MOST:
        raise OptionError(f"At most {MOST} conditions can be explained at once, not {len(names)}.")
    values = {
        moved: read(network, known.at(table, {name: given[name] for name in moved})).prediction
        for count in range(len(names) + 1)
        for moved in combinations(names, count)
    }
    shifts = np.zeros((len(table), len(names)))
    for k, name in enumerate(names):
        for moved, before in values.items():
            if name not in moved:
                after = values[tuple(one for one in names if one in (*moved, name))]
                shifts[:, k] += (after - before) / (len(names) * comb(len(names) - 1, len(moved)))
    return tuple(f"{name}={given[name]}" for name in names), shifts
