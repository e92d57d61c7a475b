"""`fusionnas export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fusionnas.cli.options import RunsOption
from fusionnas.errors import OptionError


def export(
    study: Annotated[
        str, typer.Argument(help="A study by name or path; with --format also a bundle's folder.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write.")],
    trial: Annotated[
        str,
        typer.Option(
            help="best (the recommended one), knee (of the Pareto front), or the number of a "
            "finished trial."
        ),
    ] = "best",
    predictor: Annotated[
        bool,
        typer.Option(
            "--predictor", help="The study's predictor instead: an ensemble, as one folder."
        ),
    ] = False,
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
    recorded; a model in another format must also agree with the network, for 1 to 10 elements and
    on the test compounds.

    With --predictor the models that its final training made predict together.
    """
    if predictor:
        if trial != "best":
            raise OptionError("--predictor writes the study's ensemble: leave out --trial.")
        if format != "bundle":
            raise OptionError(
                f"--format {format} holds one network, and --predictor an ensemble of several "
                "models: leave out --predictor for the study's recommended network, or --format."
            )
        from fusionnas.workflows.export import export_predictor

        print(f"checked    {export_predictor(study, output, runs)}")
        print(f"predictor  {output}")
        return
    from fusionnas.workflows.export import export as run

    written = run(study, output, trial, runs, format)
    if written.trial is not None:
        print(f"trial    {written.trial}, {written.rule}")
    print(f"checked  {written.check}")
    print(f"{'bundle' if format == 'bundle' else 'model':<8} {written.path}")
