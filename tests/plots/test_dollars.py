"""A `$` in a user's name is a dollar, wherever it stands in a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fusionnas.insight.comparison.plots import forest_view
from fusionnas.plots.view import View
from fusionnas.tasks.regression import REGRESSION

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMES = ("my$_a_$", "c$x^2$", "US$", r"$\frac$")


def test_a_name_that_is_no_mathematics_is_drawn_as_it_is() -> None:
    table = pd.DataFrame({"name": NAMES, "kind": "study", "mae": 2.0, "mae_low": 1.9})
    table = table.assign(mae_high=2.1, difference=1.0, difference_low=0.8, difference_high=1.2)
    table = table.assign(p=0.01, verdict="worse", wins=0.2)
    svg = forest_view(table, "price", "$/kg$", "10 rows", REGRESSION.error).svg()
    for words in (*NAMES, "MAE ($/kg$)"):
        assert words in svg


def test_all_texts_of_a_picture() -> None:
    """Ticks, a legend, a title and a note; powers at a logarithmic axis stay powers."""

    def draw(fig: Figure) -> None:
        left, right = fig.subplots(1, 2)
        left.bar([f"{name}-bar" for name in NAMES], [1, 2, 3, 4])
        left.set_xticks([0.5, 1.5], [f"{name}-tick" for name in NAMES[:2]], minor=True)
        left.set_title("a$_title_$")
        right.plot([1, 10, 1000], [1, 2, 3], label="a$_line_$")
        right.set_xscale("log")
        right.legend()
        right.annotate("a$_note_$", (10, 2))
        fig.suptitle("a$_heading_$")

    view = View("dollars", "", "", pd.DataFrame({"a": np.arange(2)}), draw)
    svg = view.svg()
    for words in ("a$_title_$", "a$_line_$", "a$_note_$", "a$_heading_$"):
        assert words in svg
    for name in NAMES:
        assert f"{name}-bar" in svg
    assert "my$_a_$-tick" in svg
    assert ">$\\mathdefault" not in svg
    assert view.png()[:4] == b"\x89PNG"
