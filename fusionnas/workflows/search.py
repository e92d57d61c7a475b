"""A whole run, wired: data, references, search, tracking, bundle, report.

`search` is the project's public face, in Python and on the command line.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from optuna.exceptions import StorageInternalError

from fusionnas.data.folds import AUTO, search_folds
from fusionnas.errors import OptionError, SearchFailed, SearchStopped, StorageError
from fusionnas.files.causes import cause_of
from fusionnas.models.bundle import load_bundle
from fusionnas.networks.network_file import WEIGHTS
from fusionnas.search_space.space_file import load_space
from fusionnas.searching.checkpoint import read_looks
from fusionnas.searching.evaluation import Setting, make_work
from fusionnas.searching.finals import Finals
from fusionnas.searching.given_band import BandSource
from fusionnas.searching.limits import Limits
from fusionnas.searching.objectives import DEFAULT, parse_objectives
from fusionnas.searching.outlook import Outlook
from fusionnas.searching.quality import GOOD, find_quality
from fusionnas.searching.queue import SearchQueue
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.result_file import read_result
from fusionnas.searching.rungs import OFF, Look, Rungs
from fusionnas.searching.samplers import check_sampler
from fusionnas.searching.selection import front, recommended
from fusionnas.searching.storage import trouble_with
from fusionnas.searching.study import ArchitectureStudy
from fusionnas.searching.time_plan import TimePlan
from fusionnas.searching.trial_result import OPEN, TrialState
from fusionnas.studies.folder import RUNS, StudyFolder
from fusionnas.studies.name import check_new_name
from fusionnas.studies.summary import choose, look_at_test_part
from fusionnas.tracking import Tracker
from fusionnas.tracking.choose import choose_tracker
from fusionnas.workflows.conclusion import conclude, draw
from fusionnas.workflows.joined import join, joined_facts
from fusionnas.workflows.predictor_folder import write_predictor
from fusionnas.workflows.preparation import Ingredients, open_folder
from fusionnas.workflows.study_result import StudyResult
from fusionnas.workflows.verification import verify_predictor
from fusionnas.workflows.watching import Display, Recorder, SilentDisplay

if TYPE_CHECKING:
    import pandas as pd

    from fusionnas.data.dataset import Dataset
    from fusionnas.searching.workers import Workers

RANDOM_PROPOSALS = 12  # tagged, for the verdict on the band
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
    sampler: str = "tpe",
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
    track: bool = True,
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
        sampler: tpe (follows MAE alone), motpe (all objectives), nsga2, nsga3, random, or guided
            (changes networks of the front by their guidance; `fusionnas.searching.guide`).
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
        track: False keeps no MLflow record.
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
            aim, folds, precision,
            formula_column=formula_column, target_column=target_column, unit=unit, split=split,
            merge=merge, skip_bad_rows=skip_bad_rows,
        )  # fmt: skip
    for note in ingredients.notes:
        display.say(note)
    # imported here: only a search needs Ray
    from fusionnas.searching.ray.tune import plan_workers

    plan = plan_workers(workers, gpus_per_trial, ray_address)
    folder = open_folder(ingredients, runs, name, resume, storage)
    ingredients = ingredients.in_unit_of(folder)
    with folder.locked():
        tracker = choose_tracker(track, tracking_uri, runs, _write_model)
        try:
            complete = _run(
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


def _run(
    folder: StudyFolder,
    ingredients: Ingredients,
    storage: str | None,
    tracker: Tracker,
    display: Display,
    plan: Workers,
    trials: int | None,
    time_budget: float | None,
    keep_weights: str,
) -> bool:
    """The search itself and its conclusion; False where an interrupt ended it early."""
    from fusionnas.searching.ray.tune import run_jobs

    seed, dataset = ingredients.seed, ingredients.dataset
    tracker.study_started(folder.facts)
    carried, words = ingredients.carried(folder)
    for sentence in words:
        display.say(sentence)
    study = ArchitectureStudy(
        folder.open_study(storage, create=True), ingredients.space, seed, ingredients.sampler,
        ingredients.warm_starts(), RANDOM_PROPOSALS,
        carried=carried, objectives=ingredients.objectives,
        misfit=lambda network: ingredients.limits.misfit(network, ingredients.vectors),
    )  # fmt: skip
    finished = study.resume(
        lambda number: read_result(folder.trial(number)),
        lambda number: bool(ingredients.rung_epochs and read_looks(folder.trial(number))),
    )
    bands = ingredients.band_source()
    bands.restore(folder.references())
    recorder = Recorder(display, tracker, study, folder)
    remaining = None if time_budget is None else max(0.0, time_budget - study.active_seconds)
    times = TimePlan(remaining, finals=ingredients.quality.final is not None)
    finals = Finals(
        folder.path, ingredients.quality, ingredients.recipe.epochs, seed, ingredients.folds
    )
    queue = SearchQueue(
        study, bands, folder.path, trials, times, recorder, recorder.told,
        ingredients.limits.latency_bound(ingredients.objectives),
        _rungs(ingredients, bands, study, folder, finished),
        finals,
    )  # fmt: skip
    for number in finished:
        result = read_result(folder.trial(number))
        assert result is not None
        queue.tell_finished(number, result)
    recorder.log_earlier()
    setting = Setting(
        folder.path.absolute(), dataset, ingredients.vectors, ingredients.recipe,
        ingredients.probe, seed, ingredients.rung_epochs, ingredients.folds,
    )  # fmt: skip
    if bands.opening:
        display.say(bands.opening)
    outlook = Outlook(
        trials, times, bands.due, finals.due, ingredients.recipe.epochs,
        max(1, search_folds(ingredients.folds)), max(1, ingredients.folds), finals.length,
        plan.count, dataset.unit,
    )  # fmt: skip
    display.begin(study.records(), outlook)
    try:
        complete = run_jobs(queue, make_work, setting, plan, display.say)
    finally:
        display.end()
        recorder.note_time()
    records = study.records()
    _check_fruitful(records, queue, folder, complete)
    with display.phase("Summing up"):
        chosen, _ = choose(folder, records)
        course = recorder.efficiency(plan.count) | {"exhausted": queue.exhausted}
        joined = join(folder, dataset)
        found = None
        if joined is not None:
            found = joined.predictor.mixture(dataset.table.take(dataset.parts.test))
        tested = look_at_test_part(folder, dataset, chosen, bands.yardstick(), found)
        told, calibrated = None, None
        if joined is not None and found is not None:
            told, calibrated = joined_facts(joined, folder, dataset, found)
        summary = conclude(folder, bands, records, tested, course, told)
        shutil.rmtree(folder.predictor, ignore_errors=True)
        if joined is not None:
            write_predictor(joined, folder, dataset, summary, calibrated)
            verify_predictor(folder.predictor, folder)
    with display.phase("Drawing the report"):
        report = draw(folder)
        if keep_weights == "front":
            _drop_weights(folder, records, chosen)
        tracker.study_ended(summary, report, folder.best)
    return complete


def _rungs(
    ingredients: Ingredients,
    bands: BandSource,
    study: ArchitectureStudy,
    folder: StudyFolder,
    finished: Sequence[int],
) -> Rungs | None:
    """Who goes on from a rung, with all that earlier parts of the study left there.

    `finished` trials have a complete result and are yet to be told: they wait for nothing.
    """
    if not ingredients.rung_epochs:
        return None
    rungs = Rungs(ingredients.rung_epochs, ingredients.rungs, bands.band_at)
    for trial in study.in_order_of_ending():
        looks = read_looks(folder.trial(trial.number))
        for rung, plain in enumerate(looks):
            look = Look.of(trial.number, rung, plain)
            last = rung == len(looks) - 1
            waits = last and trial.state in OPEN and trial.number not in finished
            rungs.take(look, waits)
            if waits:
                study.pause(look.number, rung, look.mae)
        if trial.state == TrialState.DONE and trial.counts:
            result = read_result(folder.trial(trial.number))
            rungs.pass_by(trial.number, result.get("rungs", ()) if result else ())
            rungs.finished(trial.number, trial.values[0])
    return rungs


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


def _drop_weights(folder: StudyFolder, records: Sequence[TrialRecord], chosen: TrialRecord) -> None:
    """Delete the weights of all networks but those on the front and the recommended one."""
    kept = {r.number for r in (*front(records), chosen)}
    for record in records:
        if record.number not in kept:
            (folder.trial(record.number) / WEIGHTS).unlink(missing_ok=True)


def _check_fruitful(
    records: Sequence[TrialRecord], queue: SearchQueue, folder: StudyFolder, complete: bool
) -> None:
    """Raise SearchFailed where no network can be recommended, SearchStopped after an interrupt."""
    if recommended(records) is not None:
        return
    if not complete:
        raise SearchStopped(
            "The search was stopped before it had found a network. Go on with it by the same "
            f"command and {folder.resuming}."
        )
    reasons = [r.reason for r in records if r.reason]
    if queue.hopeless:
        failures = [r.reason for r in records if r.state == TrialState.FAILED]
        why = f"the first {queue.failures} trials failed, such as: {failures[0]}"
    elif queue.successes:
        why = "every finished network collapsed (skill below 0.02): it is no better than the median"
    elif reasons:
        why = f"no trial was finished; {reasons[0]}"
    else:
        why = "its time was over before the first trial was finished; give it more --time-budget"
    raise SearchFailed(f"The search found no network: {why}.")


def _write_model(bundle: Path, out: Path) -> None:
    """Write a bundle as an MLflow model; the tracker calls it in its own thread."""
    from fusionnas.models.formats.mlflow_model import write_model

    write_model(bundle, load_bundle(bundle), out)
