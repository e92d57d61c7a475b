"""`fusionnas sweep`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from fusionnas.cli.options import (
    DataOption,
    FormulaColumn,
    HtmlOption,
    JsonOption,
    RunsOption,
    SeedOption,
    SkipOption,
    SplitOption,
    TargetColumn,
)


def sweep(
    networks_and_elements: Annotated[
        list[str],
        typer.Argument(help="Bundles or studies, then two or three elements: best Si O."),
    ],
    points: Annotated[
        int | None,
        typer.Option(help="Compositions along each side (default 101; a triangle 41)."),
    ] = None,
    data: DataOption = None,
    study: Annotated[
        str | None, typer.Option(help="Study whose data are the known compositions.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the picture and its CSVs.")
    ] = None,
    html: HtmlOption = None,
    formula_column: FormulaColumn = None,
    target_column: TargetColumn = None,
    split: SplitOption = "random",
    skip_bad_rows: SkipOption = False,
    seed: SeedOption = 0,
    runs: RunsOption = Path("runs"),
    as_json: JsonOption = False,
) -> None:
    """Predict along all compositions of two elements, or over the triangle of three.

    `fusionnas sweep runs/STUDY/best Si O -o si-o` goes from O to Si; `fusionnas sweep a b Li Al O`
    puts two networks side by side. An element is written as its symbol; a bundle that is called
    like one is written as a path (./Si). Shown are the values with 90% intervals, the
    share of each element (shares add up to the value), the known compositions of these elements
    (by default from the data that the first network was trained on), how far a prediction jumps
    where the order in which networks read the elements flips, and how rough the networks are.
    """
    from fusionnas.files.whole_folder import check_open
    from fusionnas.insight.sweeps import sweep as run
    from fusionnas.terminal.console import plain_console, working
    from fusionnas.terminal.output import print_json
    from fusionnas.terminal.sweeps import print_sweep

    if output is not None:
        check_open(output)
    networks, elements = _told_apart(networks_and_elements, runs)
    with working("Loading") as on_step:
        found = run(
            networks,
            elements,
            points=points,
            data=data,
            study=study,
            runs=runs,
            seed=seed,
            split=split,
            formula_column=formula_column,
            target_column=target_column,
            skip_bad_rows=skip_bad_rows,
            on_step=on_step,
        )
    if as_json:
        print_json(found.to_dict(), 1)
    else:
        print_sweep(found, plain_console())
    if html is not None:
        from fusionnas.report.result_page import sweep_page, write_result_page

        write_result_page(html, sweep_page(found))
        print(html, file=sys.stderr if as_json else sys.stdout)
    if output is not None:
        for path in found.save(output):
            print(path, file=sys.stderr if as_json else sys.stdout)


def _told_apart(words: list[str], runs: Path) -> tuple[list[str], list[str]]:
    """Networks and elements: a symbol is an element, and so is what could only be meant as one."""
    from fusionnas.data.elements import NUMBERS

    networks: list[str] = []
    elements: list[str] = []
    for word in words:
        short = len(word) <= 2 and word.isalpha()
        missing = not Path(word).exists() and not (runs / word).exists()
        (elements if word in NUMBERS or (short and missing) else networks).append(word)
    return networks, elements
