"""What the driver of a search costs: `python benchmarks/speed/driver.py [proposals] [workers ...]`.

`proposals` prints the seconds of one proposal after 100, 1,000 and 10,000 trials by sampler, with
the study in memory and in study.db: architectures of the default space whose values are random
numbers. `workers N ...` runs N simulated workers at a time, jobs of Ray that only sleep, and prints
the share of the time for which they slept. Without an argument it does the first.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import optuna

from fusionnas.errors import ArchitectureError
from fusionnas.networks.canonical import identity
from fusionnas.networks.line import line
from fusionnas.search_space.space_file import load_space
from fusionnas.searching.jobs import Job, Nothing, Result, Work
from fusionnas.searching.records import OUTCOME, PROPOSAL
from fusionnas.searching.samplers import SAMPLERS
from fusionnas.searching.study import ArchitectureStudy
from fusionnas.searching.trial_result import TrialState

TRIALS = (100, 1_000, 10_000)
REPEATS = 5
SLEEP, JOBS_EACH = 20.0, 3  # seconds of a simulated training; trainings of each worker


def finished_trials(count: int) -> list[optuna.trial.FrozenTrial]:
    """Random architectures of the default space, told random values."""
    space, rng = load_space("default"), np.random.default_rng(0)
    drawn = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    made: list[optuna.trial.FrozenTrial] = []
    while len(made) < count:
        trial = drawn.ask()
        try:
            architecture = space.suggest(trial)
        except ArchitectureError:
            continue
        proposal = {
            "index": len(made),
            "origin": "random",
            "identity": identity(architecture),
            "architecture": architecture.to_dict(),
            "line": line(architecture),
        }
        metrics = {"val_mae": 1.0, "guidance": rng.normal(0, 0.5, 8).tolist()}
        outcome = {"state": "done", "reason": None, "metrics": metrics}
        frozen = drawn._storage.get_trial(trial._trial_id)
        ended = optuna.trial.create_trial(
            params=frozen.params,
            distributions=frozen.distributions,
            values=rng.random(2).tolist(),
            user_attrs={PROPOSAL: proposal, OUTCOME: outcome},
        )
        made.append(ended)
    return made


def proposal_seconds(trials: list[optuna.trial.FrozenTrial], sampler: str) -> tuple[float, float]:
    """Median processor seconds of an attempt to propose, and attempts a proposal."""
    stored = optuna.create_study(directions=["minimize"] * 2)
    stored.add_trials(trials)
    study = ArchitectureStudy(stored, load_space("default"), 0, sampler, [], 0)
    study.resume(lambda number: None)
    seconds, attempts = [], []
    for _ in range(REPEATS):
        before, begun = len(stored.get_trials(deepcopy=False)), time.process_time()
        proposal = study.propose()
        spent = time.process_time() - begun
        attempts.append(len(stored.get_trials(deepcopy=False)) - before)
        seconds.append(spent / attempts[-1])
        if proposal is None:
            break
        study.tell(proposal.number, TrialState.DONE, (0.5, 0.5), {"val_mae": 0.5})
    return float(np.median(seconds)), float(np.mean(attempts))


def storage_seconds() -> tuple[float, float]:
    """Median seconds of a random proposal with study.db, and of telling its end."""
    with tempfile.TemporaryDirectory() as folder:
        stored = ArchitectureStudy.open_storage(f"sqlite:///{Path(folder) / 'study.db'}", "one")
        study = ArchitectureStudy(stored, load_space("default"), 0, "random", [], 0)
        proposing, telling = [], []
        for _ in range(4 * REPEATS):
            begun = time.perf_counter()
            proposal = study.propose()
            proposed = time.perf_counter()
            assert proposal is not None
            study.tell(proposal.number, TrialState.DONE, (0.5, 0.5), {"val_mae": 0.5})
            proposing.append(proposed - begun)
            telling.append(time.perf_counter() - proposed)
        return float(np.median(proposing)), float(np.median(telling))


def print_proposals() -> None:
    trials = finished_trials(max(TRIALS))
    print("| sampler | " + " | ".join(f"{n:,} trials" for n in TRIALS) + " |")
    print("|---|" + "---:|" * len(TRIALS))
    for sampler in SAMPLERS:
        cells = []
        for count in TRIALS:
            seconds, attempts = proposal_seconds(trials[:count], sampler)
            cells.append(f"{1000 * seconds:.0f} ms x {attempts:.1f}")
        print(f"| {sampler} | " + " | ".join(cells) + " |", flush=True)
    proposing, telling = storage_seconds()
    print(f"\nstudy.db: {1000 * proposing:.0f} ms to propose, {1000 * telling:.0f} ms to tell")


def make_sleeping_work(seconds: float) -> Work:
    def work(job: Job) -> Iterator[Result]:
        begun = time.time()
        time.sleep(seconds)
        yield {"state": "done", "begun": begun, "ended": time.time()}

    return work


class Sleepers:
    """A queue of jobs that sleep, with the proposals and tells of a real study between them."""

    def __init__(self, jobs: int, folder: Path) -> None:
        stored = ArchitectureStudy.open_storage(f"sqlite:///{folder / 'study.db'}", "one")
        self.study = ArchitectureStudy(stored, load_space("default"), 0, "tpe", [], 0)
        self.left, self.running = jobs, 0
        self.spans: list[tuple[float, float]] = []

    def next(self) -> Job | Nothing:
        if not self.left:
            return Nothing.YET if self.running else Nothing.MORE
        proposal = self.study.propose()
        assert proposal is not None
        self.left -= 1
        self.running += 1
        return Job(f"trials/{proposal.number}", {})

    def report(self, job: Job, progress: Result) -> None: ...

    def finished(self, job: Job, result: Result) -> None:
        self.running -= 1
        number = int(job.key.partition("/")[2])
        self.study.tell(number, TrialState.DONE, (np.random.default_rng(number).random(), 0.5), {})
        self.spans.append((result["begun"], result["ended"]))

    def lost(self, job: Job, reason: str) -> None:
        raise RuntimeError(reason)

    def cut_off(self) -> None: ...


def print_workers(count: int) -> None:
    from benchmarks.speed.driver import make_sleeping_work as make_work  # as workers can import it
    from fusionnas.searching.ray.tune import run_jobs
    from fusionnas.searching.workers import Workers

    with tempfile.TemporaryDirectory() as folder:
        queue = Sleepers(count * JOBS_EACH, Path(folder))
        run_jobs(queue, make_work, SLEEP, Workers(count, 1, 0.0))
    # from when all have started once to when the first has nothing more to do
    spans = sorted(queue.spans)
    first, last = spans[count - 1][0], max(b for b, _ in spans)
    slept = sum(max(0.0, min(e, last) - max(b, first)) for b, e in spans)
    print(
        f"{count} workers, jobs of {SLEEP:g} s: busy {slept / (last - first) / count:.1%}, "
        f"all started after {first - spans[0][0]:.0f} s",
        flush=True,
    )


def main() -> None:
    what, *numbers = sys.argv[1:] or ["proposals"]
    if what == "workers":
        for number in map(int, numbers):
            print_workers(number)
    else:
        print_proposals()


if __name__ == "__main__":
    main()
