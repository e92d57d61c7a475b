"""Published errors beside measured ones: the figures of other authors on the same tables."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from fusionnas.networks.named import architecture_names, published_errors

if TYPE_CHECKING:
    import pandas as pd

FIGURE = "Du et al."
MAE, OF_LABELS = "mae", "roc_auc_labels"


@cache
def published() -> pd.DataFrame:
    """`suite`, `table`, `system`, `metric`, `value` in the unit of the table, and `source`.

    The metric is `mae` for numbers, and for classes the ROCAUC of hard labels (`roc_auc_labels`).

    If the file of a named architecture gives a figure with more digits, this figure is used.
    """
    import pandas as pd

    place = files("fusionnas.benchmarking") / "published.csv"
    with place.open(encoding="utf-8") as file:
        frame = pd.read_csv(file)
    known = {f"{name}:paper": published_errors(name) for name in architecture_names()}
    finer = [
        {
            "suite": "extended",
            "table": table,
            "system": system,
            "metric": MAE,
            "value": value,
            "source": FIGURE,
        }
        for system, errors in known.items()
        for table, value in errors.items()
    ]
    # the last of several rows with one name is kept
    joined = pd.concat([frame, pd.DataFrame(finer)], ignore_index=True)
    return joined.drop_duplicates(["suite", "table", "system"], keep="last", ignore_index=True)


def of_table(suite: str, table: str, metric: str = MAE) -> dict[str, float]:
    """Published figures on a table, by system; empty where none is known."""
    frame = published()
    mine = (frame["suite"] == suite) & (frame["table"] == table) & (frame["metric"] == metric)
    rows = frame[mine]
    return dict(zip(rows["system"], rows["value"].astype(float), strict=True))
