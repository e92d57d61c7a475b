"""How much time a search spends on its predictor: one word for several settings.

fast keeps one network from its trial. good tells networks apart by shorter trials, trains the best
ones again for much longer, and joins them to an ensemble. best does more of the same, within its
time limit.
"""

from __future__ import annotations

from dataclasses import dataclass

from fusionnas.data.folds import search_folds
from fusionnas.errors import OptionError, did_you_mean

FAST, GOOD, BEST = "fast", "good", "best"
SHORT = 5 / 8  # of a whole training, a trial that a final training follows


@dataclass(frozen=True, slots=True)
class Plan:
    """The size of a final training: how many networks, and the length of each training."""

    networks: int
    # One training of each network for each number, each from its own seed. Its epochs are the
    # number times those of a trial. Most tables need longer trainings; if a long training fits the
    # noise, held-out rows give the short one more weight. Without folds each is refitted to all
    # training and validation rows, which costs a fifth of a second seed.
    lengths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """The settings behind one of the words."""

    name: str
    final: Plan | None  # for a study without folds; None: there is no final training
    folds: Plan | None  # for a study with folds, where each training has several networks
    seconds: float | None = None  # of the whole run, unless another limit is given

    def trial_share(self, folds: int) -> float:
        """The length of a trial as a share of a whole training of the recipe.

        On folds, a trial has as many steps in all of them together as a whole training.
        """
        if folds:
            return 1 / search_folds(folds)
        return 1.0 if self.final is None else SHORT

    def plan(self, folds: int) -> Plan | None:
        """The final training of a study with this number of folds."""
        return self.folds if folds else self.final


QUALITIES = {
    quality.name: quality
    for quality in (
        Quality(FAST, None, None),
        Quality(GOOD, Plan(4, (3,)), Plan(4, (3, 1))),
        Quality(BEST, Plan(6, (5, 2, 5)), Plan(8, (3, 1, 3, 1)), seconds=3600),
    )
}


def find_quality(name: str) -> Quality:
    """The quality with this name; raises OptionError if there is none."""
    if name not in QUALITIES:
        raise OptionError(f"There is no quality '{name}'; {did_you_mean(name, QUALITIES)}")
    return QUALITIES[name]
