"""Asynchronous successive halving: most networks are trained for a ninth of the epochs only.

A trial stops at each rung and leaves a checkpoint; its worker goes on to other work. Whenever a
worker is free, the best third of all that reached a rung, if they wait there, go on first
(Li et al., MLSys 2020, ASHA). Nothing waits for a rung to fill up, and a trial that is not among
the best third yet may be so later. Where the search ends, what still waits is stopped.
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
            number, rung, mae=plain["val_mae"], seconds=plain["train_seconds"],
            vector=Cecv.from_dict(plain["cecv"]), **own,
        )  # fmt: skip

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

    def take(self, look: Look, waits: bool = True) -> None:
        """A trial reached a rung."""
        self.looks[look.rung][look.number] = look
        if waits:
            self.waiting[look.number] = look.rung

    def finished(self, number: int, mae: float) -> None:
        """A trial was trained to the end; the early predictors learn from it."""
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
            points = [
                (look.mae, band.score_vector(look.vector, look.width).deviation) for look in looks
            ]
            return [looks[place].number for place in by_rank_and_crowding(np.array(points))]
        predictor = self.predictors[rung]
        if self.rule == "early" and predictor.uses_cecv:
            foretold = {look.number: predictor.predict(look.early) or look.mae for look in looks}
            return sorted(foretold, key=lambda number: (foretold[number], number))
        return [look.number for look in looks]


def by_rank_and_crowding(points: np.ndarray) -> list[int]:
    """Places of points (P, objectives), to be minimised, the best first.

    Non-dominated fronts one after the other; within a front the point with more room around it
    first (Deb et al., NSGA-II, 2002), its ends before all; between equals the earlier place.
    """
    rest, order = list(range(len(points))), []
    while rest:
        layer = [
            i for i in rest
            if not any((points[j] <= points[i]).all() and (points[j] < points[i]).any()
                       for j in rest)
        ]  # fmt: skip
        room = _crowding(points[layer])
        order += [layer[k] for k in sorted(range(len(layer)), key=lambda k: (-room[k], layer[k]))]
        rest = [i for i in rest if i not in layer]
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
