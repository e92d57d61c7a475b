"""Test error of the recommended network beside the yardsticks, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.errors import StudyError
from fusionnas.models.baselines.yardsticks import fitted_words
from fusionnas.plots.numbers import short
from fusionnas.plots.rows import each
from fusionnas.plots.style import AXIS, BEST, FAINT, INK
from fusionnas.plots.view import View
from fusionnas.statistics.bootstrap import mean_intervals
from fusionnas.studies.finished import ENSEMBLE, NETWORK, FinishedStudy
from fusionnas.studies.predictor_words import predictor_words
from fusionnas.studies.yardsticks import beside_of
from fusionnas.tasks.columns import values_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def yardsticks(material: FinishedStudy) -> View:
    table = comparison(material)
    # of the predictor, if there is one: the words about the network stand in the table of all
    found = beside(material)
    words = predictor_words(material.summary) or found["words"]
    told = f" {words} {fitted_words(found)} The dark bar is the best yardstick." if words else ""

    def draw(fig: Figure) -> None:
        ax = fig.subplots()
        rows = table.iloc[::-1]
        own = rows["predictor"].isin([NETWORK, ENSEMBLE])
        colors = [
            BEST if mine else AXIS if best else FAINT
            for mine, best in zip(own, rows["best_yardstick"], strict=True)
        ]
        ax.barh(rows["predictor"], rows[material.test], height=0.6, color=colors)
        for place, row in enumerate(each(rows)):
            end = value = getattr(row, material.test)
            if np.isfinite(row.low):
                ax.plot([row.low, row.high], [place, place], color=INK, lw=1.6)
                end = row.high
            ax.annotate(
                short(value),
                (end, place),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                fontweight="bold" if row.predictor in (NETWORK, ENSEMBLE) else "normal",
            )
        ax.set_xlabel(material.with_unit(f"test {material.error.label}"))
        ax.tick_params(axis="y", length=0)
        ax.margins(x=0.14)
        ax.set_xlim(left=0)
        ax.spines["left"].set_visible(False)

    return View(
        "yardsticks",
        "Beside the yardsticks",
        f"Test {material.error.label} on the same split{_unit(material)}; lines are 95% intervals "
        f"of a bootstrap over test compounds. A model must beat the yardsticks to be worth "
        f"anything.{told}",
        table,
        draw,
        (5.6, 0.9 + 0.42 * len(table)),
    )


def comparison(material: FinishedStudy) -> pd.DataFrame:
    """A row a predictor, by rising test error: this error with the interval of that, by how much
    it is above the network's (`worse_by`) with the paired interval, whether it is the best
    yardstick by validation, and the seconds it took; NaN where nothing can be told.
    """
    import pandas as pd

    found = beside(material)
    nothing = (np.nan, np.nan)
    low, high = _own_interval(material)
    rows: list[dict[str, Any]] = [
        {
            "predictor": NETWORK,
            material.test: material.summary["chosen"][material.test],
            "low": low,
            "high": high,
            "worse_by": np.nan,
            "worse_by_low": np.nan,
            "worse_by_high": np.nan,
            "best_yardstick": False,
            "seconds": np.nan,
        }
    ]
    if mine := material.summary.get("predictor"):
        rows.append(_ensemble(material, mine) | {"best_yardstick": False, "seconds": np.nan})
    for row in found["rows"]:
        own, less = row["interval"] or nothing, row["difference_interval"] or nothing
        rows.append(
            {
                "predictor": row["label"],
                material.test: row[material.test],
                "low": own[0],
                "high": own[1],
                "worse_by": row[material.test] - rows[0][material.test],
                "worse_by_low": -less[1],
                "worse_by_high": -less[0],
                "best_yardstick": row["name"] == found["best"],
                "seconds": np.nan if row["seconds"] is None else row["seconds"],
            }
        )
    return pd.DataFrame(rows).sort_values(material.test, kind="stable", ignore_index=True)


def _ensemble(material: FinishedStudy, mine: Mapping[str, Any]) -> dict[str, Any]:
    """The predictor in the row of a table, beside the network."""
    low, high = mine[f"{material.test}_interval"]
    rows = material.predictions
    predicted = np.stack([values_of(rows, name) for name in ("predictor", "prediction")])
    errors = material.task.row_errors(predicted, values_of(rows, "target"))
    above = mean_intervals((errors[0] - errors[1])[None], groups=material.test_groups)[0].tolist()
    return {
        "predictor": ENSEMBLE,
        material.test: mine[material.test],
        "low": low,
        "high": high,
        "worse_by": mine[material.test] - material.summary["chosen"][material.test],
        "worse_by_low": above[0],
        "worse_by_high": above[1],
    }


def beside(material: FinishedStudy) -> Mapping[str, Any]:
    """The network beside the yardsticks, as `fusionnas.studies.yardsticks.beside` has it."""
    try:
        return beside_of(material.summary, material.predictions)
    except StudyError:  # without predictions, values can still be compared
        return beside_of(material.summary)


def _own_interval(material: FinishedStudy) -> tuple[float, float]:
    """Of the network's test error."""
    try:
        predicted, target = (
            values_of(material.predictions, name) for name in ("prediction", "target")
        )
    except StudyError:
        return np.nan, np.nan
    errors = material.task.row_errors(predicted, target)
    low, high = mean_intervals(errors[None], groups=material.test_groups)[0].tolist()
    return low, high


def _unit(material: FinishedStudy) -> str:
    return f" in {material.unit}" if material.unit else ""
