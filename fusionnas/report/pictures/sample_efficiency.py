"""The error of the best architecture against the number of rows that it was trained on."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from fusionnas.errors import ViewError
from fusionnas.plots.style import BEST
from fusionnas.plots.view import View
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def sample_efficiency(material: FinishedStudy) -> View:
    import pandas as pd

    runs = material.folder.sample_efficiency(int(material.summary["chosen"]["number"]))
    if not runs:
        raise ViewError(
            "it takes a few trainings; ask for it with "
            f"`{shlex.join(['fusionnas', 'report', material.folder.name, '--sample-efficiency'])}`"
        )
    table = pd.DataFrame(runs).sort_values("rows", ignore_index=True)
    judged = material.folder.task.error
    errors = table[judged.key("val")]
    gain = errors.iloc[-2] - errors.iloc[-1] if len(table) > 1 else 0.0

    def draw(fig: Figure) -> None:
        from matplotlib.ticker import NullLocator

        ax = fig.subplots()
        ax.plot(table["rows"], errors, color=BEST, lw=2.2, marker="o", ms=7, mew=0)
        for rows, error in zip(table["rows"], errors, strict=True):
            ax.annotate(
                f"{error:.4g}",
                (rows, error),
                xytext=(0, 9),
                ha="center",
                textcoords="offset points",
            )
        ax.set_xscale("log")
        ax.set_xticks(table["rows"], [f"{rows:,}" for rows in table["rows"]])
        ax.xaxis.set_minor_locator(NullLocator())
        ax.set_xlabel(f"training {material.folder.counted}")
        ax.set_ylabel(material.with_unit(f"validation {judged.label}"))
        ax.margins(x=0.1, y=0.22)
        ax.grid(axis="y")

    unit = f" {material.unit}" if material.unit else ""
    return View(
        "sample-efficiency",
        "Sample efficiency",
        "The recommended architecture, trained anew on random shares of the training part with "
        "as many steps at most, on the same validation part. The last doubling of the data "
        f"{'lowered' if gain >= 0 else 'raised'} the error by {abs(gain):.3g}{unit}: a hint at "
        "what more data could do, with the scatter of single trainings.",
        table,
        draw,
        (5.8, 3.6),
    )
