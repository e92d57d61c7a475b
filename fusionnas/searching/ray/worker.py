"""A worker process: it runs one job after the other, and prepares their shared data once."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from ray import tune

from fusionnas.searching.jobs import Job, MakeWork, Result, Work
from fusionnas.searching.result_file import failed_with
from fusionnas.searching.trial_result import TrialState
from fusionnas.searching.workers import Workers


class Worker(tune.Trainable):
    """An actor that runs job after job; the shared data are prepared once."""

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
        # An exception here would cost this actor, and seconds to start another. So every exception
        # becomes a failed result instead.
        try:
            result = dict(next(self._steps))
        except Exception as e:
            result = failed_with(e)
        # as text, since Tune splits nested results into parts
        return {"result": json.dumps(result), "done": result["state"] != TrialState.RUNNING}

    def _run(self, job: Job) -> Iterator[Result]:
        if self._work is None:
            make_work, shared, workers = self._given
            if "torch" in sys.modules:  # came with `make_work`; work without it is not slowed down
                bound_torch(workers)
            self._work = make_work(shared)
        yield from self._work(job)

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Do nothing: a job writes its own files."""

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Do nothing, for the same reason."""


def bound_torch(workers: Workers) -> None:
    """Limit torch in this process to one job's share of the machine."""
    import torch

    torch.set_num_threads(workers.cpus)
    if 0 < workers.gpus < 1 and torch.cuda.is_available():
        # otherwise the first job on a shared GPU could use the memory that the others need
        torch.cuda.set_per_process_memory_fraction(workers.gpus)
