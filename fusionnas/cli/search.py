"""`fusionnas search`."""

from __future__ import annotations

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
    PrecisionOption,
    QuietOption,
    RecipeOption,
    RunsOption,
    SeedOption,
    SkipOption,
    SplitOption,
    TargetColumn,
    UnitOption,
)
from fusionnas.errors import OptionError
from fusionnas.tracking.trackers import TRACKERS

# groups of options in `--help`
_AIM, _COURSE, _MACHINE = "What to look for", "How to search", "Machines and records"


def search(
    space: Annotated[
        str, typer.Option(help="Search space: a name or a YAML file.", show_default=True)
    ] = "default",
    data: DataOption = None,
    trials: Annotated[
        int | None, typer.Option(help="Architectures to evaluate in all (default 24).")
    ] = None,
    time_budget: Annotated[
        str | None, typer.Option(help="Time for all of it, report included: 90s, 30m, 2h.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the study; its folder in runs.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on with a study that was stopped.")] = False,
    seed: SeedOption = 0,
    objectives: Annotated[
        str,
        typer.Option(
            help="What is minimised: val_mae, then any of cecv_deviation, cecv_excess, parameters, "
            "latency_ms.",
            rich_help_panel=_AIM,
        ),
    ] = "val_mae,cecv_deviation",
    max_parameters: Annotated[
        int | None,
        typer.Option(help="Networks with more are not trained.", rich_help_panel=_AIM),
    ] = None,
    max_latency: Annotated[
        float | None,
        typer.Option(
            help="Milliseconds for 256 ternary compounds on one CPU thread; slower networks are "
            "not trained.",
            rich_help_panel=_AIM,
        ),
    ] = None,
    probe: Annotated[
        str | None,
        typer.Option(
            help="Compounds for the CECV: elements (Si,Ge), random:N, all, list, a CSV.",
            rich_help_panel=_AIM,
        ),
    ] = None,
    band: Annotated[
        str,
        typer.Option(
            help="Target band: reference (networks are trained for it), or a band.json, such as "
            "another study's.",
            rich_help_panel=_AIM,
        ),
    ] = "reference",
    sampler: Annotated[
        str,
        typer.Option(
            help="adaptive (several proposers, each asked as often as it pays), tpe (follows MAE), "
            "motpe (all objectives), nsga2, nsga3, random, or guided (changes by CECV alone).",
            rich_help_panel=_COURSE,
        ),
    ] = "adaptive",
    verdict: Annotated[
        bool,
        typer.Option(
            "--verdict",
            help="Begin with the twelve random networks that the verdict on the band needs.",
            rich_help_panel=_COURSE,
        ),
    ] = False,
    warm_start: Annotated[
        list[str] | None,
        typer.Option(
            help="A study to begin with; may be given again. Its trials are taken over where data, "
            "recipe and probe are the same, else its front is trained again.",
            rich_help_panel=_COURSE,
        ),
    ] = None,
    rungs: Annotated[
        str,
        typer.Option(
            help="off, or who goes on after a ninth and a third of the epochs: the best third by "
            "mae, nondominated (MAE and CECV) or early (early predictor).",
            rich_help_panel=_COURSE,
        ),
    ] = "off",
    quality: Annotated[
        str,
        typer.Option(
            help="fast (one network), good (the best networks again, longer and from several "
            "seeds, and the yardsticks: together the predictor) or best (more of it, an hour).",
            rich_help_panel=_COURSE,
        ),
    ] = "good",
    folds: Annotated[
        str,
        typer.Option(
            help="auto (5 for tables of fewer than 5,000 rows), off, or how many: every network is "
            "trained so many times and judged by all rows that are not in the test part.",
            rich_help_panel=_COURSE,
        ),
    ] = "auto",
    epochs: EpochsOption = None,
    recipe: RecipeOption = "default",
    precision: PrecisionOption = None,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Trainings at a time (default: one a core, or one a GPU).",
            rich_help_panel=_MACHINE,
        ),
    ] = None,
    gpus_per_trial: Annotated[
        float | None,
        typer.Option(help="Share of a GPU, and of its memory, a trial.", rich_help_panel=_MACHINE),
    ] = None,
    ray_address: Annotated[
        str | None,
        typer.Option(
            help="A running Ray cluster: HOST:PORT, or auto for the one on this machine.",
            rich_help_panel=_MACHINE,
        ),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            help="Keep the study in a database: postgresql://USER@HOST/DATABASE, its password in "
            "PGPASSWORD or ~/.pgpass (default: study.db in its folder).",
            rich_help_panel=_MACHINE,
        ),
    ] = None,
    track: Annotated[
        str,
        typer.Option(
            help="Who keeps a record beside the study folder: "
            + ", ".join(f"{row.name} ({row.about})" for row in TRACKERS.values())
            + ".",
            rich_help_panel=_MACHINE,
        ),
    ] = "mlflow",
    tracking_uri: Annotated[
        str | None,
        typer.Option(
            help="MLflow server or database (default runs/mlflow.db).", rich_help_panel=_MACHINE
        ),
    ] = None,
    keep_weights: Annotated[
        str, typer.Option(help="Whose weights to keep: all or front.", rich_help_panel=_MACHINE)
    ] = "all",
    formula_column: FormulaColumn = None,
    target_column: TargetColumn = None,
    unit: UnitOption = None,
    split: SplitOption = "random",
    merge: MergeOption = "median",
    skip_bad_rows: SkipOption = False,
    runs: RunsOption = Path("runs"),
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Search for the best network: train candidates in parallel, guided by MAE and CECV.

    Without --data it searches on built-in data, the p-type Seebeck coefficients of 34,546
    compositions. Ctrl-C stops it cleanly; --resume goes on.
    """
    seconds = _seconds(time_budget) if time_budget is not None else None
    from fusionnas.terminal.console import plain_console
    from fusionnas.terminal.output import print_json
    from fusionnas.terminal.search import print_summary
    from fusionnas.terminal.search_progress import ConsoleDisplay
    from fusionnas.workflows.search import search as run

    result = run(
        space, data, trials=trials, time_budget=seconds, name=name, resume=resume, seed=seed,
        objectives=objectives, max_parameters=max_parameters, max_latency=max_latency,
        probe=probe, band=band, sampler=sampler, verdict=verdict, warm_start=warm_start or (),
        rungs=rungs, quality=quality, folds=folds, epochs=epochs, recipe=recipe,
        precision=precision,
        workers=workers, gpus_per_trial=gpus_per_trial, ray_address=ray_address, storage=storage,
        track=track, tracking_uri=tracking_uri, keep_weights=keep_weights,
        formula_column=formula_column, target_column=target_column, unit=unit, split=split,
        merge=merge, skip_bad_rows=skip_bad_rows, runs=runs,
        display=ConsoleDisplay(quiet),
    )  # fmt: skip
    if as_json:
        print_json(result.summary)
    else:
        print_summary(plain_console(), result.summary, str(result.folder.path))
    if result.interrupted:
        print(f"\nStopped early. Go on: add {result.folder.resuming}", file=sys.stderr)
        raise typer.Exit(130)


def _seconds(text: str) -> float:
    """90s, 30m, 2h or plain seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    if match is None:
        raise OptionError(f"--time-budget must look like 90s, 30m or 2h, but got '{text}'.")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]
