"""Runs jobs on workers through Ray Tune. Import it only where it is used: Ray takes seconds.

Ray's own OptunaSearch leaves trials with NaN running for ever, drops rungs of multi-objective
studies, and repeats trials on restore. So a thin searcher asks the project's own queue instead.
Tune's restore is not used: the study on disk holds the only valid state.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import ray
from ray import tune
from ray.tune.schedulers import FIFOScheduler
from ray.tune.search import Searcher

from fusionnas.errors import RunError
from fusionnas.searching.jobs import Job, JobQueue, MakeWork, Nothing
from fusionnas.searching.ray.cluster import capacity, session
from fusionnas.searching.ray.worker import Worker
from fusionnas.searching.trial_result import TrialState
from fusionnas.searching.workers import Workers
from fusionnas.training.interrupts import interrupts, terminations

NOTHING_STARTS = 60.0  # seconds without a running job before a message


def run_jobs(
    queue: JobQueue,
    make_work: MakeWork,
    shared: Any,
    workers: Workers,
    say: Callable[[str], None] = lambda text: None,
) -> bool:
    """Run the queue's jobs until it has no more.

    Args:
        queue: gives out jobs and records their results, in this thread.
        make_work: called once in each worker process with `shared`; must be importable there.
        shared: data that is put into Ray's object store once.
        workers: number of workers, and the resources of each.
        say: called with a message if no job has got a worker for a while.

    Returns:
        False if an interrupt (Ctrl-C or SIGTERM) ended it early. A second Ctrl-C raises
        KeyboardInterrupt at once.

    Raises:
        RunError: Ray itself failed. An error raised by the queue is raised again when all has
            stopped.
    """
    folder = tempfile.mkdtemp(prefix="fusionnas-")
    try:
        with interrupts() as stopped:
            with session(workers, shared), terminations(stopped):
                searcher = _QueueSearcher(queue, stopped, capacity(workers))
                _fit(searcher, make_work, shared, workers, folder, say)
            if searcher.error is not None:
                with suppress(Exception):  # the study may be what failed
                    queue.cut_off()
                raise searcher.error
            queue.cut_off()  # all workers are gone by now
            return not stopped.is_set()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fit(
    searcher: _QueueSearcher,
    make_work: MakeWork,
    shared: Any,
    workers: Workers,
    folder: str,
    say: Callable[[str], None],
) -> None:
    trainable = tune.with_parameters(Worker, make_work=make_work, shared=shared, workers=workers)
    tuner = tune.Tuner(
        tune.with_resources(trainable, {"cpu": workers.cpus, "gpu": workers.gpus}),
        tune_config=tune.TuneConfig(
            search_alg=searcher, scheduler=_Unhurried(), num_samples=-1, reuse_actors=True
        ),
        run_config=tune.RunConfig(
            name="jobs",
            storage_path=folder,
            verbose=0,
            stop=_StopOnInterrupt(searcher.stopped),
            callbacks=[_Patience(searcher.jobs, workers, say)],
            failure_config=tune.FailureConfig(max_failures=0),
        ),
    )
    try:
        tuner.fit()
    except (ray.exceptions.RayError, tune.TuneError, OSError) as e:
        searcher.broke(RunError(f"Ray stopped: {' '.join(str(e).split())[-500:]}"))


class _NotPickled:
    """Gives Tune nothing to pickle; Tune pickles its objects for a restore that is never used."""

    def __getstate__(self) -> dict[str, Any]:
        return {}


class _QueueSearcher(_NotPickled, Searcher):
    """Passes Tune's questions on to the queue."""

    def __init__(
        self, queue: JobQueue, stopped: threading.Event, capacity: Callable[[], int]
    ) -> None:
        super().__init__(metric=None, mode=None)
        self.queue = queue
        self.stopped = stopped
        self.capacity = capacity
        self.jobs: dict[str, Job] = {}
        self.error: Exception | None = None  # the reason why the search cannot continue

    def broke(self, error: Exception) -> None:
        self.error = self.error or error
        self.stopped.set()

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        if self.stopped.is_set():
            return Searcher.FINISHED
        if len(self.jobs) >= self.capacity():
            return None
        try:
            job = self.queue.next()
        except Exception as e:
            self.broke(e)
            return Searcher.FINISHED
        if job is Nothing.YET:
            return None
        if isinstance(job, Nothing):
            return Searcher.FINISHED
        self.jobs[trial_id] = job
        return {"key": job.key, "payload": dict(job.payload)}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        progress = json.loads(result["result"])
        if progress["state"] == TrialState.RUNNING:  # the end comes as on_trial_complete
            self._tell(self.queue.report, self.jobs[trial_id], progress)

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        job = self.jobs.pop(trial_id)
        last = json.loads((result or {}).get("result", '{"state": "running"}'))
        if not error and last["state"] != TrialState.RUNNING:
            self._tell(self.queue.finished, job, last)
        elif not self.stopped.is_set():
            self._tell(self.queue.lost, job, "the worker process died")

    def _tell(self, what: Callable[[Job, Any], None], job: Job, news: Any) -> None:
        """Call the queue and keep its error from Tune, which would stop only the trial."""
        if self.error is None:
            try:
                what(job, news)
            except Exception as e:
                self.broke(e)

    def save(self, checkpoint_path: str) -> None:
        """Do nothing: the study on disk holds the only valid state."""

    def restore(self, checkpoint_path: str) -> None:
        """Do nothing, for the same reason."""


