"""`fusionnas search`."""

from __future__ import annotations

import inspect
import re
import sys
from dataclasses import fields
from typing import Annotated, Any

import typer

from fusionnas.cli.numbers import check_number
from fusionnas.cli.options import (
    DataOption,
    EpochsOption,
    ErrorColumn,
    FormulaColumn,
    InputColumns,
    JsonOption,
    MergeOption,
    PrecisionOption,
    QuietOption,
    RecipeOption,
    RunsOption,
    SeedOption,
    SkipOption,
    SplitOption,
    TargetColumns,
    TaskOption,
    UnitOption,
    WeightColumn,
)
from fusionnas.errors import OptionError
from fusionnas.searching import samplers
from fusionnas.tracking.trackers import TRACKERS
from fusionnas.workflows.search_options import Aim, Course, Machines, SearchOptions

# what each option is on a command line, and what `--help` says of it
_SHOWN: dict[str, Any] = {
    "space": (str, "Search space: a name or a YAML file."),
    "data": DataOption,
    "trials": (int | None, "Architectures to evaluate in all (default 24)."),
    "time_budget": (str | None, "Time for all of it, report included: 90s, 30m, 2h."),
    "name": (str | None, "Name of the study; its folder in runs."),
    "resume": (bool, "Go on with a study that was stopped."),
    "seed": SeedOption,
    "objectives": (
        str | None,
        "What is minimised: val_mae (for classes val_log_loss), then any of cecv_deviation, "
        "cecv_excess, parameters, latency_ms (default: the first two).",
    ),
    "max_parameters": (int | None, "Networks with more are not trained."),
    "max_latency": (
        float | None,
        "Milliseconds for 256 ternary compounds on one CPU thread; slower networks are not "
        "trained.",
    ),
    "probe": (str | None, "Compounds for the CECV: elements (Si,Ge), random:N, all, list, a CSV."),
    "band": (
        str,
        "Target band: reference (networks are trained for it), or a band.json, such as "
        "another study's.",
    ),
    "sampler": (str, samplers.listing()),
    "verdict": Annotated[
        bool,
        typer.Option(
            "--verdict",
            help="Begin with the twelve random networks that the verdict on the band needs.",
            rich_help_panel=Course.title,
        ),
    ],
    "warm_start": (
        list[str] | None,
        "A study to begin with; may be given again. Its trials are taken over where data, "
        "recipe and probe are the same, else its front is trained again.",
    ),
    "rungs": (
        str,
        "off, or who goes on after a ninth and a third of the epochs: the best third by mae, "
        "nondominated (MAE and CECV) or early (early predictor).",
    ),
    "quality": (
        str,
        "fast (one network), good (the best networks again, longer and from several seeds, "
        "and the yardsticks: together the predictor) or best (more of it, an hour).",
    ),
    "folds": (
        str,
        "auto (5 for tables of fewer than 5,000 rows), off, or how many: every network is "
        "trained so many times and judged by all rows that are not in the test part.",
    ),
    "epochs": EpochsOption,
    "recipe": RecipeOption,
    "precision": PrecisionOption,
    "workers": (int | None, "Trainings at a time (default: one a core, or one a GPU)."),
    "gpus_per_trial": (float | None, "Share of a GPU, and of its memory, a trial."),
    "ray_address": (
        str | None,
        "A running Ray cluster: HOST:PORT, or auto for the one on this machine.",
    ),
    "storage": (
        str | None,
        "Keep the study in a database: postgresql://USER@HOST/DATABASE, its password in "
        "PGPASSWORD or ~/.pgpass (default: study.db in its folder).",
    ),
    "track": (
        str,
        "Who keeps a record beside the study folder: "
        + ", ".join(f"{row.name} ({row.about})" for row in TRACKERS.values())
        + ".",
    ),
    "tracking_uri": (str | None, "MLflow server or database (default runs/mlflow.db)."),
    "keep_weights": (str, "Whose weights to keep: all or front."),
    "formula_column": FormulaColumn,
    "target_column": TargetColumns,
    "unit": UnitOption,
    "task": TaskOption,
    "input_columns": InputColumns,
    "split": SplitOption,
    "merge": MergeOption,
    "weight_column": WeightColumn,
    "error_column": ErrorColumn,
    "skip_bad_rows": SkipOption,
    "runs": RunsOption,
}


def search(quiet: QuietOption = False, as_json: JsonOption = False, **given: Any) -> None:
    """Search for the best network: train candidates in parallel, guided by MAE and CECV.

    Without --data it searches on built-in data, the p-type Seebeck coefficients of 34,546
    compositions. Ctrl-C stops it cleanly; --resume goes on.
    """
    if given["time_budget"] is not None:
        given["time_budget"] = _seconds(given["time_budget"])
    from fusionnas.terminal.console import plain_console
    from fusionnas.terminal.output import print_json
    from fusionnas.terminal.search import print_summary
    from fusionnas.terminal.search_progress import ConsoleDisplay
    from fusionnas.workflows.search import run_search

    result = run_search(SearchOptions(**given), ConsoleDisplay(quiet))
    if as_json:
        print_json(result.summary)
    else:
        print_summary(plain_console(), result.summary, str(result.folder.path))
    if result.interrupted:
        print(f"\nStopped early. Go on: add {result.folder.resuming}", file=sys.stderr)
        raise typer.Exit(130)


def _parameters() -> list[inspect.Parameter]:
    """The options of a search as Typer reads them: from their names, defaults and groups."""
    panels = {
        field.name: group.title for group in (Aim, Course, Machines) for field in fields(group)
    }
    defaults = {field.name: field.default for field in fields(SearchOptions)}
    parameters = []
    for name, shown in _SHOWN.items():
        if isinstance(shown, tuple):
            typed, words = shown
            option = typer.Option(help=words, rich_help_panel=panels.get(name))
            shown = Annotated[typed, option]
        parameters.append(
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=defaults[name], annotation=shown
            )
        )
    return parameters


# Typer makes an option of each parameter; those of a search stand before those of its output
search.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [
        *_parameters(),
        *(
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for parameter in inspect.signature(search, eval_str=True).parameters.values()
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        ),
    ]
)


def _seconds(text: str) -> float:
    """90s, 30m, 2h or plain seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    if match is None:
        raise OptionError(f"--time-budget must look like 90s, 30m or 2h, but got '{text}'.")
    seconds = float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]
    check_number("--time-budget", seconds)
    return seconds
