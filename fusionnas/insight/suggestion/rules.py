"""Rules that rank candidates: acquisition functions of Bayesian optimisation.

u is the utility of a value y: y itself (max), -y (min), or -|y - VALUE|. The best known u is u*.
See Jones et al., J. Glob. Optim. 13 (1998) 455 for expected improvement, and Srinivas et al., IEEE
Trans. Inf. Theory 58 (2012) 3250 for the upper confidence bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fusionnas.errors import OptionError, did_you_mean
from fusionnas.insight.suggestion.outlook import Outlook

EXPLORE = "explore"
FOR_CLASSES = ("probability", EXPLORE)  # rules that rank candidates for a class
KAPPA = 1.0  # standard deviations that the upper confidence bound adds


@dataclass(frozen=True, slots=True)
class Goal:
    """The wanted direction or value of a property."""

    text: str  # max, min or a number
    value: float | None = None  # the number

    @classmethod
    def of(cls, text: str) -> Goal:
        """Read an option; raises OptionError if it is none of these."""
        if text in ("max", "min"):
            return cls(text)
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not np.isfinite(value):
            raise OptionError(f"--goal must be max, min or a number, but got '{text}'.")
        return cls(text, value)

    @property
    def better_than(self) -> str:
        """How a value compares with a worse one, in words."""
        return "better than" if self.value is None else f"nearer to {self.value:g} than"

    def utility(self, y: np.ndarray) -> np.ndarray:
        """u of each value."""
        if self.value is not None:
            return -np.abs(y - self.value)
        return y if self.text == "max" else -y


# from the outlook, u of its points (P, N), and u* (-infinity if nothing is known), to a score (N,)
Score = Callable[[Outlook, np.ndarray, float], np.ndarray]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its name."""

    name: str
    about: str
    score: Score
    # whether a score is an expectation of improvement, which is multiplied by the chance of a
    # constraint
    by_chance: bool = False

    @property
    def needs_known(self) -> bool:
        """Whether it compares with the best known value."""
        return self.by_chance


def _spread(outlook: Outlook, u: np.ndarray) -> np.ndarray:
    mean = outlook.mean(u)
    return np.sqrt(outlook.mean((u - mean) ** 2))


RULES = {
    rule.name: rule
    for rule in (
        Rule(
            "ei",
            "expected improvement on the best known value",
            lambda outlook, u, best: outlook.mean(np.maximum(u - best, 0)),
            by_chance=True,
        ),
        Rule(
            "ucb",
            "the prediction and one standard deviation towards the goal",
            lambda outlook, u, best: outlook.mean(u) + KAPPA * _spread(outlook, u),
        ),
        Rule(
            "probability",
            "chance to be better than the best known value",
            lambda outlook, u, best: outlook.mean(u > best),
            by_chance=True,
        ),
        Rule("greedy", "the prediction alone", lambda outlook, u, best: outlook.mean(u)),
        Rule(
            EXPLORE,
            "the uncertainty alone, for any goal",
            lambda outlook, u, best: _spread(outlook, outlook.points),
        ),
    )
}


def promise(outlook: Outlook, u: np.ndarray, best: float) -> np.ndarray:
    """The distance of the prediction from the best known value, in standard deviations of u, (N,).

    Far from u*, where the points of an outlook leave no improvement at all, expected improvement
    and probability would order candidates in this way.
    """
    if not np.isfinite(best):
        return np.zeros(u.shape[1])
    return (outlook.mean(u) - best) / np.maximum(_spread(outlook, u), np.finfo(float).tiny)


def ranked(scores: np.ndarray, promises: np.ndarray) -> np.ndarray:
    """Rows by falling score, and for equal scores by falling promise; rows with NaN are left out.

    Args:
        scores, promises: (N,).
    """
    order = np.lexsort((-promises, -scores))  # NaN comes last
    return order[: int((~np.isnan(scores)).sum())]


DEFAULT_RULE = "ei"


def rule_for_class(name: str | None) -> str:
    """The rule by which candidates for a class are ranked, `probability` if none is asked for.

    Raises:
        OptionError: it is one for numbers.
    """
    if name is None:
        return FOR_CLASSES[0]
    if find_rule(name).name not in FOR_CLASSES:
        raise OptionError(
            f"--rule {name} compares numbers; for a class use {' or '.join(FOR_CLASSES)}."
        )
    return name


def find_rule(name: str) -> Rule:
    """The rule with this name; OptionError offers the nearest name."""
    if name not in RULES:
        raise OptionError(f"There is no rule '{name}'; {did_you_mean(name, RULES)}")
    return RULES[name]
