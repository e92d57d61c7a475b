"""Asynchronous successive halving: most networks are trained for a ninth of the epochs only.

A trial stops at each rung and leaves a checkpoint; its worker goes on to other work. When a worker
is free, it first resumes waiting trials that are in the best third of all that reached their rung
(Li et al., MLSys 2020, ASHA). Nothing waits for a rung to fill up, and a trial outside the best
third may enter it later. When the search ends, waiting trials are stopped.

The random trials at the start do not stop: they are the unselected sample for the verdict on the
band (`fusionnas.cecv.verdict`), and complete trainings for the early predictor. At each rung they
are ranked with the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fusionnas.cecv.target_band import TargetBand
from fusionnas.cecv.vector import Cecv
from fusionnas.errors import OptionError, did_you_mean
from fusionnas.searching.early_predictor import EarlyLook, EarlyPredictor
from fusionnas.searching.objectives import DEFAULT

ETA = 3  # one of this many is promoted
OFF = "off"
RULES = (OFF, "mae", "nondominated", "early")
BandAt = Callable[[int], TargetBand | None]


def check_rule(rule: str) -> str:
    """Return `rule`, or raise an OptionError that offers the nearest rule."""
    if rule not in RULES:
        raise OptionError(f"--rungs can't be '{rule}'; {did_you_mean(rule, RULES)}")
    return rule


def rung_epochs(epochs: int) -> tuple[int, ...]:
    """The epochs of the rungs below the last: a ninth and a third of all, if these differ."""
    early = {math.ceil(epochs / ETA**2), math.ceil(epochs / ETA)}
    return tuple(sorted(epoch for epoch in early if epoch < epochs))


@dataclass(frozen=True, slots=True)
class RungReport:
    """The state of a trial at a rung."""

    number: int
    rung: int  # from 0
    epoch: int
    error: float  # lowest validation error so far
    parameters: int
    width: int
    seconds: float  # seconds of its training so far
    vector: Cecv

    @classmethod
    def of(cls, number: int, rung: int, plain: Mapping[str, Any], key: str) -> RungReport:
        """Read what a worker reports, or what it left in the trial's folder.

        `key` is the first objective of the study, the key of the error.
        """
        own = {k: plain[k] for k in ("epoch", "parameters", "width")}
        return cls(
            number,
            rung,
            error=plain[key],
            seconds=plain["train_seconds"],
            vector=Cecv.from_dict(plain["cecv"]),
            **own,
        )

    @property
    def early(self) -> EarlyLook:
        return EarlyLook.of(self.error, self.parameters, self.vector)


class Rungs:
    """Keeps which trial is at which rung, and decides which trials are promoted.

    Args:
        epochs: epochs of the rungs below the last.
        rule: mae, nondominated (rank by MAE and deviation, crowding distance between equals) or
            early (the early predictor while the vectors improve it; MAE until then).
        band_at: function that gives the target band of the references at a rung, or None.
        key: first objective of the study, the key of the error in reports.
    """

    def __init__(
        self, epochs: Sequence[int], rule: str, band_at: BandAt, key: str = DEFAULT[0]
    ) -> None:
        self.key = key
        self.epochs = tuple(epochs)
        self.rule = rule
        self.band_at = band_at
        self.looks: list[dict[int, RungReport]] = [{} for _ in self.epochs]
        self.waiting: dict[int, int] = {}  # for each waiting trial the rung at which it waits
        self.predictors = [EarlyPredictor() for _ in self.epochs]
        self.deviations: list[dict[int, float]] = [{} for _ in self.epochs]  # from the rung's band

    def take(self, look: RungReport, waits: bool = True) -> None:
        """Record that a trial reached a rung."""
        self.looks[look.rung][look.number] = look
        if waits:
            self.waiting[look.number] = look.rung

    def pass_by(self, number: int, looks: Sequence[Mapping[str, Any]]) -> None:
        """Rank a trial that was trained to its end with the others at the rungs.

        Args:
            number: number of the trial.
            looks: the reports of its worker, one for each rung.
        """
        for rung, plain in enumerate(looks):
            if number not in self.looks[rung]:  # otherwise it waited there
                self.take(RungReport.of(number, rung, plain, self.key), waits=False)

    def finished(self, number: int, error: float) -> None:
        """A trial was trained to the end; the early predictors learn from it."""
        if self.rule != "early":
            return
        for looks, predictor in zip(self.looks, self.predictors, strict=True):
            if number in looks and error > 0:
                predictor.learn(looks[number].early, error)

    def promote(self, at_least_one: bool = False) -> tuple[int, int] | None:
        """A trial to promote, and the rung where it waits; the highest rung first.

        Args:
            at_least_one: promote the best waiting trial even if none is in the best third, so that
                a search ends with a network.
        """
        for rung in reversed(range(len(self.epochs))):
            ranked = self._ranked(rung)
            for number in ranked[: len(ranked) // ETA]:
                if self.waiting.get(number) == rung:
                    return number, self.waiting.pop(number)
        if at_least_one and self.waiting:
            rung = max(self.waiting.values())
            number = next(n for n in self._ranked(rung) if self.waiting.get(n) == rung)
            return number, self.waiting.pop(number)
        return None

    def stop(self) -> list[RungReport]:
        """Remove all waiting trials and return them by number; they will not continue."""
        stopped = [self.looks[rung][number] for number, rung in sorted(self.waiting.items())]
        self.waiting.clear()
        return stopped

    def _ranked(self, rung: int) -> list[int]:
        """Trials that reached a rung, the best first."""
        looks = sorted(self.looks[rung].values(), key=lambda look: (look.error, look.number))
        if self.rule == "nondominated" and (band := self.band_at(rung)) is not None:
            if not band.exists:
                return [look.number for look in looks]
            points = [(look.error, self._deviation(look, band)) for look in looks]
            return [looks[place].number for place in by_rank_and_crowding(np.array(points))]
        predictor = self.predictors[rung]
        if self.rule == "early" and predictor.uses_cecv:
            foretold = {look.number: predictor.predict(look.early) or look.error for look in looks}
            return sorted(foretold, key=lambda number: (foretold[number], number))
        return [look.number for look in looks]

    def _deviation(self, look: RungReport, band: TargetBand) -> float:
        """Distance from the band of the report's rung, which never changes."""
        known = self.deviations[look.rung]
        if look.number not in known:
            known[look.number] = band.score_vector(look.vector, look.width).deviation
        return known[look.number]


