"""The runs of one study in MLflow: one parent run, and one child run for each trial."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fusionnas.tracking.mlflow_moved import follow
from fusionnas.tracking.mlflow_names import (
    created,
    flat,
    study_dataset,
    study_metrics,
    study_note,
    study_params,
    study_source,
    trial_metrics,
)
from fusionnas.tracking.mlflow_user import user_tag

STUDY_TAG, TRIAL_TAG = "fusionnas.study_id", "fusionnas.trial"
_PARENT_TAG = "mlflow.parentRunId"
NOTE = "mlflow.note.content"  # the description that MLflow shows
STOPPED_TAG = "stopped"  # why a search ended without a summary
BATCH = 1000  # metrics in one request, MLflow's limit
# name and id of a study to the time of its last record, in seconds since 1970, if no search runs
# there any more; otherwise None
LeftAt = Callable[[str, str], float | None]
# run status by the state of a trial; a trial that a rung stopped has ended as planned
_STATUS = {
    "done": "FINISHED",
    "duplicate": "FINISHED",
    "stopped": "FINISHED",
    "failed": "FAILED",
    "infeasible": "FAILED",
}


class Runs:
    """The runs of one study; lives in the background thread."""

    def __init__(self, uri: str, artifacts: Path | None) -> None:
        # otherwise a server that does not answer would block a client for minutes
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        from mlflow import MlflowClient

        for name in ("alembic", "mlflow"):  # after the import, which sets its own levels
            logging.getLogger(name).setLevel(logging.CRITICAL)  # the tracker reports what failed
        self.uri = uri
        self.client = MlflowClient(tracking_uri=uri)
        self.artifacts = artifacts
        self.user = user_tag()
        self.experiment = ""
        self.parent = ""
        self.facts: Mapping[str, Any] = {}
        self.children: dict[int, str] = {}  # finished trials and their run ids
        self.unfinished: dict[int, str] = {}  # trials whose writing was interrupted

    def start_study(self, facts: Mapping[str, Any], left_at: LeftAt) -> None:
        """Find the parent run by the study's id, or make it; and end the runs of killed studies."""
        self.facts = facts
        self.experiment = self._experiment(f"FusionNAS {facts['data']['name']}")
        found = self._search(f"tags.`{STUDY_TAG}` = '{facts['id']}'")
        for run in found:
            number = run.data.tags.get(TRIAL_TAG)
            if number is None:
                self.parent = run.info.run_id
            elif run.info.status == "RUNNING":
                self.client.delete_run(run.info.run_id)  # incomplete, since the driver died
            else:
                self.children[int(number)] = run.info.run_id
        if self.parent:
            self._resume()
        else:
            tags = {STUDY_TAG: facts["id"], NOTE: study_note(facts), **self._unit}
            tags |= study_source(facts)
            self.parent = self._create(facts["name"], tags, created(facts))
            self._dataset(self.parent)
            self._params(self.parent, study_params(facts))
            text = json.dumps(facts, indent=1, ensure_ascii=False, default=str)
            self.client.log_text(self.parent, text, "study.json")
        self.client.update_run(self.parent, status="RUNNING")
        self._end_left(left_at)

    def _resume(self) -> None:
        """Forget why an earlier search of the study stopped."""
        if STOPPED_TAG in self.client.get_run(self.parent).data.tags:
            self.client.delete_tag(self.parent, STOPPED_TAG)

    def _end_left(self, left_at: LeftAt) -> None:
        """End the running studies of the same data whose search was killed.

        A child run that was being written when the search was killed is deleted, as a resumed
        search does; it would write the run again.
        """
        for run in self._search("attributes.status = 'RUNNING'"):
            study = run.data.tags.get(STUDY_TAG)
            if study is None or study == self.facts["id"]:
                continue
            parent = run.data.tags.get(_PARENT_TAG)
            name = (run if parent is None else self.client.get_run(parent)).info.run_name
            left = left_at(name, study)
            if left is None:
                continue
            if parent is not None:
                self.client.delete_run(run.info.run_id)
                continue
            self.client.set_tag(run.info.run_id, STOPPED_TAG, "The search was killed.")
            self.client.set_terminated(run.info.run_id, "KILLED", _milliseconds(left))

    def log_trial(self, trial: Mapping[str, Any]) -> None:
        """Write one child run; an incomplete one is deleted by the next start."""
        number = int(trial["number"])
        if number in self.children:
            return
        if not self.parent:
            raise RuntimeError("the parent run could not be made")
        if number in self.unfinished:
            self.client.delete_run(self.unfinished.pop(number))
        run = self.unfinished[number] = self._create(
            f"{number:03d} {trial['line']}"[:250],
            {
                STUDY_TAG: self.facts["id"],
                TRIAL_TAG: str(number),
                _PARENT_TAG: self.parent,
                "state": trial["state"],
                "origin": trial["origin"],
                "architecture": trial["line"],
                **({"collapsed": "yes"} if trial["metrics"].get("collapsed") else {}),
                **({"reason": trial["reason"][:5000]} if trial["reason"] else {}),
                **({"proposer": trial["proposer"]} if trial.get("proposer") else {}),
                **_move_tags(trial.get("move")),
                **self._unit,
                **study_source(self.facts),
            },
            _milliseconds(trial.get("began")),
        )
        self._dataset(run)
        self._params(run, dict(flat(trial["architecture"])))
        ended = _milliseconds(trial.get("ended"))
        self._metrics(run, list(trial_metrics(trial)), ended)
        self.client.log_dict(run, dict(trial["architecture"]), "architecture.yaml")
        if counts := trial["metrics"].get("cecv"):
            table = {
                "threshold": [float(t) for t in counts],
                "clusters": list(counts.values()),
                "guidance": trial["metrics"].get("guidance") or [None] * len(counts),
            }
            self.client.log_table(run, table, "cecv.json")
        self.client.set_terminated(run, _STATUS.get(trial["state"], "KILLED"), ended)
        self.children[number] = self.unfinished.pop(number)

    def end_study(self, summary: Mapping[str, Any], artifacts: Sequence[Path]) -> None:
        self._metrics(self.parent, [(k, v, 0) for k, v in study_metrics(summary).items()])
        words = {
            key: summary.get(f"{key}_words", "")
            for key in ("best", "usefulness", "verdict", "band")
        }
        words["yardsticks"] = summary.get("beside_yardsticks", {}).get("words", "")
        for key, text in words.items():
            if text:
                self.client.set_tag(self.parent, key, text)
        for path in artifacts:
            self.client.log_artifact(self.parent, str(path))
        self._tag_trials("front", {row["number"] for row in summary.get("front", ())})
        self._tag_trials("recommended", {summary.get("chosen", {}).get("number", -1)})
        found = "\n\n".join(filter(None, words.values()))
        report = f"[Report]({self.link(self.parent)}/artifacts/report.html)"
        note = f"{found}\n\n{report}\n\n{study_note(self.facts)}"
        self.client.set_tag(self.parent, NOTE, note)
        self.client.set_terminated(self.parent, "FINISHED")

    def link(self, run: str) -> str:
        """The page of a run, relative to the page of MLflow."""
        return f"#/experiments/{self.experiment}/runs/{run}"

    @property
    def _unit(self) -> dict[str, str]:
        unit = self.facts["data"]["unit"]
        return {"unit": unit} if unit else {}

    def _tag_trials(self, key: str, numbers: Container[int]) -> None:
        """Give a tag to these trials alone; an earlier end of the study gave it to others, too."""
        tagged = f"tags.`{STUDY_TAG}` = '{self.facts['id']}' AND tags.`{key}` = 'yes'"
        have = {run.info.run_id for run in self._search(tagged)}
        for number, run in self.children.items():
            if number in numbers and run not in have:
                self.client.set_tag(run, key, "yes")
            elif number not in numbers and run in have:
                self.client.delete_tag(run, key)

    def stop_study(self, reason: str) -> None:
        """The search ended without a summary."""
        self.client.set_tag(self.parent, STOPPED_TAG, reason[:5000])
        self.client.set_terminated(self.parent, "KILLED")

    def _experiment(self, name: str) -> str:
        found = self.client.get_experiment_by_name(name)
        location = None if self.artifacts is None else self.artifacts.absolute().as_uri()
        if found is not None:
            if location is not None:
                follow(self.uri, found.artifact_location, location)
            return found.experiment_id
        # the page opens with runs and their charts instead of traces of chats
        tags = {"mlflow.experimentKind": "custom_model_development"}
        return self.client.create_experiment(name, artifact_location=location, tags=tags)

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

    def _create(self, name: str, tags: Mapping[str, str], start: int | None = None) -> str:
        """A run that began at `start`, in milliseconds since 1970; None is now."""
        run = self.client.create_run(self.experiment, start, {**tags, **self.user}, name)
        return run.info.run_id

    def _dataset(self, run: str) -> None:
        """Name the data that a run was trained on."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        found = Dataset(**study_dataset(self.facts))
        tags = [InputTag("mlflow.data.context", "training")]
        self.client.log_inputs(run, [DatasetInput(found, tags)])

    def _params(self, run: str, params: Mapping[str, Any]) -> None:
        from mlflow.entities import Param

        entries = [Param(key, str(value)[:5000]) for key, value in params.items()]
        for start in range(0, len(entries), 100):
            self.client.log_batch(run, params=entries[start : start + 100])

    def _metrics(
        self, run: str, rows: Sequence[tuple[str, float, int]], at: int | None = None
    ) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000) if at is None else at
        entries = [Metric(key, value, now, step) for key, value, step in rows]
        for start in range(0, len(entries), BATCH):
            self.client.log_batch(run, metrics=entries[start : start + BATCH])


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1000)


def _move_tags(move: Mapping[str, Any] | None) -> dict[str, str]:
    """The change made by a guided proposal, and the reason."""
    if move is None:
        return {}
    return {"parent": str(move["parent"]), "change": move["change"], "why": move["why"]}
