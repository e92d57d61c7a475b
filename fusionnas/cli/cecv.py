"""`fusionnas cecv`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from fusionnas.cli.options import (
    DataOption,
    FormulaColumn,
    JsonOption,
    RunsOption,
    SeedOption,
    SkipOption,
    SplitOption,
    TargetColumn,
    refuse_unused,
)
from fusionnas.errors import NO_DATA, OptionError


def cecv(
    context: typer.Context,
    networks: Annotated[
        list[str], typer.Argument(help="Folders of bundles, and studies by name or path.")
    ],
    study: Annotated[
        str | None, typer.Option(help="Whose references and band to show, on the same probe.")
    ] = None,
    data: DataOption = None,
    probe: Annotated[
        str | None,
        typer.Option(help="Elements (Si,Ge), random:N, all, list, a CSV; the study's by default."),
    ] = None,
    probe_split: Annotated[
        str, typer.Option(help="Part of the data that is probed: val or test.")
    ] = "val",
    rule: Annotated[str, typer.Option(help="leader, paper, complete or pairs.")] = "leader",
    tap: Annotated[
        str, typer.Option(help="Where features are read: readout_input, last_block or input.")
    ] = "readout_input",
    standardise: Annotated[
        str,
        typer.Option(
            help="Channels over a compound's elements, over all, or not: within, dataset or none."
        ),
    ] = "within",
    threshold: Annotated[
        float | None, typer.Option(help="Also list the clusters at this threshold.")
    ] = None,
    top: Annotated[int, typer.Option(help="How many clusters to list.")] = 5,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for cecv.csv, cecv.png ...")
    ] = None,
    formula_column: FormulaColumn = None,
    target_column: TargetColumn = None,
    split: SplitOption = "random",
    skip_bad_rows: SkipOption = False,
    seed: SeedOption = 0,
    runs: RunsOption = Path("runs"),
    as_json: JsonOption = False,
) -> None:
    """Show how networks group chemical environments: their CECVs side by side.

    For each threshold it counts into how many clusters the compounds of a probe fall, trained
    and untrained. With --study, the study's reference networks bound the target band, and each
    network is told where it is too local or too global. With --threshold, the largest clusters,
    the lone compounds, and what is merged or split between networks.
    """
    if top < 0:
        raise OptionError(f"--top must not be negative, but got {top}.")
    if threshold is not None and rule == "pairs":
        raise OptionError("--threshold lists clusters, and the rule 'pairs' makes none.")
    if data is None:
        # the split counts: a study may be of built-in data, which are read by their name
        columns = ("formula_column", "target_column", "skip_bad_rows")
        refuse_unused(context, columns, NO_DATA)
    from fusionnas.files.whole_folder import check_open
    from fusionnas.insight.environments import describe
    from fusionnas.terminal.console import working
    from fusionnas.terminal.environments import print_clusters, print_vectors, write_files
    from fusionnas.terminal.output import print_json

    if output is not None:
        check_open(output)
    with working("Loading") as on_step:
        found = describe(
            networks,
            data=data,
            probe=probe,
            probe_split=probe_split,
            rule=rule,
            tap=tap,
            standardise=standardise,
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
        print_json(json.loads(found.table().to_json(orient="records")))
    else:
        print_vectors(found)
        if threshold is not None:
            print_clusters(found, threshold, top)
    if output is not None:
        for path in write_files(found, output, threshold):
            print(path, file=sys.stderr if as_json else sys.stdout)
