"""What is wanted of a candidate: a value of a number, or a class.

Both rank candidates and say why. Symbols: N candidates, K classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.table import CompositionTable
from fusionnas.errors import OptionError, did_you_mean
from fusionnas.insight.suggestion.feasible import Feasible
from fusionnas.insight.suggestion.outlook import Outlook
from fusionnas.insight.suggestion.rules import (
    DEFAULT_RULE,
    EXPLORE,
    Goal,
    Rule,
    find_rule,
    promise,
    rule_for_class,
)
from fusionnas.insight.suggestion.why import HARDLY, why_class, why_number
from fusionnas.models.predictor import Predictor
from fusionnas.statistics.class_metrics import of_each_class

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 500  # known rows that are judged at a time

# of some candidates, (N,) each: scores, what orders equal ones, and chances of reaching the goal
Found = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class WantedNumber:
    """A high, a low or a given value."""

    predictor: Predictor
    goal: Goal
    rule: Rule
    best: float | None  # the best known value; None if none is known
    notes: tuple[str, ...]  # about what is known
    name: str = ""  # no class

    @classmethod
    def of(
        cls,
        predictor: Predictor,
        goal: str,
        rule: str | None,
        given: Mapping[str, Any],
        feasible: Feasible | None = None,
    ) -> WantedNumber:
        """
        Args:
            predictor: the model of the property.
            goal: max, min or a number.
            rule: the rule; None means expected improvement.
            given: conditions that are the same for all candidates.
            feasible: tells which known rows fulfil the constraints; None if there are none.

        Raises:
            OptionError: there is no such goal or rule, or the rule needs known values and there are
                none.
        """
        wanted, by = Goal.of(goal), find_rule(rule or DEFAULT_RULE)
        rows, notes = _known(predictor, given)
        if by.needs_known and not len(rows):
            raise OptionError(
                f"--rule {by.name} compares with known values, and the model has none; name a "
                "study, or use --rule ucb."
            )
        best, more = _best(predictor, wanted, rows, feasible)
        return cls(predictor, wanted, by, best, (*notes, *more))

    @property
    def by_chance(self) -> bool:
        """Whether a score is multiplied by the chance of fulfilling the constraints."""
        return self.rule.by_chance

    @property
    def has_chance(self) -> bool:
        """Whether there is a best known value to be better than."""
        return self.best is not None

    def score(self, table: CompositionTable) -> Found:
        """The scores of candidates (N,)."""
        known = float("-inf") if self.best is None else float(self._utility(self.best))
        outlook = Outlook.of(self.predictor.mixture(table), self.predictor.calibration)
        utility = self._utility(outlook.points)
        own = self.rule.score(outlook, utility, known)
        return own, promise(outlook, utility, known), outlook.mean(utility > known)

    def _utility(self, y: float | np.ndarray) -> np.ndarray:
        return self.goal.utility(np.asarray(y))

    def told(self, table: pd.DataFrame) -> list[str]:
        """Notes about the suggestions."""
        if self.best is None or not self.by_chance or (table["chance"] >= HARDLY).any():
            return []
        return [
            f"none is {self.goal.better_than} the best known, {self.best:.4g}, with {HARDLY:.0%} "
            "or more; the first ones come nearest to it, in standard deviations"
        ]

    def why(self, row: Mapping[Any, Any]) -> str:
        """The reasons for a suggestion."""
        return why_number(row, self.goal, self.rule, self.best)


@dataclass(frozen=True, slots=True)
class WantedClass:
    """A class, ranked by its probability, or by the entropy of all classes (`explore`)."""

    predictor: Predictor
    name: str
    rule: str
    best: float | None = None  # a class has no best known value
    has_chance: bool = True

    @classmethod
    def of(cls, predictor: Predictor, name: str, rule: str | None) -> WantedClass:
        """Raises OptionError if there is no such class, or the rule is one for numbers."""
        if name not in predictor.classes:
            hint = did_you_mean(name, predictor.classes)
            raise OptionError(f"--goal must be a class of the model, but got '{name}'; {hint}")
        return cls(predictor, name, rule_for_class(rule))

    @property
    def by_chance(self) -> bool:
        """Whether a score is multiplied by the chance of fulfilling the constraints."""
        return self.rule != EXPLORE

    @property
    def notes(self) -> tuple[str, ...]:
        """How many known rows have the class."""
        known = self.predictor.known
        if known is None:
            return ()
        code = self.predictor.classes.index(self.name)
        count = sum(value == code for value in known.values.values())
        return (f"{count:,} of the {len(known.values):,} known ones are {self.name}",)

    def score(self, table: CompositionTable) -> Found:
        """The scores of candidates (N,)."""
        p = of_each_class(self.predictor.mixture(table).value)
        own = p[:, self.predictor.classes.index(self.name)]
        return entropy(p) if self.rule == EXPLORE else own, own, own

    def told(self, table: pd.DataFrame) -> list[str]:
        """No notes about the suggestions."""
        return []

    def why(self, row: Mapping[Any, Any]) -> str:
        """The reasons for a suggestion."""
        return why_class(row, self.name, self.rule)


def entropy(p: np.ndarray) -> np.ndarray:
    """The entropy of probabilities (N, K), from 0 to 1, which K equal probabilities have."""
    terms = np.where(p > 0, -p * np.log(np.maximum(p, np.finfo(float).tiny)), 0.0)
    return terms.sum(axis=1) / np.log(p.shape[1])


def _known(predictor: Predictor, given: Mapping[str, Any]) -> tuple[np.ndarray, tuple[str, ...]]:
    """The known rows to compare with, and a note if these are not all.

    Where all candidates have the same value of a condition, they are the rows that have it, too, if
    there are some.
    """
    known, conditions = predictor.known, predictor.conditions
    if known is None:
        return np.arange(0), ()
    rows = np.arange(len(known.values))
    if conditions is None:
        return rows, ()
    # others are those of a constraint's model
    own = {n: v for n, v in given.items() if n in conditions.names}
    same = {n: v for n, v in own.items() if isinstance(v, str) or not np.ndim(v)}
    if not same:
        return rows, ()
    there = np.ones(len(rows), dtype=bool)
    for name, cell in conditions.normal(same).items():
        there &= np.array([one == cell for one in known.cells[name]])
    told = ", ".join(f"{name}={value}" for name, value in same.items())
    if not there.any():
        return rows, (f"nothing is known with {told}: the best known is that of all rows",)
    return rows[there], (f"the best known is that of the {int(there.sum()):,} rows with {told}",)


def _best(
    predictor: Predictor, goal: Goal, rows: np.ndarray, feasible: Feasible | None
) -> tuple[float | None, tuple[str, ...]]:
    """The best known value of these rows that fulfil the constraints, and a note about it."""
    if predictor.known is None or not len(rows):
        return None, ()
    values = np.array(list(predictor.known.values.values()))[rows]
    order = np.argsort(-goal.utility(values), kind="stable")
    best = float(values[order[0]])
    if feasible is None:
        return best, ()
    for start in range(0, len(order), CHUNK):  # the first one found is the best
        some = order[start : start + CHUNK]
        good = some[feasible(predictor.known, rows[some])]
        if len(good):
            found = float(values[good[0]])
            if found == best:
                return best, ()
            return found, (f"the best known is {found:.4g}; {best:.4g} breaks a constraint",)
    return best, ("no known row fulfils the constraints: the best known is that of all rows",)
