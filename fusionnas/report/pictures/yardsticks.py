"""Test MAE of the recommended network beside the yardsticks, with bootstrap intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.errors import StudyError
from fusionnas.plots.numbers import short
from fusionnas.plots.rows import each
from fusionnas.plots.style import BEST, FAINT, INK
from fusionnas.plots.view import View
from fusionnas.statistics.bootstrap import mean_intervals
from fusionnas.studies.finished import Material

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

NAMES = {
    "median": "median predictor",
    "random_forest": "random forest (Magpie)",
    "lstm": "LSTM reference",
}
NETWORK = "recommended network"


def yardsticks(material: Material) -> View:
    table = comparison(material)

    def draw(fig: Figure) -> None:
        ax = fig.subplots()
        rows = table.iloc[::-1]
        own = rows["predictor"] == NETWORK
        colors = [BEST if mine else FAINT for mine in own]
        ax.barh(rows["predictor"], rows["test_mae"], height=0.6, color=colors)
        for place, row in enumerate(each(rows)):
            end = row.test_mae
            if np.isfinite(row.low):
                ax.plot([row.low, row.high], [place, place], color=INK, lw=1.6)
                end = row.high
            ax.annotate(
                short(row.test_mae), (end, place), xytext=(5, 0), textcoords="offset points",
                va="center", fontweight="bold" if row.predictor == NETWORK else "normal",
            )  # fmt: skip
        ax.set_xlabel(material.with_unit("test MAE"))
        ax.tick_params(axis="y", length=0)
        ax.margins(x=0.14)
        ax.set_xlim(left=0)
        ax.spines["left"].set_visible(False)

    return View(
        "yardsticks",
        "Beside the yardsticks",
        f"Test MAE on the same split{_unit(material)}; lines are 95% intervals of a bootstrap over "
        "test compounds. A network must beat the yardsticks to be worth anything.",
        table,
        draw,
        (5.6, 0.9 + 0.42 * len(table)),
    )


def comparison(material: Material) -> pd.DataFrame:
    """A row a predictor, best first: test MAE and its interval, and by how much the network beats
    it (its MAE less the network's) with the interval of that; NaN where nothing can be told.
    """
    import pandas as pd

    summary = material.summary
    try:
        predictions = material.predictions
    except StudyError:  # values alone can still be compared
        predictions = pd.DataFrame({"target": []})
    maes = {NETWORK: summary["chosen"]["test_mae"]}
    maes |= {NAMES.get(key, key): value for key, value in summary["yardsticks"].items()}
    columns = {NETWORK: "prediction"}
    columns |= {NAMES.get(key, key): f"yardstick/{key}" for key in summary["yardsticks"]}
    kept = [name for name in maes if columns[name] in predictions]
    found = np.empty((0, 2))
    if kept:
        target = predictions["target"].to_numpy()
        errors = np.stack([np.abs(predictions[columns[name]] - target) for name in kept])
        found = mean_intervals(np.concatenate([errors, errors - errors[:1]]))
    rows: list[dict[str, Any]] = []
    for name, value in maes.items():
        row = {"predictor": name, "test_mae": value, "low": np.nan, "high": np.nan,
               "worse_by": value - maes[NETWORK] if name != NETWORK else np.nan,
               "worse_by_low": np.nan, "worse_by_high": np.nan}  # fmt: skip
        if name in kept:
            place = kept.index(name)
            row["low"], row["high"] = found[place]
            if name != NETWORK:
                row["worse_by_low"], row["worse_by_high"] = found[len(kept) + place]
        rows.append(row)
    return pd.DataFrame(rows).sort_values("test_mae", kind="stable", ignore_index=True)


def _unit(material: Material) -> str:
    return f" in {material.unit}" if material.unit else ""
