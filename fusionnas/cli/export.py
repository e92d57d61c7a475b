"""`fusionnas export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fusionnas.cli.options import RunsOption
from fusionnas.errors import OptionError


def export(
    study: Annotated[str, typer.Argument(help="A study by name or path.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write.")],
    trial: Annotated[
        str,
        typer.Option(
            help="best (the recommended one), knee (of the Pareto front), or the number of a "
            "finished trial."
        ),
    ] = "best",
    ensemble: Annotated[
        int | None,
        typer.Option(help="The so many best trials instead, as one folder that predicts."),
    ] = None,
    format: Annotated[
        str,
        typer.Option(
            help="bundle (for fusionnas itself), onnx (onnxruntime and others), torch (a "
            "torch.export program, .pt2), or mlflow (a pyfunc model)."
        ),
    ] = "bundle",
    runs: RunsOption = Path("runs"),
) -> None:
    """Write a network of a study as a folder that predicts by itself.

    What was written is loaded in a process of its own, where it must predict what the study
    recorded; a model in another format must also agree with the network for 1 to 10 elements.

    With --ensemble 5, the five networks with the lowest validation MAE predict together: their
    mean, and how far they disagree.
    """
    if ensemble is not None:
        if trial != "best" or format != "bundle":
            raise OptionError(
                "--ensemble takes the best trials and writes bundles: leave out --trial and "
                "--format."
            )
        from fusionnas.terminal.predictions import print_ensemble
        from fusionnas.workflows.ensemble_export import export_ensemble

        print_ensemble(export_ensemble(study, output, ensemble, runs), output)
        return
    from fusionnas.workflows.export import export as run

    written = run(study, output, trial, runs, format)
    print(f"trial    {written.trial}, {written.rule}")
    print(f"checked  {written.check}")
    print(f"{'bundle' if format == 'bundle' else 'model':<8} {written.path}")
