"""`fusionnas sweep`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from fusionnas.cli.options import (
    READING,
    DataOption,
    FormulaColumn,
    HtmlOption,
    JsonOption,
    RunsOption,
    SeedOption,
    SetOption,
    SkipOption,
    SplitOption,
    TargetColumn,
    refuse_unused,
    set_conditions,
)
from fusionnas.cli.output_file import check_file
from fusionnas.errors import NO_DATA, OptionError


def sweep(
    context: typer.Context,
    networks_and_elements: Annotated[
        list[str],
        typer.Argument(
            help="Bundles or studies, then two or three elements: best Si O. With --along formulas."
        ),
    ],
    along: Annotated[
        str | None,
        typer.Option(help="Condition beside the formula to sweep along, such as temperature."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(help="With --along: a category, each of whose words has curves of its own."),
    ] = None,
    given: SetOption = None,
    points: Annotated[
        int | None,
        typer.Option(
            help="Compositions along each side (default 101; a triangle 41), or values along a "
            "condition (default 61)."
        ),
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
    """Predict along all compositions of two elements, over the triangle of three, or along a
    condition.

    `fusionnas sweep runs/STUDY/best Si O -o si-o` goes from O to Si; `fusionnas sweep a b Li Al O`
    puts two networks side by side. An element is written as its symbol; a bundle that is called
    like one is written as a path (./Si). Shown are the values with 90% intervals, the
    share of each element (shares add up to the value), the known compositions of these elements
    (by default from the data that the first network was trained on), how far a prediction jumps
    where the order in which networks read the elements flips, and how rough the networks are.
    Conditions beside the formula are at their medians or most frequent words, or as --set says. Of
    classes the probability is swept; `STUDY:metal` is that of one class.

    `fusionnas sweep STUDY SrTiO3 NaCl --along temperature --set route=melt` draws the predictions
    of formulas over the range of a condition in training (of a category, for each word), with
    the known values of these compositions. Conditions that are not set are at their medians or
    most frequent words.
    """
    from fusionnas.files.whole_folder import check_open
    from fusionnas.insight.sweeps import ConditionSweep, Sweep, sweep_condition
    from fusionnas.insight.sweeps import sweep as run
    from fusionnas.terminal.condition_sweeps import print_condition_sweep
    from fusionnas.terminal.console import plain_console, working
    from fusionnas.terminal.output import print_json
    from fusionnas.terminal.sweeps import print_sweep

    if output is not None:
        check_open(output)
    if html is not None:
        check_file(html, makes_folder=True)
    if along is None and by is not None:
        raise OptionError("--by is for a sweep --along a condition.")
    if data is None:
        refuse_unused(context, (*READING, "seed"), NO_DATA)
    networks, swept = _told_apart(networks_and_elements, runs, along is not None)
    reading: dict[str, Any] = {
        "points": points,
        "data": data,
        "study": study,
        "runs": runs,
        "seed": seed,
        "split": split,
        "formula_column": formula_column,
        "target_column": target_column,
        "skip_bad_rows": skip_bad_rows,
    }
    with working("Loading") as on_step:
        found: Sweep | ConditionSweep
        fixed = set_conditions(given)
        if along is None:
            found = run(networks, swept, conditions=fixed, on_step=on_step, **reading)
        else:
            found = sweep_condition(networks, swept, along, by=by, conditions=fixed, **reading)
    if as_json:
        print_json(found.to_dict(), 1)
    elif isinstance(found, ConditionSweep):
        print_condition_sweep(found, plain_console())
    else:
        print_sweep(found, plain_console())
    if html is not None:
        from fusionnas.report.result_page import condition_sweep_page, sweep_page, write_result_page

        if isinstance(found, ConditionSweep):
            page = condition_sweep_page(found)
        else:
            page = sweep_page(found)
        write_result_page(html, page)
        print(html, file=sys.stderr if as_json else sys.stdout)
    if output is not None:
        for path in found.save(output):
            print(path, file=sys.stderr if as_json else sys.stdout)


def _told_apart(words: list[str], runs: Path, formulas: bool) -> tuple[list[str], list[str]]:
    """Networks, and the elements or formulas.

    A symbol is an element, and so is what could only be meant as one. Where formulas are swept, the
    first word is a network, and others are if there is one of that name.
    """
    from fusionnas.data.elements import NUMBERS

    networks: list[str] = []
    elements: list[str] = []
    for place, word in enumerate(words):
        short = len(word) <= 2 and word.isalpha()
        named = (word, word.partition(":")[0])  # STUDY:CLASS is a network, too
        missing = not any((folder / name).exists() for name in named for folder in (Path(), runs))
        if formulas:
            (elements if place and missing else networks).append(word)
            continue
        (elements if word in NUMBERS or (short and missing) else networks).append(word)
    return networks, elements
