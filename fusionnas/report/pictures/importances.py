"""Which choices mattered: parameter importances of the Optuna study, with their scatter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.errors import ViewError
from fusionnas.plots.style import GLOBAL, INK
from fusionnas.plots.view import View
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from optuna.trial import FrozenTrial

FEWEST = 10  # usable trials
DRAWS = 30  # resamplings of the trials
MOST = 12  # parameters that are drawn


def importances(material: FinishedStudy) -> View:
    import pandas as pd

    trials = [
        trial for trial in material.optuna_trials if trial.number in set(material.done["number"])
    ]
    if len(trials) < FEWEST:
        raise ViewError(
            f"importances need {FEWEST} usable trials (done, not collapsed), and there are "
            f"{len(trials)}"
        )
    value = _importances(trials)
    rng = np.random.default_rng(0)
    draws = [
        _importances([trials[i] for i in rng.integers(len(trials), size=len(trials))])
        for _ in range(DRAWS)
    ]
    rows = []
    for name, share in value.items():
        low, high = np.quantile([draw.get(name, 0.0) for draw in draws], [0.1, 0.9])
        rows.append((name, words(name), 100 * share, 100 * low, 100 * high))
    columns = ["parameter", "choice", "importance_percent", "low_percent", "high_percent"]
    table = pd.DataFrame(rows, columns=columns)
    table = table.sort_values("importance_percent", ascending=False, ignore_index=True)

    def draw(fig: Figure) -> None:
        ax = fig.subplots()
        top = table.head(MOST).iloc[::-1]
        ax.barh(top["choice"], top["importance_percent"], height=0.6, color=GLOBAL, alpha=0.75)
        ax.hlines(range(len(top)), top["low_percent"], top["high_percent"], color=INK, lw=1.4)
        ax.set_xlabel("share of the importance (%)")
        ax.set_xlim(left=0)
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.grid(axis="x")

    return View(
        "importances",
        "Which choices mattered",
        "Importance of each open choice of the search space for the validation MAE (conditional "
        f"PED-ANOVA of Optuna over {len(trials)} usable trials, done and not collapsed); lines "
        f"hold the middle 80% of {DRAWS} resamplings of the trials. "
        + (
            "So few trials say little: read the order as a hint, not as a finding. "
            if len(trials) < 100
            else ""
        )
        + "Trials that a sampler chose are no even sample of the space.",
        table,
        draw,
        (5.8, 1.0 + 0.28 * min(len(table), MOST)),
    )


def _importances(trials: Sequence[FrozenTrial]) -> dict[str, float]:
    """By parameter, summing to 1; conditional parameters are among them."""
    import warnings

    import optuna

    study = optuna.create_study(directions=["minimize"] * len(trials[0].values))
    study.add_trials(list(trials))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the evaluator calls itself experimental
        return optuna.importance.get_param_importances(study, target=lambda t: t.values[0])


def words(parameter: str) -> str:
    """`global1.lstm.layers` as `2nd global, lstm: layers`."""
    head, *rest = parameter.split(".")
    match = re.fullmatch(r"(global|local)(\d)", head)
    if head == "stages":
        return "global + local stages"
    if match is None:
        return ": ".join([head, *rest]).replace("_", " ")
    place = ("1st", "2nd", "3rd")[int(match[2])] if int(match[2]) < 3 else f"{int(match[2]) + 1}th"
    stage = f"{place} {match[1]}"
    return (": ".join([", ".join([stage, *rest[:-1]]), rest[-1]]) if rest else stage).replace(
        "_", " "
    )
