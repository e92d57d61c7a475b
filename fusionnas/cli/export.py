"""`fusionnas export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fusionnas.cli.options import RunsOption


def export(
    study: Annotated[str, typer.Argument(help="A study by name or path.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write.")],
    trial: Annotated[
        str,
        typer.Option(
            help="best (lowest validation MAE), knee (of the Pareto front), or the number of a "
            "finished trial."
        ),
    ] = "best",
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
    """
    from fusionnas.export import export as run

    written = run(study, output, trial, runs, format)
    print(f"trial    {written.trial}, {written.rule}")
    print(f"checked  {written.check}")
    print(f"{'bundle' if format == 'bundle' else 'model':<8} {written.path}")
