"""Asynchronous successive halving: most networks are trained for a ninth of the epochs only.

A trial stops at each rung and leaves a checkpoint; its worker goes on to other work. Whenever a
worker is free, the best third of all that reached a rung, if they wait there, go on first
(Li et al., MLSys 2020, ASHA). Nothing waits for a rung to fill up, and a trial that is not among
the best third yet may be so later. Where the search ends, what still waits is stopped.

The trials of the random design don't stop: they are the fair sample of the verdict on the band
(`fusionnas.cecv.verdict`), and of finished trainings that the early predictor learns from. At each
rung they are ranked with the others.
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

ETA = 3  # one of so many goes on
OFF = "off"
RULES = (OFF, "mae", "nondominated", "early")
BandAt = Callable[[int], TargetBand | None]


def check_rule(rule: str) -> str:
    """`rule`, or an OptionError that offers the nearest one."""
    if rule not in RULES:
        raise OptionError(f"--rungs can't be '{rule}'; {did_you_mean(rule, RULES)}")
    return rule


def rung_epochs(epochs: int) -> tuple[int, ...]:
    """The epochs of the rungs below the last: a ninth and a third of all, where they differ."""
    early = {math.ceil(epochs / ETA**2), math.ceil(epochs / ETA)}
    return tuple(sorted(epoch for epoch in early if epoch < epochs))


@dataclass(frozen=True, slots=True)
class Look:
    """A trial at a rung."""

    number: int
    rung: int  # from 0
    epoch: int
    mae: float  # the lowest so far, on validation
    parameters: int
    width: int
    seconds: float  # of its training until here
    vector: Cecv

    @classmethod
    def of(cls, number: int, rung: int, plain: Mapping[str, Any]) -> Look:
        """From what a worker reports, or left in the trial's folder."""
        own = {k: plain[k] for k in ("epoch", "parameters", "width")}
        return cls(
            number,
            rung,
            mae=plain["val_mae"],
            seconds=plain["train_seconds"],
            vector=Cecv.from_dict(plain["cecv"]),
            **own,
        )

    @property
    def early(self) -> EarlyLook:
        return EarlyLook.of(self.mae, self.parameters, self.vector)


class Rungs:
    """Who is at which rung, and who goes on.

    Args:
        epochs: of the rungs below the last.
        rule: mae, nondominated (rank by MAE and deviation, crowding between equals) or early (the
            early predictor, while the vectors make it better; MAE until then).
        band_at: the target band of references at a rung; None where there is none.
    """

    def __init__(self, epochs: Sequence[int], rule: str, band_at: BandAt) -> None:
        self.epochs = tuple(epochs)
        self.rule = rule
        self.band_at = band_at
        self.looks: list[dict[int, Look]] = [{} for _ in self.epochs]
        self.waiting: dict[int, int] = {}  # trial to the rung at which it waits
        self.predictors = [EarlyPredictor() for _ in self.epochs]
        self.deviations: list[dict[int, float]] = [{} for _ in self.epochs]  # from the rung's band

    def take(self, look: Look, waits: bool = True) -> None:
        """A trial reached a rung."""
        self.looks[look.rung][look.number] = look
        if waits:
            self.waiting[look.number] = look.rung

    def pass_by(self, number: int, looks: Sequence[Mapping[str, Any]]) -> None:
        """A trial was trained to its end; what it had at the rungs counts in their ranking.

        Args:
            number: of the trial.
            looks: what its worker reported there, one a rung.
        """
        for rung, plain in enumerate(looks):
            if number not in self.looks[rung]:  # else it waited there
                self.take(Look.of(number, rung, plain), waits=False)

    def finished(self, number: int, mae: float) -> None:
        """A trial was trained to the end; the early predictors learn from it."""
        if self.rule != "early":
            return
        for looks, predictor in zip(self.looks, self.predictors, strict=True):
            if number in looks and mae > 0:
                predictor.learn(looks[number].early, mae)

    def promote(self, at_least_one: bool = False) -> tuple[int, int] | None:
        """A trial that goes on and the rung that it was at, the highest rung first.

        Args:
            at_least_one: the best that waits, where nobody has earned it: a search ends with a
                network.
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

    def stop(self) -> list[Look]:
        """Take all that wait, by number: they won't go on."""
        stopped = [self.looks[rung][number] for number, rung in sorted(self.waiting.items())]
        self.waiting.clear()
        return stopped

    def _ranked(self, rung: int) -> list[int]:
        """Trials that reached a rung, the best first."""
        looks = sorted(self.looks[rung].values(), key=lambda look: (look.mae, look.number))
        if self.rule == "nondominated" and (band := self.band_at(rung)) is not None:
            if not band.exists:
                return [look.number for look in looks]
            points = [(look.mae, self._deviation(look, band)) for look in looks]
            return [looks[place].number for place in by_rank_and_crowding(np.array(points))]
        predictor = self.predictors[rung]
        if self.rule == "early" and predictor.uses_cecv:
            foretold = {look.number: predictor.predict(look.early) or look.mae for look in looks}
            return sorted(foretold, key=lambda number: (foretold[number], number))
        return [look.number for look in looks]

    def _deviation(self, look: Look, band: TargetBand) -> float:
        """From the band of the look's rung, which never changes."""
        known = self.deviations[look.rung]
        if look.number not in known:
            known[look.number] = band.score_vector(look.vector, look.width).deviation
        return known[look.number]


def by_rank_and_crowding(points: np.ndarray) -> list[int]:
    """Places of points (P, objectives), to be minimised, the best first.

    Non-dominated fronts one after the other; within a front the point with more room around it
    first (Deb et al., NSGA-II, 2002), its ends before all; between equals the earlier place.
    """
    none_worse = (points[:, None] <= points[None]).all(axis=-1)
    # (P, P): the row's point beats the column's
    beats = np.asarray(none_worse & (points[:, None] < points[None]).any(axis=-1))
    rest, order = np.arange(len(points)), []
    while len(rest):
        layer = rest[~beats[np.ix_(rest, rest)].any(axis=0)]
        room = _crowding(points[layer])
        order += layer[np.argsort(-room, kind="stable")].tolist()
        rest = np.setdiff1d(rest, layer)
    return order


def _crowding(points: np.ndarray) -> np.ndarray:
    """For each point, the sum over objectives of the gap between its neighbours, ends infinite."""
    room = np.zeros(len(points))
    for values in points.T:
        order = np.argsort(values, kind="stable")
        span = values[order[-1]] - values[order[0]]
        room[order[[0, -1]]] = np.inf
        if span > 0:
            room[order[1:-1]] += (values[order[2:]] - values[order[:-2]]) / span
    return room
