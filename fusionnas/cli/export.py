"""`fusionnas export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fusionnas.cli.options import RunsOption


def export(
    study: Annotated[str, typer.Argument(help="A study by name or path.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the bundle.")],
    trial: Annotated[str, typer.Option(help="best, or the number of a trial.")] = "best",
    runs: RunsOption = Path("runs"),
) -> None:
    """Write a network of a study as a bundle: a folder that predicts by itself."""
    from fusionnas.export import export as run

    print(f"bundle  {run(study, output, trial, runs)}")
