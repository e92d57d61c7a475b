"""`fusionnas compare`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from fusionnas.cli.options import (
    READING,
    DataOption,
    FormulaColumn,
    HtmlOption,
    JsonOption,
    RunsOption,
    SeedOption,
    SkipOption,
    SplitOption,
    TargetColumn,
    UnitOption,
    refuse_unused,
)
from fusionnas.errors import NO_DATA, OptionError


def compare(
    context: typer.Context,
    names: Annotated[
        list[str],
        typer.Argument(
            help="Studies and bundles, or NAME:TARGET of several targets; the first is the one."
        ),
    ],
    worth: Annotated[
        bool,
        typer.Option(
            "--worth",
            help="Was the first study's search worth it, against named and random networks, and "
            "against the other studies, at equal budget?",
        ),
    ] = False,
    data: DataOption = None,
    assume_new: Annotated[
        bool,
        typer.Option(
            "--assume-new",
            help="Take --data as new to bundles whose training data are not available.",
        ),
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for pictures and CSVs.")
    ] = None,
    html: HtmlOption = None,
    formula_column: FormulaColumn = None,
    target_column: TargetColumn = None,
    unit: UnitOption = None,
    split: SplitOption = "random",
    skip_bad_rows: SkipOption = False,
    seed: SeedOption = 0,
    runs: RunsOption = Path("runs"),
    as_json: JsonOption = False,
) -> None:
    """Compare networks on test compositions that none of them has seen.

    `fusionnas compare STUDY my-model` puts a study's recommended network, its yardsticks and a
    bundle side by side: MAE with a 95% interval, and the difference to the first with a paired
    bootstrap over the test compositions; `tie` is said where chance explains it. What a network
    was trained on or chosen by is left out for all. `fusionnas compare STUDY --worth` asks what
    the search found beyond its named and its random networks; a second study, run with
    `--sampler random`, is compared at as many trials.
    """
    if worth and (data is not None or assume_new):
        raise OptionError("--worth takes a study at its own test part; leave out --data.")
    if data is None:
        refuse_unused(context, READING, NO_DATA)
    from fusionnas.files.whole_folder import check_open
    from fusionnas.insight.comparison import Comparison, SearchWorth, search_worth
    from fusionnas.insight.comparison import compare as run
    from fusionnas.terminal.comparisons import print_comparison, print_worth
    from fusionnas.terminal.console import plain_console, working
    from fusionnas.terminal.output import print_json

    if output is not None:
        check_open(output)
    found: Comparison | SearchWorth
    with working("Loading") as on_step:
        if worth:
            found = search_worth(*names, runs=runs, seed=seed, on_step=on_step)
        else:
            found = run(
                *names,
                data=data,
                assume_new=assume_new,
                runs=runs,
                seed=seed,
                on_step=on_step,
                split=split,
                formula_column=formula_column,
                target_column=target_column,
                unit=unit,
                skip_bad_rows=skip_bad_rows,
            )
    console = plain_console()
    if as_json:
        print_json(found.to_dict(), 1)
    elif isinstance(found, SearchWorth):
        print_worth(found, console)
    else:
        print_comparison(found, console)
    if html is not None:
        from fusionnas.report.result_page import comparison_page, worth_page, write_result_page

        page = worth_page(found) if isinstance(found, SearchWorth) else comparison_page(found)
        write_result_page(html, page)
        print(html, file=sys.stderr if as_json else sys.stdout)
    if output is not None:
        for path in found.save(output):
            print(path, file=sys.stderr if as_json else sys.stdout)
