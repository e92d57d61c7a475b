"""The test error of each of several targets, by the models of a study and by the best yardstick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.errors import ViewError
from fusionnas.plots.rows import each
from fusionnas.plots.style import BEST, GLOBAL, INK, TICK
from fusionnas.plots.view import View
from fusionnas.studies.finished import ENSEMBLE, NETWORK, FinishedStudy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

YARDSTICK = "best yardstick"
_LOOK = {ENSEMBLE: (GLOBAL, "s"), NETWORK: (BEST, "o"), YARDSTICK: (TICK, "D")}


def target_errors(material: FinishedStudy) -> View:
    table = errors_of_targets(material)
    if table.empty:
        raise ViewError("the study has one target")
    targets = list(dict.fromkeys(table["target"]))
    models = [name for name in _LOOK if (table["model"] == name).any()]

    def draw(fig: Figure) -> None:
        ax = fig.subplots()
        for place, name in enumerate(models):
            color, mark = _LOOK[name]
            own = table[table["model"] == name]
            y = np.array([targets.index(target) for target in own["target"]])
            y = y + 0.18 * (place - (len(models) - 1) / 2)
            ends = own[["low", "high"]].div(own["median_mae"], axis=0)
            ax.hlines(y, ends["low"], ends["high"], color=color, lw=1.8)
            ax.plot(own["relative_mae"], y, mark, color=color, ms=6, mew=0, label=name)
        ax.axvline(1, color=INK, lw=0.9)
        ax.set_yticks(range(len(targets)), targets)
        ax.set_ylim(len(targets) - 0.5, -0.5)
        ax.set_xlim(left=0)
        ax.set_xlabel("test MAE / MAE of the median")
        ax.grid(axis="x")
        fig.legend(fontsize=8.5, ncols=len(models), loc="outside lower center")

    best = [f"{row.target}: {row.name}" for row in each(table[table["model"] == YARDSTICK])]
    return View(
        "target-errors",
        "The error of each target",
        "Test MAE of each target as a share of that of the median of its training values (the line "
        "at 1); lines are 95% intervals of a bootstrap over the test compounds that have the "
        f"target. The best yardstick by validation of {'; '.join(best)}.",
        table,
        draw,
        (5.8, 1.5 + 0.55 * len(targets)),
    )


def errors_of_targets(material: FinishedStudy) -> pd.DataFrame:
    """A row for each target and model: `test_mae` in the unit of the target with the interval
    `low` to `high`, `median_mae`, and their ratio `relative_mae`; empty for a study of one target.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    predictor = material.summary.get("predictor") or {}
    for place, one in enumerate(material.summary.get("targets", ())):
        median = float(one["usefulness"]["network"]["facts"]["median_mae"])
        beside = one["beside_yardsticks"]
        found = {NETWORK: (NETWORK, one["chosen"]["test_mae"], one["chosen"]["test_mae_interval"])}
        if predictor:
            mine = predictor["targets"][place]
            found[ENSEMBLE] = (ENSEMBLE, mine["test_mae"], mine["test_mae_interval"])
        if beside["best"] is not None:
            best = beside["rows"][0]
            found[YARDSTICK] = (best["label"], best["test_mae"], best["interval"])
        for model in _LOOK:
            if model in found:
                name, error, (low, high) = found[model]
                ratio = error / median if median > 0 else np.nan
                row = {"target": one["target"], "model": model, "name": name, "unit": one["unit"]}
                row |= {"test_mae": error, "low": low, "high": high, "median_mae": median}
                rows.append(row | {"relative_mae": ratio})
    return pd.DataFrame(rows)
