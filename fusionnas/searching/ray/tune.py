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
import socket
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
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
    # Tune would start the actor of one job at a time, and give it up each time that a job ends
    # elsewhere: a lost worker would never come back where jobs are shorter than its start
    "TUNE_MAX_PENDING_TRIALS_PG": "1000000",
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000000",
    "TUNE_WARN_INSUFFICENT_RESOURCE_THRESHOLD_S": "1000000",
}
for _name, _value in _SETTINGS.items():
    os.environ.setdefault(_name, _value)

import ray  # noqa: E402
from ray import tune  # noqa: E402
from ray.tune.schedulers import FIFOScheduler  # noqa: E402
from ray.tune.search import Searcher  # noqa: E402

from fusionnas.errors import OptionError, RunError  # noqa: E402
from fusionnas.files.causes import cause_of  # noqa: E402
from fusionnas.openmp import free_cores  # noqa: E402
from fusionnas.searching.jobs import Job, JobQueue, MakeWork, Nothing, Result, Work  # noqa: E402
from fusionnas.searching.ray.sockets import ray_folder, short_folder  # noqa: E402
from fusionnas.searching.trial_result import TrialState  # noqa: E402
from fusionnas.searching.workers import JOINED, Node, Workers, plan  # noqa: E402
from fusionnas.training.interrupts import interrupts  # noqa: E402

_OBJECT_STORE = 256 * 2**20  # bytes at least; twice the shared data where that is more
NOTHING_STARTS = 60.0  # seconds without a running job after which that is said
_LOOK_EVERY = 2.0  # seconds between looks at what nodes a cluster has


def plan_workers(count: int | None, gpus_per_trial: float | None, address: str | None) -> Workers:
    """How many jobs at a time this machine, or the cluster at an address, can take.

    Where this process has joined a Ray session already, it is what that session has.

    Raises:
        OptionError: there is no cluster, or no job fits.
    """
    if ray.is_initialized():
        return plan(_nodes(), count, gpus_per_trial, address or JOINED)
    if address is not None:
        with _connected(address):
            return plan(_nodes(), count, gpus_per_trial, address)
    import torch

    here = Node(len(os.sched_getaffinity(0)), torch.cuda.device_count())
    return plan([here], count, gpus_per_trial, None, free_cores())


def run_jobs(
    queue: JobQueue,
    make_work: MakeWork,
    shared: Any,
    workers: Workers,
    say: Callable[[str], None] = lambda text: None,
) -> bool:
    """Run the queue's jobs until it has no more.

    Args:
        queue: gives jobs and hears of them, in this thread.
        make_work: called once in each worker process with `shared`; must be importable there.
        shared: put into Ray's object store once.
        workers: how many, and what each may use.
        say: told where no job has got a worker for a while, and why.

    Returns:
        False where an interrupt (Ctrl-C) ended it early. A second interrupt raises
        KeyboardInterrupt at once.

    Raises:
        RunError: Ray itself failed. What the queue raises is raised again after all has stopped.
    """
    folder = tempfile.mkdtemp(prefix="fusionnas-")
    try:
        with interrupts() as stopped:
            with _ray(workers, shared):
                searcher = _QueueSearcher(queue, stopped, _capacity(workers))
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
    searcher: _QueueSearcher, make_work: MakeWork, shared: Any, workers: Workers, folder: str,
    say: Callable[[str], None],
) -> None:  # fmt: skip
    trainable = tune.with_parameters(_Worker, make_work=make_work, shared=shared, workers=workers)
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
    """Tune pickles what it is given, for a restore that is never asked for: give it nothing."""

    def __getstate__(self) -> dict[str, Any]:
        return {}


class _QueueSearcher(_NotPickled, Searcher):
    """Tune's questions, put to the queue."""

    def __init__(
        self, queue: JobQueue, stopped: threading.Event, capacity: Callable[[], int]
    ) -> None:
        super().__init__(metric=None, mode=None)
        self.queue = queue
        self.stopped = stopped
        self.capacity = capacity
        self.jobs: dict[str, Job] = {}
        self.error: Exception | None = None  # why the search cannot go on

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
        """Tune must not see what the queue raises: it would stop the trial, not the search."""
        if self.error is None:
            try:
                what(job, news)
            except Exception as e:
                self.broke(e)

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the study on disk is the one truth."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing, likewise."""


