"""The trials that a study begins with: named architectures and results of another study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fusionnas.files.links import link_or_copy
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.file_names import ARCHITECTURE, WEIGHTS
from fusionnas.searching.fold_results import HELD_OUT
from fusionnas.searching.jobs import Result
from fusionnas.searching.result_file import read_result, write_result
from fusionnas.searching.trial_result import TrialState, too_slow


@dataclass(frozen=True, slots=True)
class FirstTrial:
    """An architecture that a study begins with."""

    architecture: Architecture
    origin: str  # named:NAME, warm:STUDY/N (trained again) or carried:STUDY/N
    source: Path | None = None  # for a carried one: the folder of the finished trial

    @classmethod
    def named(cls, architecture: Architecture) -> FirstTrial:
        return cls(architecture, f"named:{architecture.name}")

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> FirstTrial:
        source = plain["source"]
        return cls(
            Architecture.from_dict(plain["architecture"]),
            plain["origin"],
            None if source is None else Path(source),
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "architecture": self.architecture.to_dict(),
            "origin": self.origin,
            "source": None if self.source is None else str(self.source),
        }


def take_over(source: Path, target: Path, latency_bound: float | None = None) -> Result:
    """Copy the finished trial of another study into this one's folder; return its result.

    As in a worker, the result is written last. Weights never change, so they are linked if the file
    system allows it. A network above the latency bound (ms) is infeasible here, and nothing is
    copied.
    """
    result = read_result(source)
    if result is None or result["state"] != TrialState.DONE:
        return {
            "state": TrialState.FAILED,
            "reason": f"the record that answers it, {source}, is gone",
        }
    if latency_bound is not None and (why := too_slow(result["latency_ms"], latency_bound)):
        measured = {"latency_ms": result["latency_ms"]}
        return {"state": TrialState.INFEASIBLE, "reason": why, **measured}
    target.mkdir(parents=True, exist_ok=True)
    for name in (ARCHITECTURE, WEIGHTS, HELD_OUT):
        (target / name).unlink(missing_ok=True)
        if not (source / name).is_file():  # not kept, or not trained on folds
            continue
        link_or_copy(source / name, target / name)
    write_result(target, result)
    return result
