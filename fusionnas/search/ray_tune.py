"""Jobs on workers through Ray Tune: the one file that imports Ray. Import it where it is used.

Ray's own OptunaSearch leaves trials with NaN running for ever, drops rungs of multi-objective
studies and repeats trials on restore, so a thin searcher asks the project's own queue instead.
Tune's restore is not used: the study on disk is the one truth.
"""

from __future__ import annotations

import json
import logging
import os
import pickle
import shutil
import signal
import tempfile
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

# Read by Ray when it is imported: no reports home, no tables, no files besides the study's, and
# the interrupt is handled here.
_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000000",
    "TUNE_WARN_INSUFFICENT_RESOURCE_THRESHOLD_S": "1000000",
}
for _name, _value in _SETTINGS.items():
    os.environ.setdefault(_name, _value)

import ray  # noqa: E402
from ray import tune  # noqa: E402
from ray.tune.search import Searcher  # noqa: E402

from fusionnas.search.jobs import Job, JobQueue, MakeWork, Nothing, Result, Work  # noqa: E402

_OBJECT_STORE = 256 * 2**20  # bytes at least; twice the shared data where that is more


@dataclass(frozen=True, slots=True)
class Workers:
    """How many jobs run at a time, and what each may use."""

    count: int
    cpus: int  # threads of one job
    gpus: float  # share of a GPU of one job
    address: str | None = None  # of a running Ray cluster


def plan_workers(count: int | None, gpus_per_trial: float | None, address: str | None) -> Workers:
    """Fill in what was not asked for: one worker a core, or one a GPU where there are any."""
    import torch

    cores, gpus = len(os.sched_getaffinity(0)), torch.cuda.device_count()
    share = gpus_per_trial if gpus_per_trial is not None else (1.0 if gpus else 0.0)
    fitting = int(gpus / share) if share else cores
    count = count or max(1, min(fitting, cores))
    return Workers(count, max(1, cores // count), share, address)


def run_jobs(queue: JobQueue, make_work: MakeWork, shared: Any, workers: Workers) -> bool:
    """Run the queue's jobs until it has no more.

    Args:
        queue: gives jobs and hears of them, in this thread.
        make_work: called once in each worker process with `shared`; must be importable there.
        shared: put into Ray's object store once.
        workers: how many, and what each may use.

    Returns:
        False where an interrupt (Ctrl-C) ended it early. A second interrupt raises
        KeyboardInterrupt at once.
    """
    folder = tempfile.mkdtemp(prefix="fusionnas-")
    try:
        with _interrupts() as stopped, _ray(workers, shared):
            trainable = tune.with_parameters(
                _Worker, make_work=make_work, shared=shared, threads=workers.cpus
            )
            tune.Tuner(
                tune.with_resources(trainable, {"cpu": workers.cpus, "gpu": workers.gpus}),
                tune_config=tune.TuneConfig(
                    search_alg=_QueueSearcher(queue, stopped), num_samples=-1, reuse_actors=True
                ),
                run_config=tune.RunConfig(
                    name="jobs",
                    storage_path=folder,
                    verbose=0,
                    stop=_StopOnInterrupt(stopped),
                    failure_config=tune.FailureConfig(max_failures=0),
                ),
            ).fit()
            return not stopped.is_set()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _NotPickled:
    """Tune pickles what it is given, for a restore that is never asked for: give it nothing."""

    def __getstate__(self) -> dict[str, Any]:
        return {}


class _QueueSearcher(_NotPickled, Searcher):
    """Tune's questions, put to the queue."""

    def __init__(self, queue: JobQueue, stopped: threading.Event) -> None:
        super().__init__(metric=None, mode=None)
        self.queue = queue
        self.stopped = stopped
        self.jobs: dict[str, Job] = {}

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        job = Nothing.MORE if self.stopped.is_set() else self.queue.next()
        if job is Nothing.YET:
            return None
        if isinstance(job, Nothing):
            return Searcher.FINISHED
        self.jobs[trial_id] = job
        return {"key": job.key, "payload": dict(job.payload)}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        progress = json.loads(result["result"])
        if progress["state"] == "running":  # the end comes as on_trial_complete
            self.queue.report(self.jobs[trial_id], progress)

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        job = self.jobs.pop(trial_id)
        last = json.loads((result or {}).get("result", '{"state": "running"}'))
        if not error and last["state"] != "running":
            self.queue.finished(job, last)
        elif self.stopped.is_set():
            self.queue.abandoned(job)
        else:
            self.queue.lost(job, "the worker process died")

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the study on disk is the one truth."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing, likewise."""


class _StopOnInterrupt(_NotPickled, tune.Stopper):
    def __init__(self, stopped: threading.Event) -> None:
        self.stopped = stopped

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        return False

    def stop_all(self) -> bool:
        return self.stopped.is_set()


class _Worker(tune.Trainable):
    """An actor that is used for job after job; what is shared is set up once."""

    def setup(self, config: dict[str, Any], make_work: MakeWork, shared: Any, threads: int) -> None:
        self._given = (make_work, shared, threads)
        self._work: Work | None = None
        self.reset_config(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self._steps = self._run(Job(new_config["key"], new_config["payload"]))
        return True

    def step(self) -> dict[str, Any]:
        # A raise would cost this actor, and seconds to start another: every exception becomes a
        # failed result instead.
        try:
            result = dict(next(self._steps))
        except Exception as e:
            where = traceback.extract_tb(e.__traceback__)[-1]
            place = f"{os.path.basename(where.filename)}:{where.lineno}"
            result = {"state": "failed", "reason": f"{type(e).__name__}: {e} ({place})"}
        # as text, since Tune takes nested results apart
        return {"result": json.dumps(result), "done": result["state"] != "running"}

    def _run(self, job: Job) -> Iterator[Result]:
        if self._work is None:
            import torch

            make_work, shared, threads = self._given
            torch.set_num_threads(threads)
            self._work = make_work(shared)
        yield from self._work(job)

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Nothing: a job leaves its own files."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Nothing, likewise."""


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """An event that the first interrupt sets; the second one raises as usual."""
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return
    before = signal.getsignal(signal.SIGINT)

    def on_interrupt(number: int, frame: Any) -> None:
        stopped.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _ray(workers: Workers, shared: Any) -> Iterator[None]:
    """Ray, quiet; shut down afterwards where it was started here."""
    for name in ("ray", "ray.tune"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # a dead worker is told by the queue; Ray would print ten lines about it, whatever its log level
    ray._private.worker._worker_logs_enabled = False
    ours = not ray.is_initialized()
    if ours and workers.address:
        ray.init(address=workers.address, log_to_driver=False, logging_level=logging.CRITICAL)
    elif ours:
        size = len(pickle.dumps(shared, protocol=5))
        ray.init(
            num_cpus=workers.count * workers.cpus,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
            object_store_memory=max(_OBJECT_STORE, 2 * size),
        )
    try:
        yield
    finally:
        if ours:
            ray.shutdown()
