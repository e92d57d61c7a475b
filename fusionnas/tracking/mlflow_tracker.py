"""MLflow: one parent run a study, one child run a trial.

Everything is written by one background thread from a bounded queue, so that neither the import of
MLflow nor a slow server holds up the driver. Runs are found again by their tags: a resumed study
goes on in its parent run and logs no trial twice.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

STUDY_TAG, TRIAL_TAG = "fusionnas.study_id", "fusionnas.trial"
PATIENCE = 3  # failures in a row after which nothing is tried until the end
BATCH = 1000  # metrics in one request, MLflow's limit
_STATUS = {"done": "FINISHED", "duplicate": "FINISHED", "failed": "FAILED", "infeasible": "FAILED"}

Write = Callable[["_Runs"], None]


class MlflowTracker:
    """See `fusionnas.tracking.tracker.Tracker`.

    Args:
        uri: of the tracking server or database.
        artifacts: folder of the artifacts, for a database; a server knows its own.
    """

    def __init__(self, uri: str, artifacts: Path | None) -> None:
        self.uri = uri
        self.artifacts = artifacts
        self.problem: str | None = None
        self.unwritten: list[Write] = []
        self.in_a_row = 0
        self.queue: queue.Queue[Write | None] = queue.Queue(maxsize=10_000)
        self.thread = threading.Thread(target=self._write_all, name="mlflow", daemon=True)
        self.thread.start()

    def study_started(self, facts: Mapping[str, Any]) -> None:
        self.queue.put(lambda runs: runs.start_study(facts))

    def trial_ended(self, trial: Mapping[str, Any]) -> None:
        self.queue.put(lambda runs: runs.log_trial(trial))

    def study_ended(self, summary: Mapping[str, Any], artifacts: Sequence[Path]) -> None:
        self.queue.put(lambda runs: runs.end_study(summary, artifacts))

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
        runs: _Runs | None = None
        while (write := self.queue.get()) is not None:
            if self.in_a_row >= PATIENCE:
                self.unwritten.append(write)
                continue
            try:
                runs = runs or _Runs(self.uri, self.artifacts)
                write(runs)
                self.in_a_row = 0
            except Exception as e:  # whatever a server or a database may raise
                self._failed(write, e)
        waiting, self.unwritten = self.unwritten, []
        for place, write in enumerate(waiting):
            try:
                runs = runs or _Runs(self.uri, self.artifacts)
                write(runs)
            except Exception as e:
                self._failed(write, e)
                self.unwritten += waiting[place + 1 :]
                return

    def _failed(self, write: Write, error: Exception) -> None:
        self.unwritten.append(write)
        self.in_a_row += 1
        self.problem = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


class _Runs:
    """The runs of one study; lives in the background thread."""

    def __init__(self, uri: str, artifacts: Path | None) -> None:
        # a dead server would hold a client for minutes
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
        from mlflow import MlflowClient

        for name in ("alembic", "mlflow"):  # after the import, which sets levels of its own
            logging.getLogger(name).setLevel(logging.CRITICAL)  # `close` tells what failed
        self.client = MlflowClient(tracking_uri=uri)
        self.artifacts = artifacts
        self.experiment = ""
        self.parent = ""
        self.facts: Mapping[str, Any] = {}
        self.children: dict[int, str] = {}  # finished trials to run ids
        self.unfinished: dict[int, str] = {}  # trials whose writing broke off

    def start_study(self, facts: Mapping[str, Any]) -> None:
        """Find the parent run by the study's id, or make it."""
        self.facts = facts
        self.experiment = self._experiment(f"FusionNAS {facts['data']['name']}")
        found = self._search(f"tags.`{STUDY_TAG}` = '{facts['id']}'")
        for run in found:
            number = run.data.tags.get(TRIAL_TAG)
            if number is None:
                self.parent = run.info.run_id
            elif run.info.status == "RUNNING":
                self.client.delete_run(run.info.run_id)  # half written when the driver died
            else:
                self.children[int(number)] = run.info.run_id
        if not self.parent:
            tags = {STUDY_TAG: facts["id"], "mlflow.note.content": _note(facts)}
            self.parent = self._create(facts["name"], tags)
            self._params(self.parent, dict(_flat(facts)))
        self.client.update_run(self.parent, status="RUNNING")

    def log_trial(self, trial: Mapping[str, Any]) -> None:
        """One child run, complete or deleted again by the next start."""
        number = int(trial["number"])
        if number in self.children:
            return
        if not self.parent:
            raise RuntimeError("the parent run could not be made")
        if number in self.unfinished:
            self.client.delete_run(self.unfinished.pop(number))
        run = self.unfinished[number] = self._create(
            f"{number} {trial['line']}"[:250],
            {
                STUDY_TAG: self.facts["id"],
                TRIAL_TAG: str(number),
                "mlflow.parentRunId": self.parent,
                "state": trial["state"],
                "origin": trial["origin"],
                "architecture": trial["line"],
                **({"reason": trial["reason"][:5000]} if trial["reason"] else {}),
            },
        )
        self._params(run, dict(_flat(trial["architecture"])))
        self._metrics(run, list(_trial_metrics(trial)))
        self.client.log_dict(run, dict(trial["architecture"]), "architecture.yaml")
        if counts := trial["metrics"].get("cecv"):
            table = {
                "threshold": [float(t) for t in counts],
                "clusters": list(counts.values()),
                "guidance": trial["metrics"].get("guidance") or [None] * len(counts),
            }
            self.client.log_table(run, table, "cecv.json")
        self.client.set_terminated(run, _STATUS.get(trial["state"], "KILLED"))
        self.children[number] = self.unfinished.pop(number)

    def end_study(self, summary: Mapping[str, Any], artifacts: Sequence[Path]) -> None:
        numbers = {k: v for k, v in _flat(summary) if isinstance(v, int | float)}
        self._metrics(self.parent, [(k, float(v), 0) for k, v in numbers.items()])
        for key in ("best", "verdict", "band"):
            if text := summary.get(f"{key}_words"):
                self.client.set_tag(self.parent, key, text)
        for path in artifacts:
            self.client.log_artifact(self.parent, str(path))
        self.client.set_terminated(self.parent, "FINISHED")

    def stop_study(self, reason: str) -> None:
        self.client.set_tag(self.parent, "stopped", reason[:5000])
        self.client.set_terminated(self.parent, "KILLED")

    def _experiment(self, name: str) -> str:
        found = self.client.get_experiment_by_name(name)
        if found is not None:
            return found.experiment_id
        location = None if self.artifacts is None else self.artifacts.absolute().as_uri()
        return self.client.create_experiment(name, artifact_location=location)

    def _search(self, condition: str) -> Iterator[Any]:
        token = None
        while True:
            page = self.client.search_runs(
                [self.experiment], condition, max_results=1000, page_token=token
            )
            yield from page
            token = page.token
            if not token:
                return

    def _create(self, name: str, tags: Mapping[str, str]) -> str:
        run = self.client.create_run(self.experiment, tags=dict(tags), run_name=name)
        return run.info.run_id

    def _params(self, run: str, params: Mapping[str, Any]) -> None:
        from mlflow.entities import Param

        entries = [Param(key, str(value)[:5000]) for key, value in params.items()]
        for start in range(0, len(entries), 100):
            self.client.log_batch(run, params=entries[start : start + 100])

    def _metrics(self, run: str, rows: Sequence[tuple[str, float, int]]) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        entries = [Metric(key, value, now, step) for key, value, step in rows]
        for start in range(0, len(entries), BATCH):
            self.client.log_batch(run, metrics=entries[start : start + BATCH])


def _trial_metrics(trial: Mapping[str, Any]) -> Iterator[tuple[str, float, int]]:
    """(name, value, step): the epochs, the results, the clustering vector."""
    for row in trial.get("history", ()):
        for name in ("train_loss", "val_mae", "learning_rate"):
            yield f"epoch/{name}", float(row[name]), int(row["epoch"])
    for name, value in trial["metrics"].items():
        if isinstance(value, int | float):
            yield name, float(value), 0
    for threshold, count in (trial["metrics"].get("cecv") or {}).items():
        yield f"cecv/{float(threshold):.2f}", float(count), 0


def _flat(plain: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested data as dotted names."""
    for key, value in plain.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            for place, item in enumerate(value):
                named = item if isinstance(item, Mapping) else {"kind": item}
                yield from _flat(named, f"{prefix}{key}{place}.")
        else:
            yield f"{prefix}{key}", value


def _note(facts: Mapping[str, Any]) -> str:
    data = facts["data"]
    return (
        f"Architecture search over the space '{facts['space']['name']}' for {data['target']} "
        f"({data['unit']}), data '{data['name']}'."
    )