def by_rank_and_crowding(points: np.ndarray) -> list[int]:
    """Indices of points (P, objectives), to be minimised, the best first.

    Non-dominated fronts follow one another. Within a front the point with the larger crowding
    distance comes first (Deb et al., NSGA-II, 2002), and the ends before all; of equal points the
    earlier one.
    """
    none_worse = (points[:, None] <= points[None]).all(axis=-1)
    # (P, P): the point of the row dominates that of the column
    beats = np.asarray(none_worse & (points[:, None] < points[None]).any(axis=-1))
    rest, order = np.arange(len(points)), []
    while len(rest):
        layer = rest[~beats[np.ix_(rest, rest)].any(axis=0)]
        room = _crowding(points[layer])
        order += layer[np.argsort(-room, kind="stable")].tolist()
        rest = np.setdiff1d(rest, layer)
    return order


def _crowding(points: np.ndarray) -> np.ndarray:
    """For each point, the sum over objectives of the gap between its neighbours."""
    room = np.zeros(len(points))
    for values in points.T:
        order = np.argsort(values, kind="stable")
        span = values[order[-1]] - values[order[0]]
        room[order[[0, -1]]] = np.inf
        if span > 0:
            room[order[1:-1]] += (values[order[2:]] - values[order[:-2]]) / span
    return room
