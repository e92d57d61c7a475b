"""A toy study: a real space, evaluations that cost nothing."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from optuna.storages import InMemoryStorage

from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import identity
from fusionnas.networks.line import line
from fusionnas.networks.network import build
from fusionnas.searching.jobs import Job, Result, Work
from fusionnas.searching.result_file import write_result
from fusionnas.searching.study import ArchitectureStudy, Proposal
from tests.made.compounds import vectors

SPACE = """
width: [16, 32]
stages: {global: [0, 1], local: [1]}
global: {lstm: {layers: [1, 2]}, gru: {}}
local: {dcnn: {blocks: {low: 0, high: 2}}, dcnn_k1: {blocks: {low: 0, high: 2}}, cnn: {}}
attention: {none: {}, soft: {}}
fusion: {sequential: {}, skip: {}}
"""
THRESHOLDS = [0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40]


@lru_cache
def kept_in_memory(folder: Path) -> InMemoryStorage:
    """The storage of a folder's study: opened again it holds what was written before.

    A database on disk takes ten times as long for the same calls; tests/survival and
    test_storage.py use one.
    """
    return InMemoryStorage()


@lru_cache
def parameter_count(named: str) -> int:
    """Parameters of the network that the JSON text describes."""
    return build(Architecture.from_dict(json.loads(named)), vectors(), 0).parameter_count


def result_of(payload: dict[str, Any], collapsed: bool = False) -> dict[str, Any]:
    """A result whose numbers follow from the architecture alone."""
    architecture = Architecture.from_dict(payload["architecture"])
    mae = 1 + int(identity(architecture), 16) % 1000 / 100
    parameters = parameter_count(json.dumps(architecture.to_dict()))
    local = not architecture.global_stages
    counts = [(80 if local else 40) - 4 * i + parameters % 7 / 3 for i in range(8)]
    provenance = {
        "tap": "t",
        "rule": "leader",
        "standardise": "within",
        "probe": "p",
        "probe_hash": "h",
    }
    return {
        "state": "done",
        "reason": None,
        "architecture": payload["architecture"],
        "line": line(architecture),
        "seed": payload["seed"],
        "val_mae": mae,
        "val_rmse": 2 * mae,
        "skill": 0.0 if collapsed else 0.5,
        "collapsed": collapsed,
        "parameters": parameters,
        "best_epoch": 2,
        "train_seconds": 0.1,
        "efm_seconds": 0.01,
        "history": [{"epoch": 1, "train_loss": 1.0, "val_mae": mae, "learning_rate": 0.1}],
        "cecv": {
            "thresholds": THRESHOLDS,
            "counts": counts,
            "counts_by_n": {"3": counts},
            "compounds": 100,
            "left_out": {"degenerate": 0},
            "provenance": provenance,
        },
    }


def make_toy_work(shared: dict[str, Any]) -> Work:
    """Evaluations for Ray: some keys raise or kill their worker, once or always."""

    def work(job: Job) -> Iterator[Result]:
        begun = time.time()
        yield {"state": "running", "epoch": 1, "val_mae": 2.0}
        time.sleep(shared.get("seconds", 0.02))
        marker = Path(shared["folder"]) / f"{job.key.replace('/', '-')}.killed"
        if job.key in shared.get("raise", ()):
            raise RuntimeError("made to fail")
        if job.key in shared.get("kill_once", ()) and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), 9)
        if job.key in shared.get("kill_always", ()):
            os.kill(os.getpid(), 9)
        result = {"state": "done", "test_mae": {"median": 9.0}}
        if job.payload:
            result = result_of(dict(job.payload))
        result |= {"begun": begun, "ended": time.time()}
        write_result(Path(shared["folder"]) / job.key, result)
        yield result

    return work


def proposed(
    study: ArchitectureStudy, count: int, tell: Callable[[ArchitectureStudy, Proposal], None]
) -> list[Proposal]:
    """So many proposals, each told before the next is asked for."""
    found = []
    for _ in range(count):
        proposal = study.propose()
        assert proposal is not None
        tell(study, proposal)
        found.append(proposal)
    return found
