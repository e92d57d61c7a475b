"""Compares a search's best network with named and random networks at an equal budget.

Each side (the named first trials, the random networks, the sampler) chooses its best network by
validation error, and only these are tested. The validation error of the best is too low, the more
so the more tries there were. So validation errors are compared at an equal number of tries, and the
test part, which chose nothing, decides. The error is the MAE, the log loss of classes, or the
relative MAE of several targets; for one of these, named after a colon, it is the MAE of this one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.errors import OptionError, StudyError
from fusionnas.files.atomic import write_csv
from fusionnas.insight.comparison.budget import Choice, in_trainings
from fusionnas.insight.comparison.judged import Judged
from fusionnas.insight.comparison.sides import SIDES, Side, counted_trials, seed_noise, side_of
from fusionnas.insight.comparison.test_set import TestSet
from fusionnas.insight.comparison.tested_sides import tested_sides, tested_studies
from fusionnas.insight.comparison.worth_tables import curves, random_best, side_table
from fusionnas.insight.comparison.worth_words import Measure, answers, caveats, of_one_target
from fusionnas.plots.notebook import notebook_html
from fusionnas.statistics.best_of import chance_of_rank
from fusionnas.studies.folder import RUNS, StudyFolder
from fusionnas.tasks.regression import REGRESSION
from fusionnas.tasks.task import Metric

if TYPE_CHECKING:
    import pandas as pd

    from fusionnas.plots.view import View


@dataclass(frozen=True, slots=True)
class SearchWorth:
    """The gain of a search over named and random networks."""

    study: str
    target: str
    unit: str
    # One row for each side: `side`, `trials`, `final` (its final trainings, counted in trainings
    # like a trial), `seconds` of both, `best` (trial number), `line`, `val_mae` of its best (of
    # classes `val_log_loss`);
    # `expected`, `expected_low` and `expected_high`: the best of `tries` of its proposals, with the
    # same number of tries for all sides.
    sides: pd.DataFrame
    # The tested networks, as `judge` gives them, the study's best first; empty if the weights were
    # not kept.
    tested: pd.DataFrame
    # Two rows for each further study: this one and the other one, each chosen with `budget`
    # trainings (`tries` trials and `final` for the final training), as `judge` gives them.
    against: pd.DataFrame
    curves: pd.DataFrame  # `study`, `trial` (1, 2 ...), `side`, `error`, `best` so far
    random_best: pd.DataFrame  # `tries`, and `mean`, `low` and `high` of the best of them
    chance: float | None  # that the sampler's best would rank as well by luck
    noise: float | None  # standard deviation of the validation error between seeds
    words: tuple[str, ...]  # the answer, one sentence for each comparison
    notes: tuple[str, ...]  # limits of the comparison
    error: Metric = REGRESSION.error  # what validation and test are judged by

    @property
    def view(self) -> View:
        """A picture of the trials, with the best of as many random proposals."""
        from fusionnas.insight.comparison.worth_plot import worth_view

        label = self.error.label
        return worth_view(self.curves, self.random_best, self.study, self.unit, self.words, label)

    def __repr__(self) -> str:
        return f"<SearchWorth of '{self.study}': {' '.join(self.words)}>"

    def _repr_html_(self) -> str:
        """The sides and their best networks in a notebook."""
        columns = ["side", "trials", "best", self.error.key("val"), "expected", "line"]
        return notebook_html(" ".join(self.words), self.sides[columns], self.view)

    def save(self, folder: str | Path) -> list[Path]:
        """Write the view's files and the tables of sides and tests; returns their paths."""
        files = self.view.save(folder)
        for name, frame in (
            ("sides", self.sides),
            ("tested", self.tested),
            ("against", self.against),
        ):
            if len(frame):
                files.append(Path(folder) / f"{self.view.name}-{name}.csv")
                write_csv(files[-1], frame)
        return files

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        frames = {"sides": self.sides, "tested": self.tested, "against": self.against}
        return {
            "study": self.study,
            "target": self.target,
            "unit": self.unit,
            "chance": self.chance,
            "seed_noise": self.noise,
            "words": list(self.words),
            "notes": list(self.notes),
        } | {
            name: frame.astype(object)
            .where(frame.notna() & (frame != np.inf), None)  # JSON knows no infinity
            .to_dict("records")
            for name, frame in frames.items()
        }


