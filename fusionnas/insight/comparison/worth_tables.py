"""The tables of a search's worth: its sides, the best of random proposals, and all trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.insight.comparison.sides import Side
from fusionnas.statistics.best_of import BestOf, best_of
from fusionnas.tasks.task import Metric

if TYPE_CHECKING:
    import pandas as pd


def side_table(sides: Mapping[str, Side], error: Metric) -> pd.DataFrame:
    """One row for each side with a usable network: `SearchWorth.sides`."""
    import pandas as pd

    there = [side for side in sides.values() if np.isfinite(side.lowest)]
    tries = min((len(side) for side in there), default=0)
    rows = []
    for side in there:
        expected: BestOf = best_of(side.errors, tries)
        rows.append(
            {
                "side": side.name,
                "trials": len(side),
                "final": side.final,
                "seconds": side.seconds,
                "best": side.best,
                "line": side.lines[side.best or 0],
                error.key("val"): side.lowest,
                "tries": tries,
                "expected": expected.mean,
                "expected_low": expected.low,
                "expected_high": expected.high,
            }
        )
    return pd.DataFrame(rows)


def random_best(random: Side) -> pd.DataFrame:
    """The best of 1, 2 ... random proposals, up to their number."""
    import pandas as pd

    usable = np.isfinite(random.lowest)
    rows = [asdict(best_of(random.errors, k)) for k in range(1, usable * len(random) + 1)]
    return pd.DataFrame(rows, columns=["tries", "mean", "low", "high"], dtype=float)


def curves(names: Sequence[str], all_trials: Sequence[Any]) -> pd.DataFrame:
    """One row for each trial of each study: `SearchWorth.curves`."""
    import pandas as pd

    frames = [
        pd.DataFrame(
            {
                "study": name,
                "trial": np.arange(1, len(rows) + 1),
                "number": rows["number"],
                "side": rows["side"],
                "error": rows["error"],
                "best": np.minimum.accumulate(rows["error"]),
            }
        )
        for name, rows in zip(names, all_trials, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)