class _Unhurried(_NotPickled, FIFOScheduler):
    """Lets a job wait for the actor that is being started for it.

    Tune's own choice gives each actor that comes free to the longest waiting job, and drops the one
    that was on its way: where jobs are shorter than the start of an actor, a lost worker would
    never be replaced. Without a choice a free actor goes to a job that has none.
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
    """Says so where jobs are handed out and none gets a worker, which else looks like a stop."""

    def __init__(
        self, jobs: Mapping[str, Job], workers: Workers, say: Callable[[str], None]
    ) -> None:
        self.jobs = jobs  # that are handed out
        self.workers = workers
        self.say = say
        self.since = time.monotonic()  # when a job ran last
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
            f"No training has run for {seconds:.0f} seconds. Each needs of Ray: "
            f"{', '.join(needs)}. Free are: {', '.join(have)}; the rest is taken by other work, or "
            "by workers that are still starting. The search goes on waiting; Ctrl-C stops it."
        )


def _share(name: str, words: str, free: Mapping[str, float], has: Mapping[str, float]) -> str:
    return f"{words}: {free.get(name, 0):g} of {has.get(name, 0):g}"


class _Worker(tune.Trainable):
    """An actor that is used for job after job; what is shared is set up once."""

    def setup(
        self, config: dict[str, Any], make_work: MakeWork, shared: Any, workers: Workers
    ) -> None:
        self._given = (make_work, shared, workers)
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
            result = {"state": TrialState.FAILED, "reason": f"{type(e).__name__}: {e} ({place})"}
        # as text, since Tune takes nested results apart
        return {"result": json.dumps(result), "done": result["state"] != TrialState.RUNNING}

    def _run(self, job: Job) -> Iterator[Result]:
        if self._work is None:
            make_work, shared, workers = self._given
            if "torch" in sys.modules:  # came with `make_work`; work without it is not slowed down
                bound_torch(workers)
            self._work = make_work(shared)
        yield from self._work(job)

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Nothing: a job leaves its own files."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Nothing, likewise."""


def bound_torch(workers: Workers) -> None:
    """Let torch in this process use no more than one job's part of the machine."""
    import torch

    torch.set_num_threads(workers.cpus)
    if 0 < workers.gpus < 1 and torch.cuda.is_available():
        # else the first job on a shared GPU could take what the others need
        torch.cuda.set_per_process_memory_fraction(workers.gpus)


def _capacity(workers: Workers) -> Callable[[], int]:
    """Jobs at a time: fixed on one machine; on a cluster as its nodes come and go."""
    if workers.address is None:
        return lambda: workers.count
    known, looked = workers.count, time.monotonic()

    def capacity() -> int:
        nonlocal known, looked
        if time.monotonic() - looked > _LOOK_EVERY:
            known, looked = workers.capacity(_nodes()), time.monotonic()
        return known

    return capacity


def _nodes() -> list[Node]:
    """The living nodes of the cluster."""
    resources = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return [Node(int(r.get("CPU", 0)), int(r.get("GPU", 0))) for r in resources]


@contextmanager
def _connected(address: str) -> Iterator[None]:
    """A connection to a running cluster; closed afterwards where it was made here."""
    _be_quiet()
    ours = not ray.is_initialized()
    if ours:
        try:
            _check_listening(address)
            ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
        except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as e:
            why = " ".join(str(e).split())[:300]
            raise OptionError(
                f"There is no usable Ray cluster at --ray-address {address} ({why}). Start one "
                "with `ray start --head` and give its address, such as 10.0.0.1:6379, or auto."
            ) from e
    try:
        yield
    finally:
        if ours:
            ray.shutdown()


def _check_listening(address: str) -> None:
    """Raise OSError at once where nothing listens at HOST:PORT; Ray would try for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host.rpartition("/")[2], int(port)), timeout=5).close()


@contextmanager
def _ray(workers: Workers, shared: Any) -> Iterator[None]:
    """Ray, quiet; shut down afterwards where it was started here."""
    if workers.address is not None:
        with _connected(workers.address):
            yield
        return
    _be_quiet()
    size = len(pickle.dumps(shared, protocol=5))
    with short_folder(ray_folder()) as folder:
        try:
            ray.init(
                # else RAY_ADDRESS, or a cluster that happens to run here, would be joined
                address="local",
                num_cpus=workers.count * workers.cpus,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
                object_store_memory=max(_OBJECT_STORE, 2 * size),
                _temp_dir=folder,
            )
        except Exception as e:  # Ray raises a dozen kinds
            why = cause_of(e) if isinstance(e, OSError) else " ".join(str(e).split())[:500]
            raise RunError(f"Ray cannot be started: {why}") from e
        try:
            yield
        finally:
            ray.shutdown()


def _be_quiet() -> None:
    for name in ("ray", "ray.tune"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # a dead worker is told by the queue; Ray would print ten lines about it, whatever its log level
    ray._private.worker._worker_logs_enabled = False
