"""The contribution of each element on the periodic table, and its difference in two networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fusionnas.errors import ViewError
from fusionnas.insight.pictures.units import in_unit, with_unit
from fusionnas.insight.reading.contributions import contribution_differences, element_contributions
from fusionnas.insight.reading.reading import Formulas, encode, read, unit_of
from fusionnas.plots.numbers import short
from fusionnas.plots.periodic_table import FEW, SIZE, periodic_table
from fusionnas.plots.view import View

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from fusionnas.models.predictor import Predictor


def contributions_view(network: Predictor, formulas: Formulas) -> View:
    """The mean vote of each element over the compounds that contain it.

    Args:
        network: network whose contributions are shown.
        formulas: formulas of the compounds, such as the test part.

    Raises:
        FormulaError, ElementError: a formula cannot be read, or has no element vectors.
    """
    reading = read(network, encode(network, formulas))
    frame = element_contributions(reading)
    return View(
        "element-contributions",
        "What each element contributes",
        "Each element of a compound votes, and the prediction is the training mean, "
        f"{short(reading.base)} {reading.unit}".rstrip()
        + f", plus the mean of the votes. Shown is the mean vote of an element{in_unit(network)} "
        f"over those of the {len(reading.table):,} compounds that contain it. "
        "If a network mixes elements, a vote also depends on the other elements. "
        + _ends(frame, "vote", "Highest", "Lowest"),
        frame,
        _drawing(frame, "vote", with_unit("mean vote above the training mean", network)),
        SIZE,
    )


def contribution_changes_view(
    network: Predictor, reference: Predictor, formulas: Formulas, name: str = "the reference"
) -> View:
    """How much higher the vote of each element is in `network` than in `reference`.

    Args:
        network, reference: two networks that predict the same property.
        formulas: formulas of the compounds over which votes are averaged.
        name: name of the reference, for the caption.

    Raises:
        ViewError: the two networks have different units. FormulaError, ElementError: as above.
    """
    if unit_of(network) != unit_of(reference):
        raise ViewError(
            f"one network predicts in {unit_of(network)}, the other in {unit_of(reference)}"
        )
    ours = read(network, encode(network, formulas))
    theirs = read(reference, encode(reference, formulas))
    frame = contribution_differences(ours, theirs)
    return View(
        "contribution-changes",
        "Contributions beside a reference",
        f"The mean vote of each element minus its vote in the {name.removeprefix('the ')}"
        f"{in_unit(network)}, over the same {len(ours.table):,} compounds: where it is positive, "
        "the element raises predictions more than it does there. "
        + _ends(frame, "difference", "Raised most", "Lowered most"),
        frame,
        _drawing(frame, "difference", with_unit("mean vote above the reference's", network)),
        SIZE,
    )


def _drawing(frame: pd.DataFrame, column: str, label: str) -> Callable[[Figure], None]:
    def draw(fig: Figure) -> None:
        values = dict(zip(frame["element"], frame[column], strict=True))
        counts = dict(zip(frame["element"], frame["compounds"], strict=True))
        periodic_table(fig, values, label, diverging=True, counts=counts)

    return draw


def _ends(frame: pd.DataFrame, column: str, top: str, bottom: str) -> str:
    """The three elements at each end, rare ones left out."""
    order = frame[frame["compounds"] >= FEW].sort_values(column, ascending=False)
    if len(order) < 6:
        return ""
    first, last = order.head(3), order.tail(3).iloc[::-1]
    return f"{top}: {_list(first, column)}. {bottom}: {_list(last, column)}."


def _list(rows: pd.DataFrame, column: str) -> str:
    pairs = zip(rows["element"], rows[column], strict=True)
    return ", ".join(f"{name} ({value:+.3g})" for name, value in pairs).replace("-", "−")
