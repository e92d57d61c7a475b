"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from fusionnas.errors import OptionError, without_effect

DataOption = Annotated[
    str | None,
    typer.Option(help="Built-in name, CSV, folder with train/val/test.csv, or matbench:TASK."),
]
FormulaColumn = Annotated[str | None, typer.Option(help="Column of the formulas in a CSV.")]
TargetColumn = Annotated[str | None, typer.Option(help="Column of the target in a CSV.")]
TargetColumns = Annotated[
    str | None,
    typer.Option(
        "--target-column",
        help="Column of the target in a CSV, or several such as bulk,shear: they are learned "
        "together, and an empty cell is a gap (docs/targets.md).",
    ),
]
UnitOption = Annotated[
    str | None,
    typer.Option(
        help="Unit of the target, for tables and plots; of several targets one for each: GPa,GPa,K."
    ),
]
SplitOption = Annotated[
    str,
    typer.Option(
        help="random, chemical-system, leave-out:ELEMENT, folds:K:I (folds:K:I:NAME keeps groups "
        "of a column together), cluster:K (whole clusters of compositions), column:NAME (of a CSV: "
        "train, val and test, or groups that stay together) or time:NAME (train on the past)."
    ),
]
TaskOption = Annotated[
    str | None,
    typer.Option(
        help="regression or classification. Words and booleans are taken for classes "
        "by themselves, and numbers for numbers."
    ),
]
InputColumns = Annotated[
    str | None,
    typer.Option(
        help="Columns of conditions beside the formula, such as temperature,route: numbers, or "
        "categories (words; codes such as 1, 2 with route:category). Rows are merged only where "
        "they agree, too, and all rows of a composition stay in one part (docs/conditions.md)."
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="The value of a condition, such as --set temperature=300; may be given several times.",
    ),
]
MergeOption = Annotated[
    str, typer.Option(help="Several rows of one composition: median, mean, min, first or error.")
]
WeightColumn = Annotated[
    str | None,
    typer.Option(
        help="Column of a CSV that says how much a row counts relative to the others; 0 leaves it "
        "out (docs/weights.md)."
    ),
]
ErrorColumn = Annotated[
    str | None,
    typer.Option(
        help="Column of a CSV with standard deviations of the target, in its unit: exact rows "
        "count more (docs/weights.md)."
    ),
]
SkipOption = Annotated[
    bool,
    typer.Option(
        "--skip-bad-rows",
        help="Leave out rows without a target or with an unreadable formula, and list them in "
        "skipped_rows.csv.",
    ),
]
SeedOption = Annotated[int, typer.Option(help="Master seed: split, weights, order, proposals.")]
EpochsOption = Annotated[
    int | None, typer.Option(help="Epochs (default recipe: 8, more for small data).")
]
RecipeOption = Annotated[
    str, typer.Option(help="Training recipe: default, paper, or a YAML file (docs/training.md).")
]
PrecisionOption = Annotated[
    str | None,
    typer.Option(
        help="Of products in training: fp32, bf16, or auto, which is bf16 on GPUs that have it "
        "(default: the recipe's, auto)."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]
HtmlOption = Annotated[
    Path | None,
    typer.Option(help="A file for a page of the result: tables and pictures, to open or to send."),
]
RunsOption = Annotated[Path, typer.Option(help="Folder of all studies.")]


# parameters that say how a table is read, of commands that read one only with --data or the like
READING = ("formula_column", "target_column", "unit", "split", "skip_bad_rows")


def refuse_unused(context: typer.Context, names: Iterable[str], why: str) -> None:
    """Refuse options that would have no effect; defaults are not refused.

    Args:
        context: of the command.
        names: parameters of the command; others are ignored.
        why: what follows the option's name in the message, such as "is for --data".

    Raises:
        OptionError: one of the options was given.
    """
    named = set(names)
    for parameter in context.command.params:
        if parameter.name in named:
            source = context.get_parameter_source(parameter.name)
            if source is not None and source.name == "COMMANDLINE":
                raise without_effect(parameter.opts[0], why)


def set_conditions(given: list[str] | None) -> dict[str, str]:
    """The conditions in words such as `temperature=300`, by name.

    Raises:
        OptionError: a word is not of this kind, or a name occurs twice.
    """
    found: dict[str, str] = {}
    for one in given or ():
        name, equals, value = one.partition("=")
        if not (equals and name.strip()):
            raise OptionError(f"--set takes NAME=VALUE, such as temperature=300, but got '{one}'.")
        if name.strip() in found:
            raise OptionError(f"--set gives '{name.strip()}' twice.")
        found[name.strip()] = value.strip()
    return found
