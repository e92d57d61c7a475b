"""Published errors beside measured ones: the figures of other authors on the same tables."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from fusionnas.networks.named import architecture_names, published_errors

if TYPE_CHECKING:
    import pandas as pd

FIGURE = "Du et al."


@cache
def published() -> pd.DataFrame:
    """`suite`, `table`, `system`, `mae` in the unit of the table, and `source`.

    If the file of a named architecture gives a figure with more digits, this figure is used.
    """
    import pandas as pd

    place = files("fusionnas.benchmarking") / "published.csv"
    with place.open(encoding="utf-8") as file:
        frame = pd.read_csv(file)
    known = {f"{name}:paper": published_errors(name) for name in architecture_names()}
    finer = [
        {"suite": "extended", "table": table, "system": system, "mae": mae, "source": FIGURE}
        for system, errors in known.items()
        for table, mae in errors.items()
    ]
    # the last of several rows with one name is kept
    joined = pd.concat([frame, pd.DataFrame(finer)], ignore_index=True)
    return joined.drop_duplicates(["suite", "table", "system"], keep="last", ignore_index=True)


def of_table(suite: str, table: str) -> dict[str, float]:
    """Published MAE on a table, by system; empty where none is known."""
    frame = published()
    rows = frame[(frame["suite"] == suite) & (frame["table"] == table)]
    return dict(zip(rows["system"], rows["mae"].astype(float), strict=True))
