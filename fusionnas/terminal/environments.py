"""What `fusionnas cecv` prints and writes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from fusionnas.cecv.guidance import summary
from fusionnas.cecv.listing import Cluster, share_together, splits
from fusionnas.files.atomic import whole_file, write_csv
from fusionnas.files.whole_folder import make_folder
from fusionnas.insight.environment_plots import side_by_side_plot
from fusionnas.insight.environments import Environments, Subject
from fusionnas.plots.style import figure
from fusionnas.searching.reference_runs import ARCHITECTURES
from fusionnas.terminal.console import plain_console, say
from fusionnas.terminal.tables import FittingTable

NAMED = 8  # formulas of a cluster that are printed


def print_vectors(found: Environments) -> None:
    """The vectors side by side, and the guidance where there is a band."""
    console = plain_console()
    for note in found.notes:
        say(console, note)
    frame = found.table()
    for line in dict.fromkeys(_counted(subject) for subject in found.subjects):
        say(console, line)
    say(console, f"Rule {found.rule}, tap {found.tap}, standardised {found.standardise}.")
    table = FittingTable()
    table.add_column("network", folds=True)
    counts = [column for column in frame.columns if column.startswith("cecv/")]
    for place, column in enumerate(counts):  # in a narrow terminal every other threshold goes first
        table.add_column(column.removeprefix("cecv/"), keep=2 + place % 2)
    scored = found.band is not None and found.band.exists
    if scored:
        table.add_column("deviation")
        table.add_column("excess", keep=1)
    for row in frame.to_dict("records"):
        cells = [_label(row)]
        cells += [f"{row[c]:.1f}" if found.rule == "pairs" else f"{row[c]:.0f}" for c in counts]
        if scored:
            cells += [_fixed(row["cecv_deviation"]), _fixed(row["cecv_excess"])]
        table.add_row(*cells, style="bold" if row["weights"] == "trained" else "dim")
    console.print(table)
    if found.band is not None:
        names = " and ".join(ARCHITECTURES.values())
        say(console, f"{names} are the study's references.")
        say(console, found.band.describe())
    for subject in found.subjects:
        _print_guidance(console, found, subject)


def _counted(subject: Subject) -> str:
    """How many compounds a network's vector counts, and which it leaves out."""
    left_out = subject.vector.left_out
    return (
        f"{subject.vector.compounds} compounds clustered; left out: "
        f"{left_out['too_few_elements']} with too few elements, {left_out['degenerate']} whose "
        "elements are not told apart."
    )


def _print_guidance(console: Console, found: Environments, subject: Subject) -> None:
    rows = found.guidance(subject)
    if not rows:
        return
    console.print(Text.assemble("\n", (subject.name, "bold"), f" at width {subject.width}"))
    for row in rows:
        console.print(f"  {row.threshold:.2f}  {row.words:<11} {row.arithmetic}", soft_wrap=True)
    words = summary([r.threshold for r in rows], [r.guidance for r in rows], subject.name)
    say(console, words)


def print_clusters(found: Environments, threshold: float, top: int) -> None:
    """The largest clusters and the lone compounds; what is merged and split between networks."""
    console = plain_console()
    listed = [(s.name, found.clusters(s, threshold)) for s in found.subjects]
    for name, clusters in listed:
        lone = [c.formulas[0] for c in clusters if c.size == 1]
        counted = f" at {threshold:g}: {len(clusters)} clusters"
        console.print(Text.assemble("\n", (name, "bold"), counted))
        for cluster in clusters[:top]:
            console.print(f"  {cluster.size:>5}  {_formulas(cluster.formulas)}", soft_wrap=True)
        console.print(
            f"  {len(lone)} alone: {_formulas(lone)}" if lone else "  none alone", soft_wrap=True
        )
    first, ours = listed[0]
    for name, theirs in listed[1:]:
        _print_changes(console, (first, ours), (name, theirs), top)


def _print_changes(
    console: Console,
    ours: tuple[str, Sequence[Cluster]],
    theirs: tuple[str, Sequence[Cluster]],
    top: int,
) -> None:
    for (name, clusters), (other, others) in ((ours, theirs), (theirs, ours)):
        apart = splits(clusters, others)
        share = share_together(clusters, others)
        kept = "" if share is None else f"; {share:.0%} of its pairs stay together"
        console.print(
            Text.assemble(
                "\n", (other, "bold"), f" splits {len(apart)} clusters of ", (name, "bold"), kept
            ),
            soft_wrap=True,
        )
        for split in apart[:top]:
            console.print(
                f"  {split.cluster.size} compounds into {len(split.parts)}:", soft_wrap=True
            )
            for part in split.parts[:3]:
                console.print(f"    {len(part):>5}  {_formulas(part)}", soft_wrap=True)
            if len(split.parts) > 3:
                console.print(f"           and {len(split.parts) - 3} more")


def write_files(found: Environments, folder: Path, threshold: float | None) -> list[Path]:
    """cecv.csv, cecv.png and, with a threshold, clusters.csv; the files written."""
    import pandas as pd

    make_folder(folder)
    table, plot = folder / "cecv.csv", folder / "cecv.png"
    write_csv(table, found.table())
    vectors = {s.name: (s.vector.to_dict(), s.untrained.to_dict()) for s in found.subjects}
    with figure(7.4, 4.8) as fig:
        side_by_side_plot(fig, vectors, found.band, found.subjects[0].width)
        with whole_file(plot) as file:
            fig.savefig(file, format="png", dpi=160)
    written = [table, plot]
    if threshold is not None:
        rows = [
            (subject.name, threshold, number, cluster.size, cluster.elements, formula)
            for subject in found.subjects
            for number, cluster in enumerate(found.clusters(subject, threshold))
            for formula in cluster.formulas
        ]
        names = ["network", "threshold", "cluster", "size", "elements", "formula"]
        written.append(folder / "clusters.csv")
        write_csv(written[-1], pd.DataFrame(rows, columns=names))
    return written


def _formulas(formulas: Sequence[str]) -> str:
    more = len(formulas) - NAMED
    return ", ".join(formulas[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _label(row: Mapping[Hashable, Any]) -> str:
    """A trained network by its name, its untrained twin below it, a reference by its width."""
    if row["weights"] == "reference":
        return f"{row['network']} w{row['width']}"
    return row["network"] if row["weights"] == "trained" else "  untrained"


def _fixed(value: float) -> str:
    return "–" if value != value else f"{value:.3f}"
