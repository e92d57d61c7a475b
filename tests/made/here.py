"""Searches and benchmarks without Ray: their jobs run in this process, one after the other."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any
from unittest import mock

from fusionnas.searching.jobs import Job, JobQueue, MakeWork
from fusionnas.searching.trial_result import TrialState


def without_ray() -> AbstractContextManager[Any]:
    """Most of a small search is the start of Ray and its workers; other tests are of these."""
    return mock.patch("fusionnas.searching.ray.tune.run_jobs", _run_here)


def _run_here(queue: JobQueue, make_work: MakeWork, shared: Any, *_: object) -> bool:
    work = make_work(shared)
    while isinstance(job := queue.next(), Job):
        for result in work(job):
            if result["state"] == TrialState.RUNNING:
                queue.report(job, result)
        queue.finished(job, result)
    queue.cut_off()
    return True
