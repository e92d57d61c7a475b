"""The reference networks whose vectors bound the target band: their plan and their results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fusionnas.cecv.target_band import Reference, TargetBand
from fusionnas.cecv.vector import Cecv
from fusionnas.errors import CECVError
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import canonical
from fusionnas.networks.named import load_architecture
from fusionnas.search_space.space import SearchSpace
from fusionnas.searching.jobs import Job, Kind
from fusionnas.searching.reference_runs import ARCHITECTURES
from fusionnas.searching.trial_result import is_usable
from fusionnas.seeding import sub_seed

# Seeds of each reference at the smallest width of the space, where a training costs the least. The
# noise between seeds, with which the band is compared, is pooled over widths. At larger widths
# there is one seed.
SEEDS = 2
TOO_LITTLE_TIME = "the time did not suffice for all reference networks."
REPETITION = 2  # added to the seed of a collapsed reference, which is trained once more


@dataclass(frozen=True, slots=True)
class ReferenceJob:
    side: str
    width: int
    seed: int  # 0, 1, or 2 for a repetition
    architecture: Architecture

    @property
    def key(self) -> str:
        return f"{Kind.REFERENCE}/{ARCHITECTURES[self.side]}-w{self.width}-s{self.seed}"

    def job(self, master_seed: int) -> Job:
        seed = sub_seed(master_seed, "reference", self.key)
        payload = {"architecture": self.architecture.to_dict(), "seed": seed, "first_fold": True}
        return Job(self.key, payload)


class References:
    """The reference trainings of a study, and the band once all have ended."""

    def __init__(self, space: SearchSpace, master_seed: int) -> None:
        self.space = space
        self.master_seed = master_seed
        self.waiting: list[ReferenceJob] = list(_plan(space))
        self.running: dict[str, ReferenceJob] = {}
        self.done: dict[str, tuple[ReferenceJob, Mapping[str, Any]]] = {}
        self.refused: list[str] = []
        self.band: TargetBand | None = None
        self.rung_bands: dict[int, TargetBand | None] = {}
        self.problem: str | None = None  # the reason if there is no band
        self.stopped = False  # whether some were left out

    @property
    def settled(self) -> bool:
        """Whether it is known if there is a band."""
        return not self.waiting and not self.running

    @property
    def due(self) -> int:
        """Number of references still to be trained."""
        return len(self.waiting)

    @property
    def opening(self) -> str:
        """The sentence about the references that a search prints before it starts."""
        return "Reference networks are trained at the beginning." if self.waiting else ""

    @property
    def words(self) -> str:
        """The band in words for summaries, or the reason why there is none."""
        return self.problem or (self.band.describe() if self.band is not None else "")

    def next(self) -> Job | None:
        if not self.waiting:
            return None
        reference = self.waiting.pop(0)
        self.running[reference.key] = reference
        return reference.job(self.master_seed)

    def stop(self) -> None:
        """Leave out those that have not begun; then there is no band."""
        self.stopped = True
        self.waiting.clear()
        if self.settled:
            self._settle()

    def restore(self, results: Mapping[str, Mapping[str, Any]]) -> None:
        """Restore the results of an earlier run, by key; also those of an earlier version."""
        planned = {reference.key for reference in self.waiting}
        self.waiting += [
            reference
            for reference in _plan(self.space, every=True)
            if reference.key in results and reference.key not in planned
        ]
        place = 0
        while place < len(self.waiting):  # a collapsed one adds its repetition at the end
            key = self.waiting[place].key
            if key in results:
                self.running[key] = self.waiting.pop(place)
                self.take(key, results[key])
            else:
                place += 1

    def take(self, key: str, result: Mapping[str, Any]) -> None:
        """Record the end of a training; a failed or collapsed one is repeated with another seed."""
        reference = self.running.pop(key)
        if is_usable(result):
            self.done[key] = (reference, result)
        elif reference.seed < REPETITION and not self.stopped:
            self.waiting.append(replace(reference, seed=reference.seed + REPETITION))
        else:
            why = result["reason"] or "it learned nothing (skill below 0.02)"
            self.refused.append(f"{key.partition('/')[2]}: {why}")
        if self.settled:
            self._settle()

    def band_at(self, rung: int) -> TargetBand | None:
        """The band from the references at a rung; None until all are trained."""
        if not self.settled or self.band is None:
            return None
        if rung not in self.rung_bands:
            made = [
                Reference(r.side, r.width, r.seed, Cecv.from_dict(result["rungs"][rung]["cecv"]))
                for r, result in self.done.values()
                if len(result.get("rungs", ())) > rung  # without those that ended before
            ]
            try:
                self.rung_bands[rung] = TargetBand.of(made)
            except CECVError:
                self.rung_bands[rung] = None
        return self.rung_bands[rung]

    def _settle(self) -> None:
        if self.stopped:
            self.problem = f"There is no target band: {TOO_LITTLE_TIME}"
        else:
            self._make_band()
        if self.problem:
            self.problem += " The search continues with the validation error alone."
            if self.refused:
                self.problem += " Refused references: " + "; ".join(self.refused) + "."

    def _make_band(self) -> None:
        try:
            self.band = TargetBand.of(
                [
                    Reference(r.side, r.width, r.seed, Cecv.from_dict(result["cecv"]))
                    for r, result in self.done.values()
                ]
            )
        except CECVError as e:
            self.problem = f"There is no target band: {e}"
        else:
            self.problem = None if self.band.exists else self.band.describe()

    def yardstick(self) -> str | None:
        """The key of the widest trained global reference."""
        wide = [r for r, _ in self.done.values() if r.side == "global"]
        return max(wide, key=lambda r: (r.width, -r.seed)).key if wide else None


def _plan(space: SearchSpace, every: bool = False) -> Iterator[ReferenceJob]:
    """The plan, for the smallest and the largest width; the widest first, since it takes longest.

    `every` asks for both seeds at both widths, as in studies of earlier versions.
    """
    for width in sorted(set(space.widths), reverse=True):
        for seed in range(SEEDS if every or width == space.widths[0] else 1):
            for side, name in ARCHITECTURES.items():
                published = load_architecture(name)
                fitted = replace(
                    published,
                    width=width,
                    embedding=space.embedding.first(),
                    readout=space.readout.first(),
                    heads=space.heads,
                )
                fitted = space.with_condition(fitted)
                yield ReferenceJob(side, width, seed, canonical(fitted))
