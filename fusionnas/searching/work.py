"""What a worker of a search does with a job: an evaluation of a network, or a yardstick."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from fusionnas.files.causes import cause_of
from fusionnas.searching.assignment import Assignment
from fusionnas.searching.checkpoint import drop_checkpoint
from fusionnas.searching.evaluation import Evaluator
from fusionnas.searching.fold_results import FOLDS
from fusionnas.searching.jobs import Job, Kind, Result, Work
from fusionnas.searching.result_file import failed_with, write_result
from fusionnas.searching.setting import Setting
from fusionnas.searching.trial_result import TrialState
from fusionnas.searching.yardstick_jobs import run_yardstick


def make_work(setting: Setting) -> Work:
    """The function that a worker runs for a job."""
    evaluator = Evaluator(setting)

    def work(job: Job) -> Iterator[Result]:
        folder = setting.folder / job.key
        try:
            try:
                yield from evaluate(job, folder)
            except OSError:
                raise
            except Exception as e:  # kept, so that the summary and a resume know of it
                result = failed_with(e)
                write_result(folder, result)
                drop_checkpoint(folder)
                if job.kind is Kind.TRIAL:
                    shutil.rmtree(folder / FOLDS, ignore_errors=True)
                yield result
        except OSError as e:  # a fault of the machine: the search must stop, not learn
            yield {"state": TrialState.UNWRITTEN, "reason": cause_of(e)}

    def evaluate(job: Job, folder: Path) -> Iterator[Result]:
        if job.kind is Kind.YARDSTICK:
            splits = evaluator.splits[True]
            yield run_yardstick(job.name, setting.dataset, splits, setting.seed, folder)
        else:
            yield from evaluator.run(Assignment.of(job, folder))

    return work
