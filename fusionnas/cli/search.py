"""`fusionnas search`."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from fusionnas.cli.options import (
    DataOption,
    EpochsOption,
    FormulaColumn,
    JsonOption,
    MergeOption,
    QuietOption,
    RecipeOption,
    RunsOption,
    SeedOption,
    SplitOption,
    TargetColumn,
    UnitOption,
)
from fusionnas.errors import OptionError


def search(
    space: Annotated[
        str, typer.Option(help="Search space: a name or a YAML file.", show_default=True)
    ] = "default",
    data: DataOption = None,
    trials: Annotated[
        int | None, typer.Option(help="Architectures to evaluate in all (default 24).")
    ] = None,
    time_budget: Annotated[
        str | None, typer.Option(help="Stop proposing after this time: 90s, 30m, 2h.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the study; its folder in runs.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on with a study that was stopped.")] = False,
    seed: SeedOption = 0,
    sampler: Annotated[
        str, typer.Option(help="tpe (follows MAE), motpe (MAE and CECV), nsga2, nsga3 or random.")
    ] = "tpe",
    epochs: EpochsOption = None,
    recipe: RecipeOption = "default",
    probe: Annotated[
        str | None,
        typer.Option(help="Compounds for the CECV: elements (Si,Ge), random:N, all, list, a CSV."),
    ] = None,
    band: Annotated[
        str,
        typer.Option(
            help="Target band: reference (networks are trained for it), or a band.json, such as "
            "another study's."
        ),
    ] = "reference",
    workers: Annotated[
        int | None, typer.Option(help="Trainings at a time (default: one a core, or one a GPU).")
    ] = None,
    gpus_per_trial: Annotated[
        float | None, typer.Option(help="Share of a GPU, and of its memory, a trial.")
    ] = None,
    ray_address: Annotated[
        str | None,
        typer.Option(help="A running Ray cluster: HOST:PORT, or auto for the one on this machine."),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            help="Keep the study in a database: postgresql://USER@HOST/DATABASE, its password in "
            "PGPASSWORD or ~/.pgpass (default: study.db in its folder)."
        ),
    ] = None,
    tracking_uri: Annotated[
        str | None, typer.Option(help="MLflow server or database (default runs/mlflow.db).")
    ] = None,
    keep_weights: Annotated[str, typer.Option(help="Whose weights to keep: all or front.")] = "all",
    formula_column: FormulaColumn = None,
    target_column: TargetColumn = None,
    unit: UnitOption = None,
    split: SplitOption = "random",
    merge: MergeOption = "median",
    runs: RunsOption = Path("runs"),
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Search for the best network: train candidates in parallel, guided by MAE and CECV.

    Without --data it searches on built-in data, the p-type Seebeck coefficients of 34,546
    compositions. Ctrl-C stops it cleanly; --resume goes on.
    """
    seconds = _seconds(time_budget) if time_budget is not None else None
    from rich.console import Console

    from fusionnas.console import ConsoleDisplay, print_summary
    from fusionnas.experiment import search as run

    result = run(
        space, data, trials=trials, time_budget=seconds, name=name, resume=resume, seed=seed,
        sampler=sampler, epochs=epochs, recipe=recipe, probe=probe, band=band, workers=workers,
        gpus_per_trial=gpus_per_trial, ray_address=ray_address, storage=storage,
        tracking_uri=tracking_uri, keep_weights=keep_weights, formula_column=formula_column,
        target_column=target_column, unit=unit, split=split, merge=merge, runs=runs,
        display=ConsoleDisplay(quiet),
    )  # fmt: skip
    if as_json:
        print(json.dumps(result.summary, indent=2, ensure_ascii=False))
    else:
        print_summary(Console(highlight=False), result.summary, str(result.folder.path))
    if result.interrupted:
        print(f"\nStopped early. Go on: add --name {result.folder.name} --resume", file=sys.stderr)
        raise typer.Exit(130)


def _seconds(text: str) -> float:
    """90s, 30m, 2h or plain seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    if match is None:
        raise OptionError(f"--time-budget must look like 90s, 30m or 2h, but got '{text}'.")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]
