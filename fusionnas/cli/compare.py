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
from fusionnas.cli.output_file import check_file
from fusionnas.errors import NO_DATA, OptionError


def compare(
    context: typer.Context,
    names: Annotated[
        list[str],
        typer.Argument(
            help="Studies and bundles, or NAME:TARGET for one target; the first is the one."
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
    was trained on or chosen by is left out for all. A model of several targets is compared on each
    of them, also with models of one target. `fusionnas compare STUDY --worth` asks what the search
    found beyond its named and its random networks; a second study, run with `--sampler random`, is
    compared at as many trials.
    """
    if seed < 0:  # that of its bootstrap; other commands take any
        raise OptionError(f"--seed must not be negative, but got {seed}.")
    if worth and (data is not None or assume_new):
        raise OptionError("--worth takes a study at its own test part; leave out --data.")
    if data is None:
        refuse_unused(context, READING, NO_DATA)
    from fusionnas.files.whole_folder import check_open
    from fusionnas.insight.comparison import (
        Comparison,
        SearchWorth,
        TargetComparisons,
        compare_targets,
        search_worth,
        targets_of,
    )
    from fusionnas.insight.comparison import compare as compare_one
    from fusionnas.terminal.comparisons import (
        print_comparison,
        print_comparisons,
        print_worth,
    )
    from fusionnas.terminal.console import plain_console, working
    from fusionnas.terminal.output import print_json

    if output is not None:
        check_open(output)
    if html is not None:
        check_file(html, makes_folder=True)
    found: Comparison | SearchWorth | TargetComparisons
    with working("Loading") as on_step:
        if worth:
            found = search_worth(*names, runs=runs, seed=seed, on_step=on_step)
        else:
            run = compare_targets if targets_of(names[0], runs) else compare_one
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
    elif isinstance(found, TargetComparisons):
        print_comparisons(found, console)
    else:
        print_comparison(found, console)
    if html is not None:
        from fusionnas.report.result_page import page_of, write_result_page

        write_result_page(html, page_of(found))
        print(html, file=sys.stderr if as_json else sys.stdout)
    if output is not None:
        for path in found.save(output):
            print(path, file=sys.stderr if as_json else sys.stdout)
