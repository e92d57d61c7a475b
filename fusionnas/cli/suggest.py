"""`fusionnas suggest` and `observe`: what to measure next, and what was measured."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusionnas.cli.options import (
    READING,
    FormulaColumn,
    JsonOption,
    RunsOption,
    SetOption,
    TargetColumn,
    refuse_unused,
    set_conditions,
)
from fusionnas.cli.output_file import check_file
from fusionnas.errors import OptionError

if TYPE_CHECKING:
    import pandas as pd

_CANDIDATES = "Candidates"


def suggest(
    context: typer.Context,
    study: Annotated[
        Path, typer.Argument(help="A study by name or path, or the folder of a model.")
    ],
    goal: Annotated[
        str, typer.Option(help="max, min, or a value to come near to; of classes one of them.")
    ],
    candidates: Annotated[
        Path | None,
        typer.Option(
            help="A CSV of formulas to choose from, and of conditions if the model reads some.",
            rich_help_panel=_CANDIDATES,
        ),
    ] = None,
    system: Annotated[
        str | None,
        typer.Option(
            help="Or all compositions of these elements, such as Li-Mn-O, and of fewer of them.",
            rich_help_panel=_CANDIDATES,
        ),
    ] = None,
    charge_balanced: Annotated[
        bool,
        typer.Option(
            "--charge-balanced",
            help="Of a system only what SMACT can balance (pip install 'fusionnas[suggest]').",
            rich_help_panel=_CANDIDATES,
        ),
    ] = False,
    largest: Annotated[
        int,
        typer.Option(help="Largest amount in formulas of a system.", rich_help_panel=_CANDIDATES),
    ] = 8,
    formula_column: FormulaColumn = None,
    given: SetOption = None,
    count: Annotated[int, typer.Option("-n", help="How many to suggest.")] = 20,
    rule: Annotated[
        str | None,
        typer.Option(
            help="ei (expected improvement, the default), ucb (prediction and one standard "
            "deviation), probability (of being better than the best known, or of the class: the "
            "default there), greedy (prediction alone) or explore (uncertainty alone)."
        ),
    ] = None,
    apart: Annotated[
        float, typer.Option(help="Share of atoms by which two suggestions differ at least.")
    ] = 0.1,
    constraint: Annotated[
        list[str] | None,
        typer.Option(
            help="'OTHERSTUDY<0.05', 'OTHERSTUDY>2' or 'OTHERSTUDY=CLASS'; may be given again."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="CSV to write, with an empty column to fill in."),
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1 ...")] = None,
    runs: RunsOption = Path("runs"),
    as_json: JsonOption = False,
) -> None:
    """Suggest what to measure next: candidates ranked by what measuring them promises.

    Known compounds are left out, and suggestions differ from each other. Each line says why it was
    chosen and how far it is from the training data. Measure them, fill in the CSV of -o, and give
    it to `fusionnas observe`.
    """
    if (candidates is None) == (system is None):
        raise OptionError("Give either --candidates FILE or --system ELEMENTS.")
    if charge_balanced and system is None:
        raise OptionError("--charge-balanced is for --system.")
    if system is None:
        refuse_unused(context, ["largest"], "is for --system")
    else:
        refuse_unused(context, READING, "says how --candidates is read, and there is none")
    from fusionnas.data.reading.columns import formula_place, names_of
    from fusionnas.data.reading.files import read_frame
    from fusionnas.insight.suggestion.suggest import suggest as choose
    from fusionnas.insight.suggestion.systems import system_formulas
    from fusionnas.terminal.output import print_json
    from fusionnas.terminal.suggestions import (
        plain_suggestions,
        print_suggestions,
        print_written,
        write_table,
    )

    if output is not None:
        check_file(output)
    chosen_from: pd.DataFrame | list[str]
    if candidates is not None:
        chosen_from = read_frame(candidates)
        place = formula_place(chosen_from, candidates, formula_column)
        formula_column = names_of(chosen_from)[place]
    else:
        chosen_from = system_formulas(str(system), largest, charge_balanced)
    found = choose(
        study,
        chosen_from,
        goal,
        count=count,
        rule=rule,
        distance=apart,
        constraints=constraint or (),
        conditions=set_conditions(given),
        formula_column=formula_column,
        device=device,
        runs=runs,
    )
    if as_json:
        print_json(plain_suggestions(found))
    else:
        print_suggestions(found)
    if output is not None:
        write_table(output, found)
        if not as_json:
            print_written(output, found)


def observe(
    study: Annotated[Path, typer.Argument(help="A study by name or path.")],
    results: Annotated[
        Path, typer.Argument(help="A CSV of formulas and measured values; empty ones are skipped.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Table to write.  [default: STUDY-observed.csv]"),
    ] = None,
    formula_column: FormulaColumn = None,
    target_column: TargetColumn = None,
    runs: RunsOption = Path("runs"),
    as_json: JsonOption = False,
) -> None:
    """Add measurements to the data of a study: a new table, and the command of the next search.

    The compositions of the study keep their part, and new ones train. The next search begins with
    the best networks of this study.
    """
    from fusionnas.terminal.output import print_json
    from fusionnas.workflows.observe import observe as add

    if output is not None:
        check_file(output)
    done = add(
        study,
        results,
        output=output,
        formula_column=formula_column,
        target_column=target_column,
        runs=runs,
    )
    if as_json:
        print_json({**asdict(done), "table": str(done.table)})
        return
    skipped = f", {done.skipped} rows skipped" if done.skipped else ""
    print(
        f"{done.table}: {done.new} new compositions, {done.again} rows of known ones{skipped}\n"
        f"Next search, warm:\n  {done.command}"
    )
