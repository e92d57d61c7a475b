"""A whole run, wired: data, references, search, tracking, bundle, report.

`search` is the project's public face, in Python and on the command line.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from optuna.exceptions import StorageInternalError

from fusionnas.data.folds import AUTO
from fusionnas.errors import OptionError, StorageError
from fusionnas.files.causes import cause_of
from fusionnas.models.bundle import load_bundle
from fusionnas.search_space.space_file import load_space
from fusionnas.searching.limits import Limits
from fusionnas.searching.objectives import DEFAULT, parse_objectives
from fusionnas.searching.quality import GOOD, find_quality
from fusionnas.searching.rungs import OFF
from fusionnas.searching.samplers import ADAPTIVE, check_sampler
from fusionnas.searching.storage import trouble_with
from fusionnas.studies.folder import RUNS, StudyFolder
from fusionnas.studies.name import check_new_name
from fusionnas.tracking.trackers import Record, find_tracker
from fusionnas.workflows.driver import run
from fusionnas.workflows.preparation import Ingredients, open_folder
from fusionnas.workflows.study_result import StudyResult
from fusionnas.workflows.watching import Display, SilentDisplay

if TYPE_CHECKING:
    import pandas as pd

    from fusionnas.data.dataset import Dataset

DEFAULT_TRIALS = 24


def search(
    space: str = "default",
    data: str | Path | pd.DataFrame | Dataset | None = None,
    *,
    trials: int | None = None,
    time_budget: float | None = None,
    name: str | None = None,
    resume: bool = False,
    seed: int = 0,
    sampler: str = ADAPTIVE,
    verdict: bool = False,
    objectives: str | Sequence[str] = DEFAULT,
    max_parameters: int | None = None,
    max_latency: float | None = None,
    warm_start: Sequence[str | Path] = (),
    rungs: str = OFF,
    quality: str = GOOD,
    folds: str | int = AUTO,
    epochs: int | None = None,
    recipe: str = "default",
    precision: str | None = None,
    probe: str | None = None,
    band: str | Path = "reference",
    workers: int | None = None,
    gpus_per_trial: float | None = None,
    ray_address: str | None = None,
    storage: str | None = None,
    tracking_uri: str | None = None,
    track: bool | str = True,
    keep_weights: str = "all",
    formula_column: str | None = None,
    target_column: str | None = None,
    unit: str | None = None,
    split: str = "random",
    merge: str = "median",
    skip_bad_rows: bool = False,
    runs: str | Path = RUNS,
    display: Display | None = None,
) -> StudyResult:
    """Search for the network that predicts a property best.

    Args:
        space: name of a shipped search space, or a YAML file.
        data: see `fusionnas.data.sources.load_dataset`; None is the built-in data. A study of a
            DataFrame or a Dataset is resumed with the same one.
        trials: architectures to evaluate, in all parts of a resumed study together; 24 where
            neither this nor a time is given.
        time_budget: seconds for the whole run: trials, final training and report.
        name: of the study; its folder is `runs/name`.
        resume: go on with a study; without a name, with the newest of this space and data.
        seed: master seed.
        sampler: adaptive (several proposers, each asked as often as it pays;
            `fusionnas.searching.adaptive`), tpe (follows MAE alone), motpe (all objectives), nsga2,
            nsga3, random, or guided (changes networks of the front by their guidance;
            `fusionnas.searching.guide`).
        verdict: begin with the twelve random networks that the verdict on the band needs, where
            the adaptive sampler begins with four.
        objectives: what is minimised: val_mae, then any of cecv_deviation, cecv_excess, parameters
            and latency_ms.
        max_parameters: trainable parameters above which a network is not trained.
        max_latency: milliseconds above which a network is not trained; see
            `fusionnas.searching.limits` for how they are measured.
        warm_start: studies to begin with, by name or path; see `fusionnas.workflows.warm_start`.
        rungs: off trains every network to its end; mae, nondominated and early are rules by which
            the best third goes on after a ninth and a third of the epochs; see
            `fusionnas.searching.rungs`.
        quality: fast leaves one network; good trains the best networks again and joins them to a
            predictor; best does more of it, for an hour where nothing is said; see
            `fusionnas.searching.quality`.
        folds: auto trains each network of a small table on folds of it; a number is how many, off
            uses the validation part; see `fusionnas.data.folds`.
        epochs: of each trial; where it is None the recipe's own, more for small data.
        recipe: default, paper, or a YAML file; see `fusionnas.training.recipe_file`.
        precision: auto, fp32 or bf16 (`fusionnas.training.precision`); None is the recipe's.
        probe: see `fusionnas.cecv.probe.choose_probe`.
        band: reference trains reference networks and makes the target band of them; a file is a
            band.json, such as another study's, and nothing is trained for it.
        workers: trainings at a time; one a core, or one a GPU, where it is None. On a cluster the
            most, and what its nodes have room for where it is None.
        gpus_per_trial: share of a GPU for each training.
        ray_address: of a running Ray cluster; all its nodes must see `runs` under the same path.
        storage: URL of a database for the study; study.db in its folder where it is None. A
            password in it is not recorded.
        tracking_uri: of MLflow; a database under `runs` where it is None.
        track: a tracker by its name, mlflow or none (`fusionnas.tracking.trackers`); True is
            mlflow, False is none.
        keep_weights: all, or front.
        formula_column, target_column, unit, split, merge, skip_bad_rows: see `load_dataset`.
        runs: folder of all studies.
        display: shows progress; None shows nothing.

    Raises:
        InputError: what is wrong with an option, the data, the space or the study.
        SearchFailed: not one trial was finished. SearchStopped: nor was one when Ctrl-C came.
        RunError: Ray failed, or the study could no longer be written.
    """
    _check_options(trials, time_budget, workers, gpus_per_trial, keep_weights)
    check_sampler(sampler)
    kept_by = find_tracker(track, tracking_uri)
    aim = find_quality(quality)
    begun = time.monotonic()
    chosen, limits = parse_objectives(objectives), Limits(max_parameters, max_latency)
    runs, display = Path(runs), display or SilentDisplay()
    if name is not None:  # before the data are read, which can take minutes
        StudyFolder.find(name, runs) if resume else check_new_name(name, runs)
    if time_budget is None:
        time_budget = aim.seconds
    if trials is None and time_budget is None:
        trials = DEFAULT_TRIALS
    with display.phase("Reading the data"):
        ingredients = Ingredients.read(
            load_space(space), recipe, epochs, data, probe, band, seed, sampler,
            chosen, limits, [StudyFolder.find(study, runs) for study in warm_start], rungs,
            aim, folds, precision, verdict,
            formula_column=formula_column, target_column=target_column, unit=unit, split=split,
            merge=merge, skip_bad_rows=skip_bad_rows,
        )  # fmt: skip
    for note in ingredients.notes:
        display.say(note)
    # imported here: only a search needs Ray
    from fusionnas.searching.ray.cluster import plan_workers

    plan = plan_workers(workers, gpus_per_trial, ray_address)
    folder = open_folder(ingredients, runs, name, resume, storage)
    ingredients = ingredients.in_unit_of(folder)
    with folder.locked():
        tracker = kept_by.open(Record(runs, tracking_uri, _write_model))
        try:
            complete = run(
                folder, ingredients, storage, tracker, display, plan, trials,
                None if time_budget is None else time_budget - (time.monotonic() - begun),
                keep_weights,
            )  # fmt: skip
        except Exception as e:
            failure = explained(e, folder)
            tracker.study_stopped(str(failure))
            tracker.close()
            if failure is e:
                raise
            raise failure from e
        with display.phase("Writing the last records"):
            problem = tracker.close()
        if problem:
            display.say(problem)
    return StudyResult(folder, folder.summary(), interrupted=not complete)


def explained(error: Exception, folder: StudyFolder) -> Exception:
    """The error itself, or for one of a disk or a database what a user has to know."""
    if isinstance(error, StorageInternalError):
        why = trouble_with(error, folder.path)
    elif isinstance(error, OSError):
        why = cause_of(error)
    elif isinstance(error, StorageError):
        why = str(error)
    else:
        return error
    return StorageError(
        f"The search stopped: {why} Nothing that was finished is lost. Go on with it by the same "
        f"command and {folder.resuming}."
    )


def _check_options(
    trials: int | None,
    time_budget: float | None,
    workers: int | None,
    gpus_per_trial: float | None,
    keep_weights: str,
) -> None:
    """Raise OptionError where a number or a word is not offered."""
    if keep_weights not in ("all", "front"):
        raise OptionError(f"--keep-weights must be all or front, but got '{keep_weights}'.")
    for option, value in (("trials", trials), ("time-budget", time_budget), ("workers", workers)):
        if value is not None and value <= 0:
            raise OptionError(f"--{option} must be positive, but got {value}.")
    if gpus_per_trial is not None and gpus_per_trial < 0:
        raise OptionError(f"--gpus-per-trial must not be negative, but got {gpus_per_trial}.")


def _write_model(bundle: Path, out: Path) -> None:
    """Write a bundle as an MLflow model; the tracker calls it in its own thread."""
    from fusionnas.models.formats.mlflow_model import write_model

    write_model(bundle, load_bundle(bundle), out)
