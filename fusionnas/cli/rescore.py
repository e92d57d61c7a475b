"""`fusionnas rescore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fusionnas.cli.options import JsonOption, RunsOption


def rescore(
    study: Annotated[str, typer.Argument(help="A finished study by name or path.")],
    band: Annotated[Path, typer.Option(help="A band.json, such as another study's.")],
    name: Annotated[
        str | None, typer.Option(help="Name of the copy (default: STUDY-rescored).")
    ] = None,
    runs: RunsOption = Path("runs"),
    as_json: JsonOption = False,
) -> None:
    """Copy a finished study with the deviations from another target band; nothing is trained.

    Deviation, excess, guidance and the Pareto front are computed again from the stored vectors;
    errors stay as they are, and the study itself is not touched. The band's probe must be the
    study's: `fusionnas rescore mine --band runs/other/band.json`.
    """
    from fusionnas.terminal.console import plain_console
    from fusionnas.terminal.output import print_json
    from fusionnas.terminal.search import print_summary
    from fusionnas.workflows.rescore import rescore as run

    result = run(study, band, name, runs)
    if as_json:
        print_json(result.summary)
    else:
        print_summary(plain_console(), result.summary, str(result.folder.path))