def search_worth(
    study: str | Path,
    *others: str | Path,
    runs: str | Path = RUNS,
    seed: int = 0,
    on_step: Callable[[str], None] = lambda text: None,
) -> SearchWorth:
    """Compare a study's best network with named and random ones at an equal budget.

    Args:
        study: name or path of a finished study; `STUDY:TARGET` judges by one of several targets.
        others: further studies of the same data, space and recipe, for example one with `--sampler
            random`; each is compared at the largest number of trainings that both have, by the
            same target.
        runs: folder of all studies.
        seed: seed of the bootstrap.
        on_step: called with the name of the next step.

    Raises:
        OptionError: a study is named twice, or has no such target. StudyError: there is no such
            study, it is unfinished, or another study is not of the same search.
    """
    runs = Path(runs)
    studies = [Judged.find(name, runs) for name in (study, *others)]
    _check_same_target(studies)
    first, folders = studies[0], [one.folder for one in studies]
    names = [first.of(name) for name in _distinct(folders)]
    task = first.task
    first.folder.summary()  # raises an error if the study is unfinished
    _check_same_search(folders)
    on_step("Reading the trials")
    all_trials = [counted_trials(one.folder, one.val) for one in studies]
    trials = all_trials[0]
    final = first.final_trainings()
    sides = {name: side_of(trials, name, final) for name in SIDES}
    known = first.known()
    part = known.where("test")
    test = TestSet.of(known, part)
    on_step("Testing each side's best network")
    chosen = first.chosen(trials)
    ours = Choice(int(chosen["number"]), len(trials), in_trainings(final))
    tested, missing = tested_sides(first, names[0], trials, sides, ours, test, seed)
    against, more = tested_studies(studies, names, all_trials, test, seed)
    noise = seed_noise(first.folder, first.val)
    chance = _chance(sides["random"], sides["sampler"])
    measure = Measure(task.error, known.unit)
    words = answers(sides, tested, against, chance, chosen, measure)
    notes = [
        *of_one_target(first.target),
        *caveats(sides, tested, len(part), [*missing, *more], noise, measure, len(folders) > 1),
    ]
    return SearchWorth(
        names[0],
        known.target,
        known.unit,
        side_table(sides, task.error),
        tested,
        against,
        curves(names, all_trials),
        random_best(sides["random"]),
        chance,
        noise,
        tuple(words),
        tuple(notes),
        task.error,
    )


def _check_same_target(studies: Sequence[Judged]) -> None:
    """Raise OptionError if studies are not judged by the same target."""
    first = studies[0]
    for other in studies[1:]:
        if other.target != first.target:
            same = [f"{one.folder.name}:{first.target or other.target}" for one in (first, other)]
            raise OptionError(
                f"'{first.name}' and '{other.name}' are not judged by the same target: compare "
                f"{' with '.join(same)}, or both by all targets without a colon."
            )


def _distinct(folders: Sequence[StudyFolder]) -> list[str]:
    """Names of studies, with the folders above them where names are equal.

    Raises:
        OptionError: a study is named twice.
    """
    places = [folder.path.resolve() for folder in folders]
    for folder, place in zip(folders, places, strict=True):
        if places.count(place) > 1:
            raise OptionError(f"'{folder.name}' is named twice.")
    names, parts = [folder.name for folder in folders], 1
    while len(set(names)) < len(names):
        parts += 1
        names = [
            "/".join(place.parts[-parts:]) if names.count(name) > 1 else name
            for name, place in zip(names, places, strict=True)
        ]
    return names


def _check_same_search(folders: list[StudyFolder]) -> None:
    """Raise StudyError if studies have different data, space or recipe, so that budgets differ."""
    first = folders[0].facts
    for other in folders[1:]:
        facts = other.facts
        other.summary()  # raises an error if the study is unfinished
        apart = [
            words
            for words, same in (
                ("data or split", facts["data"]["fingerprint"] == first["data"]["fingerprint"]),
                ("search space", facts["space"]["hash"] == first["space"]["hash"]),
                ("recipe", facts["recipe"] == first["recipe"]),
                ("folds", facts.get("folds", 0) == first.get("folds", 0)),
            )
            if not same
        ]
        if apart:
            raise StudyError(
                f"'{other.name}' and '{folders[0].name}' cannot be compared at an equal "
                f"budget: they differ in {', '.join(apart)}."
            )


def _chance(random: Side, sampler: Side) -> float | None:
    """Chance that the sampler's best would rank as well if it proposed at random."""
    if random.best is None or sampler.best is None:
        return None
    better = int((random.errors < sampler.lowest).sum())
    return chance_of_rank(better, len(random), len(sampler))
