"""`fusionnas inspect`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fusionnas.cli.options import (
    ErrorColumn,
    FormulaColumn,
    InputColumns,
    JsonOption,
    MergeOption,
    SeedOption,
    SkipOption,
    SplitOption,
    TargetColumn,
    TaskOption,
    UnitOption,
    WeightColumn,
)
from fusionnas.cli.output_file import check_file


def inspect(
    data: Annotated[
        str | None,
        typer.Argument(help="As --data of search: a built-in name, CSV, folder or matbench:TASK."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="An HTML page to write, with pictures."),
    ] = None,
    formula_column: FormulaColumn = None,
    target_column: TargetColumn = None,
    unit: UnitOption = None,
    task: TaskOption = None,
    input_columns: InputColumns = None,
    split: SplitOption = "random",
    merge: MergeOption = "median",
    weight_column: WeightColumn = None,
    error_column: ErrorColumn = None,
    skip_bad_rows: SkipOption = False,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Say what a table is like and what a search will do with it, before anything is trained.

    It tells duplicates and how far they disagree, spikes, long tails, values that may be
    placeholders or of another unit, rare and unseen elements, how near the test part is to the
    training part, and how long a search will take. Lines with ! ask for a look.
    """
    from dataclasses import asdict

    from fusionnas.terminal.output import print_json
    from fusionnas.workflows.inspection import inspect as look

    if output is not None:
        check_file(output)
    found = look(
        data,
        formula_column=formula_column,
        target_column=target_column,
        unit=unit,
        split=split,
        merge=merge,
        seed=seed,
        skip_bad_rows=skip_bad_rows,
        task=task,
        weight_column=weight_column,
        error_column=error_column,
        input_columns=input_columns,
    )
    if as_json:
        print_json({**asdict(found.inspection), "search": asdict(found.course)})
    else:
        from fusionnas.terminal.inspection import print_inspection

        print_inspection(found.dataset, found.inspection, found.course.words)
    if output is not None:
        from fusionnas.report.inspection_page import write_inspection

        write_inspection(output, found.dataset, found.inspection, found.course.words)
        if not as_json:
            print(f"\nPage  {output}")
