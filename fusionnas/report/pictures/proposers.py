"""How many trials each proposer of the adaptive sampler was given, and how many of them won."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusionnas.errors import ViewError
from fusionnas.plots.style import FAINT, GLOBAL, whole_numbers
from fusionnas.plots.view import View
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def proposers(material: FinishedStudy) -> View:
    import pandas as pd

    rows = material.summary.get("proposers") or []
    if not rows:
        raise ViewError("its sampler has no proposers that are chosen among (--sampler adaptive)")
    table = pd.DataFrame(rows)[["name", "label", "given", "won"]]

    def draw(fig: Figure) -> None:
        ax = fig.subplots()
        places = range(len(table))
        ax.barh(places, table["given"], color=FAINT, label="proposed")
        ax.barh(places, table["won"], color=GLOBAL, label="improved the front or the lowest error")
        ax.set_yticks(list(places), table["label"])
        ax.invert_yaxis()
        ax.set_xlabel("trials")
        whole_numbers(ax.xaxis)
        ax.grid(axis="x")
        ax.legend(fontsize=8.5)

    return View(
        "proposers",
        "Who proposed",
        "The trials that each proposer was given, and those of them that improved the front of all "
        "objectives or had the lowest error so far. Who wins more is asked more; each keeps a "
        "small share. First trials and the random networks after them are not among them.",
        table,
        draw,
        (5.8, 2.8),
    )
