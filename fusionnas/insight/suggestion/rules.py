"""Rules that rank candidates: acquisition functions of Bayesian optimisation.

u is what is wanted of a value y: y itself (max), -y (min), or -|y - VALUE|. The best u that is
known is u*. Jones et al., J. Glob. Optim. 13 (1998) 455 for expected improvement; Srinivas et al.,
IEEE Trans. Inf. Theory 58 (2012) 3250 for the upper confidence bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fusionnas.errors import OptionError, did_you_mean
from fusionnas.insight.suggestion.outlook import Outlook

KAPPA = 1.0  # standard deviations that the upper confidence bound adds


@dataclass(frozen=True, slots=True)
class Goal:
    """What is wanted of a value."""

    text: str  # max, min or a number
    value: float | None = None  # the number

    @classmethod
    def of(cls, text: str) -> Goal:
        """From an option; OptionError where it is none of these."""
        if text in ("max", "min"):
            return cls(text)
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not np.isfinite(value):
            raise OptionError(f"--goal must be max, min or a number, but got '{text}'.")
        return cls(text, value)

    def utility(self, y: np.ndarray) -> np.ndarray:
        """u of each value."""
        if self.value is not None:
            return -np.abs(y - self.value)
        return y if self.text == "max" else -y


# the outlook, u of its points (P, N), and u* (-infinity where nothing is known), to a score (N,)
Score = Callable[[Outlook, np.ndarray, float], np.ndarray]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by its name."""

    name: str
    about: str
    score: Score
    # whether a score is an expectation of improvement, which the chance of a constraint multiplies
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
            "explore",
            "the uncertainty alone, whatever the goal",
            lambda outlook, u, best: _spread(outlook, outlook.points),
        ),
    )
}


def promise(outlook: Outlook, u: np.ndarray, best: float) -> np.ndarray:
    """How many standard deviations of u are between the best known and the prediction, (N,).

    Far from u*, where the points of an outlook leave no improvement at all, expected improvement
    and probability order candidates as this does.
    """
    if not np.isfinite(best):
        return np.zeros(u.shape[1])
    return (outlook.mean(u) - best) / np.maximum(_spread(outlook, u), np.finfo(float).tiny)


def ranked(scores: np.ndarray, promises: np.ndarray) -> np.ndarray:
    """Rows by falling score, equal ones by falling promise; rows with the score NaN are left out.

    Args:
        scores, promises: (N,).
    """
    order = np.lexsort((-promises, -scores))  # NaN comes last
    return order[: int((~np.isnan(scores)).sum())]


DEFAULT_RULE = "ei"


def find_rule(name: str) -> Rule:
    """The rule of this name; OptionError offers the nearest."""
    if name not in RULES:
        raise OptionError(f"There is no rule '{name}'; {did_you_mean(name, RULES)}")
    return RULES[name]
