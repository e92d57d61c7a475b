"""`fusionnas export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fusionnas.cli.options import RunsOption
from fusionnas.errors import OptionError


def export(
    study: Annotated[str, typer.Argument(help="A study by name or path.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the bundle.")],
    trial: Annotated[str, typer.Option(help="best, or the number of a trial.")] = "best",
    ensemble: Annotated[
        int | None,
        typer.Option(help="The so many best trials instead, as one folder that predicts."),
    ] = None,
    runs: RunsOption = Path("runs"),
) -> None:
    """Write a network of a study as a bundle: a folder that predicts by itself.

    With --ensemble 5, the five networks with the lowest validation MAE predict together: their
    mean, and how far they disagree.
    """
    if ensemble is not None:
        if trial != "best":
            raise OptionError("--ensemble takes the best trials: leave out --trial.")
        from fusionnas.ensemble_export import export_ensemble
        from fusionnas.prediction_console import print_ensemble

        print_ensemble(export_ensemble(study, output, ensemble, runs), output)
        return
    from fusionnas.export import export as run

    print(f"bundle  {run(study, output, trial, runs)}")
