"""One search, replayed over the table: the product's own queue, study and samplers, no training."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from optuna.storages import InMemoryStorage

from benchmarks.table.portfolio import portfolio_without
from benchmarks.table.table import Table
from fusionnas.cecv.target_band import TargetBand
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import identity
from fusionnas.report.pictures.hypervolume import dominated
from fusionnas.searching.design import design_of
from fusionnas.searching.error_effects import Experience
from fusionnas.searching.given_band import GivenBand
from fusionnas.searching.jobs import Job, Result
from fusionnas.searching.queue import SearchQueue
from fusionnas.searching.rungs import Rungs
from fusionnas.searching.study import ArchitectureStudy
from fusionnas.searching.trial_result import is_usable
from fusionnas.seeding import sub_seed
from fusionnas.workflows.watching import SilentDisplay


@dataclass(frozen=True, slots=True)
class Arm:
    """A way to search."""

    name: str
    sampler: str
    vectors: str = "trained"  # or a sham: permuted (among the members), untrained
    rungs: str = "off"
    firsts: bool = False  # begins with the portfolio that was chosen without the data set

    @property
    def design(self) -> int:
        """Random proposals that it begins with."""
        return design_of(self.sampler)


ARMS = (
    Arm("random", "random"),
    Arm("tpe", "tpe"),
    Arm("motpe", "motpe"),
    Arm("nsga2", "nsga2"),
    Arm("guided", "guided"),
    Arm("guided, permuted", "guided", "permuted"),
    Arm("guided, untrained", "guided", "untrained"),
    Arm("adaptive", "adaptive"),
    Arm("adaptive, permuted", "adaptive", "permuted"),
    Arm("adaptive, untrained", "adaptive", "untrained"),
)
RUNG_ARMS = tuple(
    Arm(f"tpe, rungs {rule}", "tpe", rungs=rule) for rule in ("off", "mae", "nondominated", "early")
)
FIRST_ARMS = (
    Arm("portfolio, then adaptive", "adaptive", firsts=True),
    Arm("portfolio, then random", "random", firsts=True),
)


@dataclass(slots=True)
class Course:
    """What a search had after each trial that was trained to the end."""

    trials: list[int] = field(default_factory=list)  # that had been started
    seconds: list[float] = field(default_factory=list)  # of training until then, all trials
    best: list[float] = field(default_factory=list)  # validation MAE
    test: list[float] = field(default_factory=list)  # test MAE of the network with that
    hypervolume: list[float] = field(default_factory=list)  # share of the table's box


class _Bands(GivenBand):
    """The bands of the table, at its end and at its rungs."""

    def __init__(self, table: Table, band: TargetBand) -> None:
        super().__init__(band, table.data, band.widths)
        self.table = table

    def band_at(self, rung: int) -> TargetBand | None:
        return self.table.rung_bands[rung]


class Replay:
    """A search that gets its results from the table."""

    def __init__(self, table: Table, arm: Arm, seed: int, trials: int) -> None:
        self.table = table
        self.arm = arm
        space = table.protocol.space
        sham = arm.vectors == "untrained" and table.untrained_band is not None
        band = table.untrained_band if sham else table.band
        assert band is not None, f"the references of {table.data} make no band"
        bands = _Bands(table, band)
        stored = ArchitectureStudy.open_storage(InMemoryStorage(), "replay")
        # what a search on this data set could know of changes: nothing of this table
        experience = Experience.read(without=[table.data])
        firsts = portfolio_without(table.protocol.version, table.data) if arm.firsts else ()
        self.study = ArchitectureStudy(
            stored, space, seed, arm.sampler, firsts, arm.design, experience=experience
        )
        rungs = None
        if arm.rungs != "off":
            rungs = Rungs(table.protocol.rung_epochs(table.data), arm.rungs, bands.band_at)
        self.scratch = tempfile.TemporaryDirectory()
        self.queue = SearchQueue(
            self.study,
            bands,
            Path(self.scratch.name),
            trials,
            None,
            SilentDisplay(),
            lambda number: None,
            rungs=rungs,
        )
        self.queue.yardsticks.due.clear()
        self.stand_in = self._stand_ins(seed)

    def run(self) -> Course:
        course, spent = Course(), 0.0
        points: list[tuple[float, float]] = []
        best: Mapping[str, Any] | None = None
        low, high = self.table.box
        paid: dict[str, float] = {}
        with self.scratch:
            while isinstance(job := self.queue.next(), Job):
                result = self._answer(job)
                seconds = result.get("train_seconds", 0.0)
                spent += seconds - paid.get(job.key, 0.0)
                paid[job.key] = seconds
                self.queue.finished(job, result)
                if not is_usable(result):
                    continue
                record = self._record(job)
                points.append((record["val_mae"], self.table.deviations[record["name"]]))
                if best is None or record["val_mae"] < best["val_mae"]:
                    best = record
                scaled = np.clip((np.array(points) - low) / (high - low), 0, 1)
                course.trials.append(self.queue.trials.counted)
                course.seconds.append(spent)
                course.best.append(best["val_mae"])
                course.test.append(best["test_mae"])
                course.hypervolume.append(dominated(scaled))
        return course

    def _record(self, job: Job) -> Mapping[str, Any]:
        return self.table.members[identity(Architecture.from_dict(job.payload["architecture"]))]

    def _answer(self, job: Job) -> Result:
        record = self._record(job)
        if record["state"] != "done":
            return {"state": record["state"], "reason": record["reason"]}
        if (until := job.payload.get("until")) is not None:
            return {"state": "paused", **record["rungs"][until]}
        return {**record, "cecv": self.stand_in.get(record["name"], record["cecv"])}

    def _stand_ins(self, seed: int) -> Mapping[str, Any]:
        """What the sham arms are told instead of the vectors of the trained networks."""
        done = sorted(self.table.done, key=lambda record: str(record["name"]))
        if self.arm.vectors == "untrained":
            return {record["name"]: record["cecv_untrained"] for record in done}
        if self.arm.vectors == "trained":
            return {}
        found: dict[str, Any] = {}
        rng = np.random.default_rng(sub_seed(seed, "permuted"))
        for width in {record["width"] for record in done}:  # the band knows the width
            rows = [record for record in done if record["width"] == width]
            for row, other in zip(rows, rng.permutation(len(rows)), strict=True):
                found[row["name"]] = rows[other]["cecv"]
        return found
