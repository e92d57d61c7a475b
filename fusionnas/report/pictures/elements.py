"""How often each element occurs, and how large the error is on compounds that hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data.elements import SYMBOLS
from fusionnas.errors import ViewError
from fusionnas.plots.numbers import short
from fusionnas.plots.periodic_table import SIZE, periodic_table
from fusionnas.plots.rows import each
from fusionnas.plots.view import View
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from fusionnas.data.table import CompositionTable

FEWEST = 3  # test compounds of an element, for a mean error


def element_frequency(material: FinishedStudy) -> View:
    return frequency_view(material.compositions)


def frequency_view(table: CompositionTable) -> View:
    """The view of any compositions."""
    import pandas as pd

    rows = len(table)
    counts = {SYMBOLS[z]: int(table.contains(z).sum()) for z in table.elements()}
    shares = {symbol: 100 * count / rows for symbol, count in counts.items()}
    frame = pd.DataFrame(
        {
            "element": list(counts),
            "compositions": list(counts.values()),
            "percent": list(shares.values()),
        }
    )
    frequent = frame.sort_values("compositions", ascending=False)["element"].head(3)
    rare = frame[frame["compositions"] < 10]["element"]

    def draw(fig: Figure) -> None:
        periodic_table(fig, shares, "share of the compositions (%)")

    return View(
        "element-frequency",
        "The elements in the data",
        f"In how many of the {rows:,} compositions each element occurs (%). Most frequent: "
        f"{', '.join(frequent)}." + (f" In fewer than 10: {', '.join(rare)}." if len(rare) else ""),
        frame,
        draw,
        SIZE,
    )


def error_by_element(material: FinishedStudy) -> View:
    frame = element_errors(material)
    if frame.empty:
        raise ViewError(f"no element is in {FEWEST} or more test compounds")

    def draw(fig: Figure) -> None:
        values = dict(zip(frame["element"], frame["mae"], strict=True))
        counts = dict(zip(frame["element"], frame["compounds"], strict=True))
        periodic_table(fig, values, material.with_unit("test MAE"), counts=counts)

    sure = frame[frame["compounds"] >= 20] if (frame["compounds"] >= 20).sum() >= 6 else frame
    hardest = sure.sort_values("mae", ascending=False).head(3)
    easiest = sure.sort_values("mae").head(3)
    return View(
        "error-by-element",
        "Error by element",
        f"Mean absolute error of the {material.model} over the test compounds that hold the "
        f"element{_in(material)}, where there are {FEWEST} or more. Hardest: "
        f"{_list(hardest)}. Easiest: {_list(easiest)}.",
        frame,
        draw,
        SIZE,
    )


def element_errors(material: FinishedStudy) -> pd.DataFrame:
    """Elements by atomic number: `element`, `compounds` in the test part, `mae`, mean `bias`."""
    import pandas as pd

    table, signed = material.test_compositions, material.test_errors
    rows = []
    for z in table.elements():
        own = signed[table.contains(z)]
        if len(own) >= FEWEST:
            rows.append((SYMBOLS[z], len(own), np.abs(own).mean(), own.mean()))
    return pd.DataFrame(rows, columns=["element", "compounds", "mae", "bias"])


def _list(rows: pd.DataFrame) -> str:
    return ", ".join(f"{row.element} ({short(row.mae)})" for row in each(rows))


def _in(material: FinishedStudy) -> str:
    return f", in {material.unit}" if material.unit else ""
