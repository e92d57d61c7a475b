"""`fusionnas benchmark`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from fusionnas.cli.options import (
    ErrorColumn,
    FormulaColumn,
    InputColumns,
    JsonOption,
    MergeOption,
    QuietOption,
    SkipOption,
    TaskOption,
    UnitOption,
    WeightColumn,
    refuse_unused,
)
from fusionnas.errors import OptionError

_SHOW = "What a benchmark came to"
_OF_A_RUN = (  # parameters without effect on results that are there
    *("systems", "tables", "only", "output", "budget", "width", "rows", "split", "folds", "seed"),
    *("workers", "ray_address", "resume", "formula_column", "target_column", "input_columns"),
    *("unit", "task", "merge", "weight_column", "error_column", "skip_bad_rows"),
)


def benchmark(
    context: typer.Context,
    suite: Annotated[
        str | None,
        typer.Option(
            help="small (made data, minutes), extended, matbench, or a folder of tables; several "
            "with commas between them."
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="One CSV of your own instead of a suite, with its own K folds."),
    ] = None,
    systems: Annotated[
        str,
        typer.Option(
            help="Names and groups with commas between them: yardsticks, networks, searches, field "
            "(of others), or such as lightgbm, l-g-dcnn, l-g-dcnn:paper, search-good, "
            "random-search."
        ),
    ] = "yardsticks,networks",
    tables: Annotated[
        Path | None,
        typer.Option(help="Folder with extended/NAME or matbench/NAME, as docs/benchmark.md says."),
    ] = None,
    only: Annotated[
        str | None, typer.Option(help="Names of tables with commas between them, not all.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the results.")] = Path(
        "benchmark"
    ),
    budget: Annotated[
        str | None,
        typer.Option(
            help="A number is the epochs of each training; a time, such as 10m or 1h, is that of "
            "each search (default: the systems' own)."
        ),
    ] = None,
    width: Annotated[
        int | None, typer.Option(help="Channels of named networks, instead of their own.")
    ] = None,
    rows: Annotated[
        str,
        typer.Option(
            help="The most training rows; several, such as 100,1000,all, show error against rows."
        ),
    ] = "all",
    split: Annotated[
        str,
        typer.Option(
            help="given (the table's own folds), elements (an element left out in each fold), "
            "chemical-systems (no set of elements in two parts), clusters (one of five clusters of "
            "compositions left out in each fold) or tail (the highest tenth of the targets left "
            "out). With --data also folds:K (given is folds:5), or folds:K:NAME, which keeps "
            "groups of a column together."
        ),
    ] = "given",
    folds: Annotated[
        int | None, typer.Option(help="Outer folds of each table, at most (default: all).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Master seed: splits, rows, weights.")] = 0,
    workers: Annotated[
        int | None, typer.Option(help="Jobs at a time (default: one a core, or one a GPU).")
    ] = None,
    ray_address: Annotated[
        str | None,
        typer.Option(help="A running Ray cluster: HOST:PORT, or auto for the one here."),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with the results in the folder: what is there is not done again, and what "
            "failed is tried once more. Other systems, tables, rows or seeds are added to it.",
        ),
    ] = False,
    formula_column: FormulaColumn = None,
    target_column: Annotated[
        str | None,
        typer.Option(
            help="Column of the target in a CSV, or several such as bulk,shear: each is "
            "benchmarked alone, and an empty cell is a gap."
        ),
    ] = None,
    input_columns: InputColumns = None,
    unit: UnitOption = None,
    task: TaskOption = None,
    merge: MergeOption = "median",
    weight_column: WeightColumn = None,
    error_column: ErrorColumn = None,
    skip_bad_rows: SkipOption = False,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
    show: Annotated[
        Path | None,
        typer.Option(
            help="Print the results in this folder and draw them as a page; run nothing.",
            rich_help_panel=_SHOW,
        ),
    ] = None,
    export: Annotated[
        str | None,
        typer.Option(
            help="matbench: with --show FOLDER and --systems NAME, write what the Matbench "
            "leaderboard takes, results.json.gz and info.json; --seed says of which seed.",
            rich_help_panel=_SHOW,
        ),
    ] = None,
    open_page: Annotated[
        bool,
        typer.Option("--open", help="Open the page in a browser.", rich_help_panel=_SHOW),
    ] = False,
) -> None:
    """Compare systems side by side: the same folds, the same metric, in one run.

    `fusionnas benchmark --suite small` compares the yardsticks and three published networks on made
    data within minutes. `fusionnas benchmark --suite matbench --tables FOLDER --systems
    yardsticks,crabnet:paper,search-good --budget 1h -o results` does so on your copies of published
    tables, beside the published figures. `fusionnas benchmark --data my.csv --split folds:5` runs
    all folds of your table, and writes a prediction of each row by systems that did not learn from
    it. Each system sees the training part of an outer fold alone.
    A run that was killed goes on with --resume. `fusionnas benchmark --show results` prints and
    draws what is there: errors, ranks, error against cost and against rows.
    """
    if ((suite or data) is None) == (show is None):
        raise OptionError("Give either --suite or --data, to run a benchmark, or --show FOLDER.")
    if export is not None:
        _export(context, export, show, systems, seed)
        return
    if show is not None:
        refuse_unused(context, _OF_A_RUN, "is for a run, and --show shows what is there")
    if data is not None:
        refuse_unused(context, ["tables"], "says where the tables of a suite are")
    complete = True
    if show is None:
        from fusionnas.benchmarking.options import BenchmarkOptions
        from fusionnas.benchmarking.run import benchmark as run
        from fusionnas.terminal.benchmarks import BenchmarkDisplay

        reading = {
            "formula_column": formula_column,
            "target_column": target_column,
            "input_columns": input_columns,
            "unit": unit,
            "task": task,
            "merge": merge if merge != "median" else None,
            "weight_column": weight_column,
            "error_column": error_column,
            "skip_bad_rows": skip_bad_rows,
        }
        options = BenchmarkOptions(
            suite=suite,
            data=data,
            reading={name: value for name, value in reading.items() if value},
            output=output,
            systems=systems,
            tables=tables,
            only=only,
            split=split,
            folds=folds,
            rows=rows,
            budget=budget,
            width=width,
            seed=seed,
            workers=workers,
            ray_address=ray_address,
            resume=resume,
        )
        with BenchmarkDisplay(quiet) as display:
            _, complete = run(options, display)
    _show(show or output, as_json, open_page)
    if not complete:
        print("\nStopped early. Go on: the same command with --resume", file=sys.stderr)
        raise typer.Exit(130)


def _export(context: typer.Context, form: str, folder: Path | None, system: str, seed: int) -> None:
    """Write the results of a system for others."""
    if form != "matbench":
        raise OptionError(f"Results are exported as matbench alone, but got --export {form}.")
    if folder is None:
        raise OptionError("--export takes finished results; give their folder with --show.")
    rest = [name for name in _OF_A_RUN if name not in ("systems", "seed")]
    refuse_unused(context, [*rest, "as_json", "open_page"], "has no effect on --export")
    from fusionnas.benchmarking.matbench_export import export_matbench
    from fusionnas.benchmarking.results import Results

    for path in export_matbench(Results(folder), system, seed):
        print(path)


def _show(folder: Path, as_json: bool, open_page: bool) -> None:
    """Print the results, and write their page."""
    from fusionnas.benchmarking.show import write_page
    from fusionnas.benchmarking.show.page import plain_rows
    from fusionnas.terminal.benchmarks import print_benchmark
    from fusionnas.terminal.console import plain_console
    from fusionnas.terminal.output import print_json

    written = write_page(folder)
    rows = plain_rows(written.summary)
    if as_json:
        print_json(rows, 1)
    else:
        print_benchmark(plain_console(), rows, written.words, written.class_scores)
        for row in plain_rows(written.failed):
            print(f"no result: {row['system']} on {row['table']}, {row['fold']}: {row['reason']}")
        for name, reason in written.left_out.items():
            print(f"not drawn: {name} ({reason})")
        print(written.page)
    if open_page:
        import webbrowser

        webbrowser.open(written.page.absolute().as_uri())
