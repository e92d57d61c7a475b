"""What `fusionnas sweep --along` prints."""

from __future__ import annotations

from rich.console import Console

from fusionnas.insight.sweeps import ConditionSweep
from fusionnas.terminal.console import say
from fusionnas.terminal.sweeps import sparkline
from fusionnas.terminal.tables import FittingTable

LISTED = 12  # known rows that are printed


def print_condition_sweep(found: ConditionSweep, console: Console) -> None:
    """Curves as sparklines, and the known values of these compositions."""
    say(console, found.words)
    keys = ["network", "formula", *([found.by] if found.by else [])]
    low, high = found.table["value"].min(), found.table["value"].max()
    ends = found.table[found.along]
    table = FittingTable()
    for key in keys:
        table.add_column(key, folds=True)
    table.add_column(f"at {ends.iloc[0]}")
    if found.numeric:
        table.add_column(f"{low:.3g} to {high:.3g}", right=False, keep=1, called="the curve")
    else:
        for word in list(dict.fromkeys(ends))[1:-1]:
            table.add_column(f"at {word}")
    table.add_column(f"at {ends.iloc[-1]}")
    for curve, rows in found.table.groupby(keys, sort=False):
        line = rows["value"].to_numpy()
        inner = [sparkline(line, low, high)] if found.numeric else [f"{v:.4g}" for v in line[1:-1]]
        table.add_row(*map(str, curve), f"{line[0]:.4g}", *inner, f"{line[-1]:.4g}")
    console.print(table)
    for sentence in found.notes:
        say(console, sentence)
    if not len(found.known):
        return
    table = FittingTable()
    columns = [name for name in found.known if name not in ("known", "fits")]
    for name in columns:
        table.add_column(f"known: {name}" if name == "formula" else str(name), right=False)
    table.add_column("known")
    for row in found.known.head(LISTED).to_dict("records"):
        known = f"{row['known']:.4g}" if found.one_value else str(row["known"])
        table.add_row(*(str(row[name]) for name in columns), known)
    console.print(table)
    if len(found.known) > LISTED:
        console.print(f"and {len(found.known) - LISTED} more; -o FOLDER writes them all.")
