"""What `fusionnas sweep` prints."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.console import Console
from rich.text import Text

from fusionnas.data.units import with_unit
from fusionnas.insight.sweeps import Sweep
from fusionnas.insight.sweeps.summary import end_gaps
from fusionnas.terminal.console import say
from fusionnas.terminal.tables import FittingTable

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 41  # of a sparkline
UNSEEN = 1e-5  # of a value: a jump that only rounding makes
LISTED = 12  # known compositions that are printed


def print_sweep(found: Sweep, console: Console) -> None:
    """Curves as sparklines, extremes, jumps, and the known compositions."""
    compositions = len(found.table) // len(found.networks) - (len(found.elements) == 2)
    say(
        console,
        Text.assemble(
            (with_unit(found.target, found.unit), "bold"),
            f", {'–'.join(found.elements)}: {compositions} compositions{found.at}",
        ),
    )
    if len(found.elements) == 2:
        _print_lines(found, console)
    _print_extremes(found, console)
    for sentence in (*_jumps(found), *_roughness(found), *found.notes):
        say(console, sentence)
    _print_known(found, console)


def sparkline(values: np.ndarray, low: float, high: float, width: int = WIDTH) -> str:
    """Values as blocks from `low` to `high`, thinned or repeated to `width`."""
    places = np.linspace(0, len(values) - 1, width).round().astype(int)
    share = (values[places] - low) / (high - low) if high > low else np.full(width, 0.5)
    return "".join(BARS[i] for i in np.clip((share * len(BARS)).astype(int), 0, len(BARS) - 1))


def _print_lines(found: Sweep, console: Console) -> None:
    first, second = found.elements
    low, high = found.table["value"].min(), found.table["value"].max()
    table = FittingTable()
    table.add_column("network", folds=True)
    table.add_column(second)
    heading = f"{second} → {first}, {low:.3g} to {high:.3g}"
    table.add_column(heading, right=False, keep=1, called="the curve")
    table.add_column(first)
    for network, rows in found.table.groupby("network", sort=False):
        line = rows["value"].to_numpy()
        inner = sparkline(line[1:-1], low, high)
        table.add_row(str(network), f"{line[0]:.4g}", inner, f"{line[-1]:.4g}")
    console.print(table)


def _print_extremes(found: Sweep, console: Console) -> None:
    interval = "lower" in found.table  # otherwise probabilities
    error = "MAE" if interval else "mean error"
    table = FittingTable()
    table.add_column("network", folds=True)
    for name, keep in (
        ("lowest", 0),
        ("highest", 0),
        *((("90% interval", 2),) if interval else ()),
        (f"{error}, train", 3),
        (f"{error}, other", 1),
    ):
        table.add_column(name, keep=keep)
    if interval:
        widths = found.table["upper"] - found.table["lower"]
        width = widths.groupby(found.table["network"]).median()
    for row in found.summary.to_dict("records"):
        table.add_row(
            row["network"],
            f"{row['lowest']:.4g} at {row['lowest_at']}",
            f"{row['highest']:.4g} at {row['highest_at']}",
            *((f"{width[row['network']]:.3g} wide",) if interval else ()),
            _number(row["mae_training"]),
            _number(row["mae_others"]),
        )
    console.print(table)


def _jumps(found: Sweep) -> Iterator[str]:
    """Where the prediction jumps, and by how much, in words."""
    unit = f" {found.unit}" if found.unit else ""
    if len(found.elements) == 2:
        first, second = found.elements
        gaps = end_gaps(found.table, found.elements)
        for row in found.flips.to_dict("records"):
            ends = gaps[gaps["network"] == row["network"]]
            told = " and ".join(f"{e.element} by {e.gap:+.3g}" for e in ends.itertuples())
            jump = (
                f"it jumps by {row['jump']:+.3g}{unit}, from {row['value_second']:.4g} to "
                f"{row['value_first']:.4g}"
                if abs(row["jump"]) > UNSEEN * abs(row["value_first"])
                else "it does not jump"
            )
            yield (
                f"{row['network']}: where the order flips from {second} {first} to {first} "
                f"{second} (x = 0.5) {jump}; the pure elements leave the line's ends: {told}."
            )
        return
    for row in found.summary.to_dict("records"):
        yield (
            f"{row['network']}: where the element order flips it jumps by up to "
            f"{row['largest_jump']:.3g}{unit} (at {row['jump_at']}), in the median by "
            f"{row['median_jump']:.3g}."
        )


def _roughness(found: Sweep) -> Iterator[str]:
    """How rough the networks are elsewhere, in one sentence."""
    if not found.roughness:
        return
    unit = f" {found.unit}" if found.unit else ""
    told = ", ".join(f"{value:.3g}{unit} ({name})" for name, value in found.roughness.items())
    yield (
        "Roughness along lines through known compounds, that is how far a prediction lies on "
        f"average from the mean of its two neighbours a hundredth away: {told}."
    )


def _print_known(found: Sweep, console: Console) -> None:
    formulas = list(dict.fromkeys(found.known["formula"]))
    if not formulas:
        return
    table = FittingTable()
    table.add_column("known composition", folds=True)
    table.add_column("part", right=False, keep=len(found.networks))
    table.add_column("known")
    for place, network in enumerate(found.networks):
        table.add_column(network, keep=place)
    for formula in formulas[:LISTED]:
        rows = found.known[found.known["formula"] == formula]
        cells = [f"{value:.4g}" for value in rows["value"]]
        table.add_row(formula, rows["part"].iloc[0], f"{rows['known'].iloc[0]:.4g}", *cells)
    console.print(table)
    if len(formulas) > LISTED:
        console.print(f"and {len(formulas) - LISTED} more; -o FOLDER writes them all.")


def _number(value: float) -> str:
    return "–" if value != value else f"{value:.4g}"
