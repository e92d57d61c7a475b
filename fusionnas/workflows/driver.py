"""The driver of a search: it gives out jobs until none is left, and concludes the study."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch

from fusionnas.data.dataset import Dataset
from fusionnas.data.folds import development_rows, search_folds
from fusionnas.errors import SearchFailed, SearchStopped
from fusionnas.networks.file_names import WEIGHTS
from fusionnas.searching import yardstick_jobs
from fusionnas.searching.checkpoint import read_looks
from fusionnas.searching.design import design_of
from fusionnas.searching.final_training import best_trials
from fusionnas.searching.finals import Finals
from fusionnas.searching.given_band import BandSource
from fusionnas.searching.outlook import Outlook
from fusionnas.searching.queue import SearchQueue
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.result_file import read_result
from fusionnas.searching.rungs import RungReport, Rungs
from fusionnas.searching.selection import front, recommended
from fusionnas.searching.setting import Setting
from fusionnas.searching.study import ArchitectureStudy
from fusionnas.searching.time_plan import TimePlan
from fusionnas.searching.trial_result import OPEN, TrialState
from fusionnas.searching.work import make_work
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.status import duration
from fusionnas.studies.summary import Choice, choose
from fusionnas.studies.tested import look_at_test_part
from fusionnas.tasks.kinds import task_of
from fusionnas.tracking import Tracker
from fusionnas.training.precision import check_hardware
from fusionnas.workflows.conclusion import conclude, draw
from fusionnas.workflows.joined import join, joined_facts
from fusionnas.workflows.predictor_folder import write_predictor
from fusionnas.workflows.preparation import Ingredients
from fusionnas.workflows.recorder import Recorder
from fusionnas.workflows.search_options import SearchOptions
from fusionnas.workflows.unseen_rows import Corrections
from fusionnas.workflows.verification import verify_predictor
from fusionnas.workflows.watching import Display

if TYPE_CHECKING:
    from fusionnas.searching.workers import Workers


def run(
    folder: StudyFolder,
    ingredients: Ingredients,
    options: SearchOptions,
    tracker: Tracker,
    display: Display,
    plan: Workers,
    spent: float,
) -> bool:
    """Run the search and its conclusion; False if an interrupt ended it early.

    `spent` is the number of seconds that the run has taken so far; they count towards its time.
    """
    from fusionnas.searching.ray.tune import run_jobs

    if plan.address is None and not plan.gpus:  # on a cluster each machine checks its own
        check_hardware(torch.device("cpu"), ingredients.recipe.precision)
    seed, dataset, trials = ingredients.seed, ingredients.dataset, options.most_trials
    tracker.study_started(folder.facts)
    carried, words = ingredients.carried(folder)
    for sentence in words:
        display.say(sentence)
    study = ArchitectureStudy(
        folder.open_study(options.storage, create=True),
        ingredients.space,
        seed,
        ingredients.sampler,
        ingredients.warm_starts(),
        design_of(ingredients.sampler, ingredients.verdict),
        carried=carried,
        objectives=ingredients.objectives,
        misfit=lambda network: ingredients.limits.misfit(network, ingredients.vectors),
    )
    finished = study.resume(
        lambda number: read_result(folder.trial(number)),
        lambda number: bool(ingredients.rung_epochs and read_looks(folder.trial(number))),
    )
    bands = ingredients.band_source()
    bands.restore({run.key: run.result for run in folder.references()})
    recorder = Recorder(display, tracker, study, folder)
    remaining = None
    if options.seconds is not None:
        # a given limit is that of all runs together, that of a quality is for this run
        before = 0.0 if options.time_budget is None else study.active_seconds
        remaining = max(0.0, options.seconds - spent - before)
        if before and not remaining:
            display.say(
                f"Earlier runs took {duration(before)}, and --time-budget is for all runs of a "
                "study together: a longer one goes on."
            )
    fits = _yardstick_seconds(folder, ingredients)
    alone = fits if plan.count == 1 else 0.0
    times = TimePlan(remaining, ingredients.quality.final is not None, alone)
    finals = Finals(
        folder.path,
        ingredients.quality,
        ingredients.recipe.epochs,
        seed,
        ingredients.folds,
        len(development_rows(dataset.parts)) / len(dataset.parts.train),
    )
    queue = SearchQueue(
        study,
        bands,
        folder.path,
        trials,
        times,
        recorder,
        recorder.told,
        ingredients.limits.latency_bound(ingredients.objectives),
        _rungs(ingredients, bands, study, folder, finished),
        finals,
        fits,
    )
    for number in finished:
        result = read_result(folder.trial(number))
        assert result is not None
        queue.tell_finished(number, result)
    recorder.log_earlier()
    setting = Setting(
        folder.path.absolute(),
        dataset,
        ingredients.vectors,
        ingredients.recipe,
        ingredients.probe,
        seed,
        ingredients.rung_epochs,
        ingredients.folds,
    )
    if bands.opening:
        display.say(bands.opening)
    outlook = Outlook(
        trials,
        times,
        bands.due,
        finals.due,
        ingredients.recipe.epochs,
        max(1, search_folds(ingredients.folds)),
        max(1, ingredients.folds),
        finals.length,
        plan.count,
        dataset.unit,
        task_of(dataset).error.label,
    )
    display.begin(study.records(), outlook)
    recorder.note_time()
    try:
        complete = run_jobs(queue, make_work, setting, plan, display.say)
    finally:
        display.end()
        recorder.note_time()
    if queue.trials.exhausted:
        display.say(study.exhaustion)
    if complete and times.end is not None and queue.yardsticks.left_out:
        display.say(queue.yardsticks.left_out)
    records = study.records()
    _check_fruitful(records, queue, folder, complete)
    with display.phase("Summing up"):
        course = recorder.efficiency(plan.count) | {
            "exhausted": queue.trials.exhausted,
            "exhausted_words": study.exhaustion if queue.trials.exhausted else "",
        }
        standing_in = () if finals.plan is None else best_trials(records, finals.plan.networks)
        choice = choose(folder, records)
        summary = _sum_up(folder, dataset, bands, records, choice, standing_in, course)
    with display.phase("Drawing the report"):
        report = draw(folder)
        if options.keep_weights == "front":
            _drop_weights(folder, records, choice.trial)
        tracker.study_ended(summary, report, folder.best)
    return complete


def _yardstick_seconds(folder: StudyFolder, ingredients: Ingredients) -> float:
    """Seconds that one worker is expected to need for all yardsticks, if some are due."""
    dataset = ingredients.dataset
    if not yardstick_jobs.due(folder.path, dataset.task):
        return 0.0
    targets = max(1, len(dataset.several))
    return yardstick_jobs.expected_seconds(
        len(development_rows(dataset.parts)), ingredients.folds, targets
    )


def _sum_up(
    folder: StudyFolder,
    dataset: Dataset,
    bands: BandSource,
    records: Sequence[TrialRecord],
    choice: Choice,
    standing_in: Sequence[TrialRecord],
    course: Mapping[str, Any],
) -> dict[str, Any]:
    """Look at the test part, and write the network, the predictor and the summary.

    The networks of the trials `standing_in` are joined if there was no final training.
    """
    folder.reopen()
    joined = join(folder, dataset, standing_in)
    found = None
    if joined is not None:
        found = joined.predictor.mixture_of_all(dataset.table.take(dataset.parts.test))
    tested = look_at_test_part(folder, dataset, choice.trial, bands.yardstick(), found)
    told, corrections = None, Corrections()
    if joined is not None and found is not None:
        told, corrections = joined_facts(joined, folder, dataset, found)

    def write_joined(summary: Mapping[str, Any]) -> None:
        shutil.rmtree(folder.predictor, ignore_errors=True)
        if joined is not None:
            write_predictor(joined, folder, dataset, summary, corrections)
            verify_predictor(folder.predictor, folder)

    return conclude(folder, bands, records, choice, tested, course, told, write_joined)


def _rungs(
    ingredients: Ingredients,
    bands: BandSource,
    study: ArchitectureStudy,
    folder: StudyFolder,
    finished: Sequence[int],
) -> Rungs | None:
    """The promotion rule, restored from earlier runs of the study.

    `finished` trials have a complete result that is not recorded yet, so they do not wait at a
    rung.
    """
    if not ingredients.rung_epochs:
        return None
    rungs = Rungs(
        ingredients.rung_epochs, ingredients.rungs, bands.band_at, ingredients.objectives[0]
    )
    for trial in study.in_order_of_ending():
        looks = read_looks(folder.trial(trial.number))
        for rung, plain in enumerate(looks):
            look = RungReport.of(trial.number, rung, plain, rungs.key)
            last = rung == len(looks) - 1
            waits = last and trial.state in OPEN and trial.number not in finished
            rungs.take(look, waits)
            if waits:
                study.pause(look.number, rung, look.error)
        if trial.state == TrialState.DONE and trial.counts:
            result = read_result(folder.trial(trial.number))
            rungs.pass_by(trial.number, result.get("rungs", ()) if result else ())
            rungs.finished(trial.number, trial.values[0])
    return rungs


def _drop_weights(folder: StudyFolder, records: Sequence[TrialRecord], chosen: TrialRecord) -> None:
    """Delete the weights of all networks except those on the front and the recommended one."""
    kept = {r.number for r in (*front(records), chosen)}
    for record in records:
        if record.number not in kept:
            (folder.trial(record.number) / WEIGHTS).unlink(missing_ok=True)


def _check_fruitful(
    records: Sequence[TrialRecord], queue: SearchQueue, folder: StudyFolder, complete: bool
) -> None:
    """Raise SearchFailed if no network can be recommended; after an interrupt SearchStopped."""
    if recommended(records) is not None:
        return
    if not complete:
        raise SearchStopped(
            "The search was stopped before it had found a network. Continue it with the same "
            f"command and {folder.resuming}."
        )
    reasons = [r.reason for r in records if r.reason]
    if queue.hopeless:
        failures = [r.reason for r in records if r.state == TrialState.FAILED]
        why = f"the first {queue.failures} trials failed, such as: {str(failures[0]).rstrip('.')}"
    elif queue.successes:
        why = "every finished network collapsed (skill below 0.02): it is no better than a constant"
    elif reasons:
        why = f"no trial was finished; {reasons[0].rstrip('.')}"
    else:
        why = "the time ended before the first trial was finished; increase --time-budget"
    raise SearchFailed(f"The search found no network: {why}.")
