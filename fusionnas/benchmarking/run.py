"""Runs a benchmark: jobs on Ray, each result stored when it is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from fusionnas.benchmarking.budget import Budget
from fusionnas.benchmarking.divisions import GIVEN
from fusionnas.benchmarking.held_out import write_held_out
from fusionnas.benchmarking.options import BenchmarkOptions
from fusionnas.benchmarking.plan import Plan, make_plan
from fusionnas.benchmarking.result import Task
from fusionnas.benchmarking.results import Results
from fusionnas.benchmarking.work import Setting, make_work
from fusionnas.errors import OptionError
from fusionnas.searching.jobs import Job, Nothing, Result
from fusionnas.searching.trial_result import TrialState


class Display(Protocol):
    """Shows a benchmark to a person."""

    def say(self, text: str) -> None:
        """Print a line that stays."""

    def begin(self, done: int, total: int) -> None:
        """Jobs begin; some may have a result already."""

    def started(self, key: str, words: str) -> None:
        """A job was given to a worker."""

    def ended(self, key: str, row: Mapping[str, Any]) -> None:
        """A job has a result."""


class Silent:
    """Shows nothing."""

    def say(self, text: str) -> None: ...

    def begin(self, done: int, total: int) -> None: ...

    def started(self, key: str, words: str) -> None: ...

    def ended(self, key: str, row: Mapping[str, Any]) -> None: ...


class BenchmarkQueue:
    """Gives out the jobs without a result, and stores the results; for `run_jobs`."""

    def __init__(self, tasks: Sequence[Task], results: Results, display: Display) -> None:
        self.waiting = list(tasks)
        self.results = results
        self.display = display
        self.lost_once: set[str] = set()

    def next(self) -> Job | Nothing:
        if not self.waiting:
            return Nothing.MORE
        task = self.waiting.pop(0)
        self.display.started(task.key, task.words)
        return Job(task.key, asdict(task))

    def report(self, job: Job, progress: Result) -> None:
        """A job reports nothing before its end."""

    def finished(self, job: Job, result: Result) -> None:
        row = {"key": job.key, **job.payload, **result}
        self.results.add(row)
        self.display.ended(job.key, row)

    def lost(self, job: Job, reason: str) -> None:
        if job.key not in self.lost_once:  # most often the machine is at fault, so try once more
            self.lost_once.add(job.key)
            self.waiting.append(Task(**job.payload))
            return
        self.finished(job, {"state": TrialState.FAILED, "reason": f"{reason}, twice"})

    def cut_off(self) -> None:
        """Jobs without a result are left to the next run."""


def benchmark(options: BenchmarkOptions, display: Display | None = None) -> tuple[Results, bool]:
    """Run all jobs that have no result yet.

    Args:
        options: what to compare, and how.
        display: shows progress; None shows nothing.

    Returns:
        The results, and whether all jobs ended; False after an interrupt.

    Raises:
        InputError: an option, suite, file or folder cannot be used.
        RunError: Ray failed. OSError: a result could not be written.
    """
    display = display or Silent()
    suite = options.found
    budget = options.budget or suite.budget
    width = options.width or suite.width
    results = Results(options.output)
    plan = make_plan(options, suite)
    facts: dict[str, Any] = {"suite": suite.name, "budget": budget, "width": width}
    if options.data is not None:
        facts["reading"] = dict(options.reading)
    results.begin(facts, options.resume)
    if options.way == GIVEN:
        _check_folds(plan, results)
    results.check_tables(plan.fingerprints)
    for line in plan.notes:
        display.say(line)
    for line in plan.left_out:
        display.say(f"left out: {line}")
    for system in plan.systems:
        if system.package is not None:
            display.say(f"{system.name} is of a third party: {system.licence}")
    complete = _run(options, plan, results, display, budget, width)
    write_held_out(results)
    return results, complete


def _check_folds(plan: Plan, results: Results) -> None:
    """Raise OptionError if the folder has results on other folds of a table."""
    for row in results.ledger.by_key().values():
        table = plan.tables.get(row["table"])
        if table is not None and row["split"] == GIVEN and row["fold"] not in table.own_folds():
            raise OptionError(
                f"The results in {results.folder} are of other folds of {table.name} "
                f"({row['fold']}); give the same --split, or name another folder with -o."
            )


def _run(
    options: BenchmarkOptions,
    plan: Plan,
    results: Results,
    display: Display,
    budget: str | None,
    width: int | None,
) -> bool:
    done = results.done()
    tasks = [task for task in plan.tasks if task.key not in done]
    display.begin(len(plan.tasks) - len(tasks), len(plan.tasks))
    if not tasks:
        return True
    # imported here: only a run needs Ray
    from fusionnas.searching.ray.cluster import plan_workers
    from fusionnas.searching.ray.tune import run_jobs

    tables = {name: table.absolute() for name, table in plan.tables.items()}
    setting = Setting(
        Path(options.output).absolute(),
        tables,
        plan.standings,
        Budget.parse(budget),
        budget,
        width,
    )
    workers = plan_workers(options.workers, None, options.ray_address)
    return run_jobs(
        BenchmarkQueue(tasks, results, display), make_work, setting, workers, display.say
    )
