"""A property predicted along all compositions of two or three elements, for several networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusionnas.data.elements import NUMBERS
from fusionnas.data.table import CompositionTable
from fusionnas.data.units import with_unit
from fusionnas.errors import OptionError
from fusionnas.files.atomic import write_csv
from fusionnas.insight.known_data import check_reading
from fusionnas.insight.sweeps import curves, grid, predictions
from fusionnas.insight.sweeps.summary import summarise
from fusionnas.plots.notebook import notebook_html
from fusionnas.studies.folder import RUNS
from fusionnas.studies.named_network import Named, open_networks
from fusionnas.studies.trained_network import check_same_property

if TYPE_CHECKING:
    import pandas as pd

    from fusionnas.plots.view import View


@dataclass(frozen=True, slots=True)
class Sweep:
    """The predictions of networks for a line or a triangle of compositions."""

    elements: tuple[str, ...]
    networks: tuple[str, ...]
    target: str  # name of the property, or `probability of` a class
    unit: str
    # One row for each network and composition: `network`, `formula`, the fraction of each element
    # by its symbol, `order` (symbols as the network reads them), `value`, `uncertainty` (standard
    # deviation), `lower` and `upper` (90% interval), and `share_X`, the share of each element X in
    # it; shares add up to the value, before it is raised to a lower bound. For two elements the
    # composition with equal fractions is listed twice, once in each order. Probabilities of classes
    # have neither an uncertainty, an interval nor shares.
    table: pd.DataFrame
    # One row for each network and known composition: `part` of the data's split (empty if it says
    # nothing about this network), `known` (of a class 1 or 0), and the columns of `table`.
    known: pd.DataFrame
    # One row for each network and composition with two equal fractions: `first` and `second`
    # element, the values in each order, and `jump`, the change of the value when the first comes to
    # lead.
    flips: pd.DataFrame
    # By network, in `unit`: its roughness along lines through known compounds of any elements
    # (`fusionnas.insight.sweeps.roughness`); empty if no compounds are known.
    roughness: Mapping[str, float]
    notes: tuple[str, ...]
    fixed: Mapping[str, str] = field(default_factory=dict)  # conditions beside the formula, if any

    @property
    def at(self) -> str:
        """The conditions in words such as `, carrier=p`; empty for formulas alone."""
        return "".join(f", {name}={cell}" for name, cell in self.fixed.items())

    @property
    def summary(self) -> pd.DataFrame:
        """One row for each network: extremes, jumps, roughness, and errors on known values."""
        return summarise(self.table, self.known, self.flips, self.elements, self.roughness)

    @property
    def view(self) -> View:
        """The picture with its numbers: a line of compositions, or a triangle."""
        from fusionnas.insight.sweeps.line_plot import sweep_view
        from fusionnas.insight.sweeps.ternary_plot import ternary_view

        draw = sweep_view if len(self.elements) == 2 else ternary_view
        target = f"{self.target}{self.at}"
        return draw(self.table, self.known, self.flips, self.elements, target, self.unit)

    @property
    def _words(self) -> str:
        target = with_unit(self.target, self.unit)
        return f"{target} over {'–'.join(self.elements)}{self.at} by {', '.join(self.networks)}"

    def __repr__(self) -> str:
        counts = f"{len(self.table):,} predictions, {len(self.known):,} at known compositions"
        return f"<Sweep of {self._words}: {counts}>"

    def _repr_html_(self) -> str:
        """Extremes, jumps and the picture in a notebook."""
        return notebook_html(self._words, self.summary, self.view)

    def save(self, folder: str | Path) -> list[Path]:
        """Write the view's files, and known compositions and jumps as CSV; returns their paths."""
        view = self.view
        files = view.save(folder)
        for name, frame in (("known", self.known), ("order", self.flips)):
            if len(frame):
                files.append(Path(folder) / f"{view.name}-{name}.csv")
                write_csv(files[-1], frame)
        return files

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        frames = {
            "summary": self.summary,
            "table": self.table,
            "known": self.known,
            "flips": self.flips,
        }
        return {
            "elements": list(self.elements),
            "networks": list(self.networks),
            "target": self.target,
            "unit": self.unit,
            "fixed": dict(self.fixed),
            "notes": list(self.notes),
        } | {
            name: frame.astype(object).where(frame.notna(), None).to_dict("records")
            for name, frame in frames.items()
        }


def sweep(
    networks: Named | Sequence[Named],
    elements: Sequence[str],
    *,
    points: int | None = None,
    conditions: Mapping[str, Any] | None = None,
    data: str | Path | None = None,
    study: str | Path | None = None,
    runs: str | Path = RUNS,
    seed: int = 0,
    on_step: Callable[[str], None] = lambda text: None,
    **reading: Any,
) -> Sweep:
    """Predict along A_x B_(1-x), or over the triangle of three elements.

    Args:
        networks: folders of bundles, finished studies by name or path, or predictors. Of classes,
            the probability of each is swept (of two, of the second); `NAME:CLASS` is one of them.
        elements: two or three symbols.
        points: number of compositions along each side, including end members; 101 for a line, 41
            for a triangle (861 compositions).
        conditions: conditions beside the formula by name; by default the median or the most
            frequent word of the training part.
        data: source of known compositions, as for `load_dataset`.
        study: a study whose data are the known compositions. By default they are the data that the
            first network was trained on, if these are available.
        runs: folder of all studies.
        seed: seed of the split of `data`.
        on_step: called with the name of the next step.
        reading: further options of `load_dataset`, for `data`.

    Raises:
        InputError: an element does not exist or has no vector, there are too many or too few
            elements, networks have different properties, or a source cannot be read.
    """
    symbols = grid.check_elements(elements)
    points = grid.check_points(points, len(symbols))
    if data is not None and study is not None:
        raise OptionError("Known compositions come from --data or from --study, not from both.")
    check_reading(data, seed=seed, **reading)
    runs = Path(runs)
    on_step("Loading")
    opened = open_networks(networks, runs)
    check_same_property(opened)
    given = dict(conditions or {})
    opened, fixed = curves.at_conditions(curves.curves_of(opened), given)
    for network in opened:
        network.check_covers([NUMBERS[symbol] for symbol in symbols])
    on_step("Reading the known compositions")
    source = curves.known_of(opened, data, study, runs, seed, reading)
    on_step("Predicting")
    rows = CompositionTable.of(grid.compositions(symbols, points))
    turns = grid.flips(symbols, points)
    table = predictions.over(opened, rows, symbols)
    flips = predictions.at_flips(opened, turns, symbols)
    if len(symbols) == 2:
        table = predictions.with_both_orders(table, flips, symbols)
    known = predictions.at_known(opened, source, symbols, fixed)
    return Sweep(
        symbols,
        tuple(n.name for n in opened),
        curves.target_of(opened),
        opened[0].unit,
        table,
        known,
        flips,
        predictions.how_rough(opened, source),
        (
            *predictions.notes(opened, source, symbols, fixed),
            *(f"{note}; set it with --set." for note in curves.condition_notes(fixed, given)),
        ),
        fixed,
    )