class _Unhurried(_NotPickled, FIFOScheduler):
    """Lets a job wait for the actor that is being started for it.

    By default Tune gives each free actor to the job that has waited longest, and drops the actor
    that was being started for it. If jobs are shorter than the start of an actor, a lost worker
    would never be replaced. Without this choice, a free actor goes to a job that has none.
    """

    def choose_trial_to_run(self, tune_controller: Any) -> None:
        return None


class _StopOnInterrupt(_NotPickled, tune.Stopper):
    def __init__(self, stopped: threading.Event) -> None:
        self.stopped = stopped

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        return False

    def stop_all(self) -> bool:
        return self.stopped.is_set()


class _Patience(_NotPickled, tune.Callback):
    """Prints a message if jobs wait and none gets a worker; otherwise the search seems to hang."""

    def __init__(
        self, jobs: Mapping[str, Job], workers: Workers, say: Callable[[str], None]
    ) -> None:
        self.jobs = jobs  # jobs that were given out
        self.workers = workers
        self.say = say
        self.since = time.monotonic()  # time at which a job was last running
        self.patience = NOTHING_STARTS

    def on_step_begin(self, iteration: int, trials: list[Any], **info: Any) -> None:
        now = time.monotonic()
        if not self.jobs or any(trial.status == "RUNNING" for trial in trials):
            self.since, self.patience = now, NOTHING_STARTS
        elif now - self.since >= self.patience:
            self.patience *= 2
            self.say(self._words(now - self.since))

    def _words(self, seconds: float) -> str:
        has, free = ray.cluster_resources(), ray.available_resources()
        needs, have = [f"cores: {self.workers.cpus}"], [_share("CPU", "cores", free, has)]
        if self.workers.gpus:
            needs.append(f"GPUs: {self.workers.gpus:g}")
            have.append(_share("GPU", "GPUs", free, has))
        return (
            f"No training has run for {seconds:.0f} seconds. Each training needs from Ray: "
            f"{', '.join(needs)}. Free are: {', '.join(have)}; the rest is used by other work, or "
            "by workers that are still starting. The search keeps waiting; Ctrl-C stops it."
        )


def _share(name: str, words: str, free: Mapping[str, float], has: Mapping[str, float]) -> str:
    return f"{words}: {free.get(name, 0):g} of {has.get(name, 0):g}"
