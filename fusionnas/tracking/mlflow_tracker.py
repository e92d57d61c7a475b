"""MLflow: one parent run for each study, one child run for each trial.

One background thread writes everything from a bounded queue, so that neither the import of MLflow
nor a slow server delays the driver. Runs are found again by their tags: a resumed study continues
in its parent run and logs no trial twice.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fusionnas.tracking.mlflow_registry import WriteModel, register
from fusionnas.tracking.mlflow_runs import LeftAt, Runs

PATIENCE = 3  # number of failures in a row after which it waits until the end

Write = Callable[[Runs], None]


class MlflowTracker:
    """See `fusionnas.tracking.tracker.Tracker`.

    Args:
        uri: URI of the tracking server or database.
        artifacts: folder of the artifacts, for a database; a server knows its own.
        write_model: writes a bundle as an MLflow model, which is then registered.
        left_at: finds studies whose search was killed; their runs are ended.
    """

    def __init__(
        self, uri: str, artifacts: Path | None, write_model: WriteModel, left_at: LeftAt
    ) -> None:
        self.uri = uri
        self.artifacts = artifacts
        self.write_model = write_model
        self.left_at = left_at
        self.problem: str | None = None
        self.unwritten: list[Write] = []
        self.in_a_row = 0
        self.queue: queue.Queue[Write | None] = queue.Queue(maxsize=10_000)
        self.thread = threading.Thread(target=self._write_all, name="mlflow", daemon=True)
        self.thread.start()

    def study_started(self, facts: Mapping[str, Any]) -> None:
        self.queue.put(lambda runs: runs.start_study(facts, self.left_at))

    def trial_ended(self, trial: Mapping[str, Any]) -> None:
        self.queue.put(lambda runs: runs.log_trial(trial))

    def study_ended(
        self, summary: Mapping[str, Any], artifacts: Sequence[Path], bundle: Path
    ) -> None:
        self.queue.put(lambda runs: runs.end_study(summary, artifacts))
        # written separately: if a server has no registry, nothing else is lost
        self.queue.put(lambda runs: register(runs, summary, bundle, self.write_model))

    def study_stopped(self, reason: str) -> None:
        self.queue.put(lambda runs: runs.stop_study(reason))

    def close(self) -> str | None:
        self.queue.put(None)
        self.thread.join()
        if not self.unwritten:
            return None
        return (
            f"{len(self.unwritten)} records could not be written to MLflow at {self.uri} "
            f"({self.problem}); the study folder has them all."
        )

    def _write_all(self) -> None:
        runs: Runs | None = None
        while (write := self.queue.get()) is not None:
            if self.in_a_row >= PATIENCE:
                self.unwritten.append(write)
                continue
            try:
                runs = runs or Runs(self.uri, self.artifacts)
                write(runs)
                self.in_a_row = 0
            except Exception as e:  # a server or a database raises all kinds of errors
                self._failed(write, e)
        waiting, self.unwritten = self.unwritten, []
        for place, write in enumerate(waiting):
            try:
                runs = runs or Runs(self.uri, self.artifacts)
                write(runs)
            except Exception as e:
                self._failed(write, e)
                self.unwritten += waiting[place + 1 :]
                return

    def _failed(self, write: Write, error: Exception) -> None:
        self.unwritten.append(write)
        self.in_a_row += 1
        self.problem = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
