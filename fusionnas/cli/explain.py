"""`fusionnas explain`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from fusionnas.cli.options import (
    READING,
    FormulaColumn,
    HtmlOption,
    JsonOption,
    RunsOption,
    SetOption,
    TargetColumn,
    refuse_unused,
    set_conditions,
)
from fusionnas.cli.output_file import check_file
from fusionnas.errors import OptionError


def explain(
    context: typer.Context,
    network: Annotated[str, typer.Argument(help="A bundle's folder, or a study by name or path.")],
    formulas: Annotated[
        list[str] | None,
        typer.Argument(help="Formulas to explain; without any, four that suit its training."),
    ] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(help="Another bundle or study beside it; may be given several times."),
    ] = None,
    given: SetOption = None,
    csv: Annotated[
        Path | None,
        typer.Option(help="Compounds to draw the elements, pairs and landscape from (with -o)."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for pictures and their numbers.")
    ] = None,
    html: HtmlOption = None,
    formula_column: FormulaColumn = None,
    target_column: TargetColumn = None,
    runs: RunsOption = Path("runs"),
    as_json: JsonOption = False,
) -> None:
    """Show why a network predicts what it does.

    For each formula: the contribution of each element, which is what it adds to the mean of the
    training data, where that ends, and how far it depends on the order of the elements. With -o,
    also pictures, one of them of what each element is to the network.

    Of two classes, contributions are in log-odds of the second one. Of more, a class is named
    after a colon: `fusionnas explain STUDY:spinel MgAl2O4` splits its log-odds against all others.

    For a network that reads conditions, --set moves some of them from their baseline, the median
    or the most frequent word of training: `fusionnas explain STUDY NaCl --set temperature=800`
    shows what each of them adds.

    With --csv, pictures over many compounds, best ones that were not trained on: contributions on
    the periodic table, which elements are alike, the landscape of compounds; with --against, how
    contributions differ and, where there are targets, which pairs of elements are read
    differently where the other network errs.
    """
    if csv is not None and output is None and html is None:
        raise OptionError("--csv needs -o FOLDER or --html PAGE for the pictures.")
    if csv is None:
        refuse_unused(context, READING, "says how --csv is read, and there is no --csv")
    from fusionnas.files.whole_folder import check_open
    from fusionnas.insight.explanation import (
        explain,
        read_compounds,
        save_views,
        views_of_compounds,
    )
    from fusionnas.terminal.console import working
    from fusionnas.terminal.explanations import print_explained
    from fusionnas.terminal.output import print_json

    if output is not None:
        check_open(output)
    if html is not None:
        check_file(html, makes_folder=True)
    conditions = set_conditions(given)
    found = explain(
        network, formulas or None, against=against or [], conditions=conditions, runs=runs
    )
    numbers = not any(one.classes for one in found.networks.values())
    compounds = None
    if csv is not None:
        compounds = read_compounds(csv, formula_column, target_column, numbers)
    if as_json:
        print_json(json.loads(found.table().to_json(orient="records")))
    else:
        print_explained(found)
    more = [] if compounds is None else list(views_of_compounds(found.networks, *compounds))
    if html is not None:
        from fusionnas.report.result_page import explained_page, write_result_page

        write_result_page(html, explained_page(found, more))
        print(html, file=sys.stderr if as_json else sys.stdout)
    if output is None:
        return
    views = [*found.views(), *more]
    with working("Drawing") as on_step:
        written, left_out = save_views(
            views, output, on_step=lambda name: on_step(f"Drawing {name}")
        )
    for name, reason in left_out.items():
        print(f"{name} is left out: {reason}", file=sys.stderr)
    for path in written:
        print(path, file=sys.stderr if as_json else sys.stdout)
