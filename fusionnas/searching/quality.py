"""How much a search spends on its predictor: one word for several numbers.

fast leaves one network, as its trial left it. good trains the best networks again, longer and from
several seeds, and joins them to an ensemble. best does more of the same for as long as it may.
"""

from __future__ import annotations

from dataclasses import dataclass

from fusionnas.errors import OptionError, did_you_mean

FAST, GOOD, BEST = "fast", "good", "best"


@dataclass(frozen=True, slots=True)
class Plan:
    """A final training: how many networks, and how long each of its trainings is."""

    networks: int
    # one training of each network for each number, from a seed of its own: times the epochs of a
    # trial. Most tables ask for longer trainings; where a long one fits the noise, held-out rows
    # give the short one more weight.
    lengths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """What one of the words stands for."""

    name: str
    final: Plan | None  # of a study without folds; None: there is no final training
    folds: Plan | None  # of one with folds, where each training is several
    seconds: float | None = None  # of the whole run, where nobody says anything else

    def plan(self, folds: int) -> Plan | None:
        """The final training of a study with so many folds."""
        return self.folds if folds else self.final


QUALITIES = {
    quality.name: quality
    for quality in (
        Quality(FAST, None, None),
        Quality(GOOD, Plan(3, (2, 2)), Plan(4, (3, 1))),
        Quality(BEST, Plan(6, (3, 3, 1, 3, 3)), Plan(8, (3, 1, 3, 1)), seconds=3600),
    )
}


def find_quality(name: str) -> Quality:
    """The quality of this name; OptionError where there is none."""
    if name not in QUALITIES:
        raise OptionError(f"There is no quality '{name}'; {did_you_mean(name, QUALITIES)}")
    return QUALITIES[name]
