"""Describes data before a search, and what the search will do with them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fusionnas.data.dataset import Dataset
from fusionnas.data.folds import search_folds
from fusionnas.data.inspection import Inspection, inspect_dataset
from fusionnas.data.sources import load_dataset
from fusionnas.errors import DataWarning
from fusionnas.openmp import free_cores
from fusionnas.plots.notebook import notebook_html
from fusionnas.searching.refits import SHARE
from fusionnas.searching.yardstick_jobs import expected_seconds
from fusionnas.training.recipe import Recipe
from fusionnas.training.recipe_file import load_recipe
from fusionnas.workflows.preparation import folds_of
from fusionnas.workflows.search_options import DEFAULT_TRIALS, SearchOptions

if TYPE_CHECKING:
    import pandas as pd

# core-seconds of searches on two cores of 2.5 GHz: of a row in an epoch, of a training's begin and
# end, and what a study needs besides
ROW, TRAINING, REST = 1.6e-4, 2.0, 60.0
REFERENCES = 6  # number of networks for the target band
UNSURE = 2.0  # an estimate is right within this factor
BEST_EPOCH = 0.7  # the best epoch of a final training, as a share of its epochs: 0.25 to 1


@dataclass(frozen=True, slots=True)
class Course:
    """The course of a search with the data, with default options."""

    split: str
    parts: tuple[int, int, int]  # compositions for training, validation and test
    folds: int  # folds of a trial; 0 is none
    final_folds: int
    epochs: int
    trials: int
    seconds: float  # approximate time on the cores that are free now
    cores: int
    targets: int = 1  # that each network predicts

    @property
    def parts_words(self) -> str:
        """How many compositions are used for what."""
        train, val, test = self.parts
        return f"split {self.split or 'given'}: {train:,} train, {val:,} validate, {test:,} test"

    @property
    def words(self) -> tuple[str, ...]:
        """The course of the search, one sentence for each step."""
        train, val, _ = self.parts
        judged = (
            f"each network is trained on {self.folds} folds ({self.final_folds} in the final "
            f"training) and judged by all {train + val:,} training and validation compositions"
            if self.folds
            else f"no folds: the {val:,} validation compositions judge the networks"
        )
        together = (
            f"each network predicts all {self.targets} targets and is judged by the relative MAE, "
            "the mean over targets of MAE / MAE of the median"
        )
        told = (together,) if self.targets > 1 else ()
        return (self.parts_words, judged, *told, self.time_words)

    @property
    def time_words(self) -> str:
        """How long a search will take."""
        low, high = self.seconds / UNSURE, self.seconds * UNSURE
        return (
            f"a search of {self.trials} trials of {self.epochs} epochs takes about "
            f"{_minutes(low)} to {_minutes(high)} min on {self.cores} free "
            f"core{'s' if self.cores > 1 else ''}; --time-budget sets a limit"
        )


@dataclass(frozen=True, slots=True)
class Inspected:
    """A data set with its inspection."""

    dataset: Dataset
    inspection: Inspection
    course: Course

    def __repr__(self) -> str:
        warned = sum(finding.warns for finding in self.inspection.findings)
        found = f"{len(self.inspection.findings)} findings, {warned} of them to be checked"
        return f"<Inspected {self.dataset.name}: {self.inspection.summary}; {found}>"

    def _repr_html_(self) -> str:
        """What stands out, and what a search will do, in a notebook."""
        import pandas as pd

        words = [finding.words for finding in self.inspection.findings]
        table = pd.DataFrame({"what stands out": [*words, *self.course.words]})
        return notebook_html(f"{self.dataset.name}: {self.inspection.summary}", table)


def inspect(
    data: str | Path | pd.DataFrame | Dataset | None = None,
    *,
    formula_column: str | None = None,
    target_column: str | Sequence[str] | None = None,
    unit: str | None = None,
    split: str = "random",
    merge: str = "median",
    seed: int = 0,
    skip_bad_rows: bool = False,
    task: str | None = None,
    input_columns: str | Sequence[str] | None = None,
    weight_column: str | None = None,
    error_column: str | None = None,
) -> Inspected:
    """Read a data set and describe it; nothing is trained.

    Args:
        data, formula_column, target_column, unit, split, merge, seed, skip_bad_rows, task,
        input_columns, weight_column, error_column: see `fusionnas.data.sources.load_dataset`.

    Raises:
        DataError, OptionError: as a search would raise them.
    """
    options = SearchOptions(
        data=data,
        formula_column=formula_column,
        target_column=target_column,
        unit=unit,
        split=split,
        merge=merge,
        seed=seed,
        input_columns=input_columns,
        skip_bad_rows=skip_bad_rows,
        task=task,
        weight_column=weight_column,
        error_column=error_column,
    )
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", DataWarning)
        dataset = load_dataset(data, **options.reading)
    words = [str(one.message) for one in told if issubclass(one.category, DataWarning)]
    return Inspected(dataset, inspect_dataset(dataset, words), course_of(dataset, options))


def course_of(dataset: Dataset, options: SearchOptions) -> Course:
    """The course of a search with these options on a data set."""
    final = folds_of(options, dataset)
    folds = search_folds(final)
    recipe = load_recipe(options.recipe, options.epochs, options.precision)
    rows = len(dataset.parts.train)
    recipe = recipe.scaled_to(rows, options.effort.trial_share(final))
    trials = options.most_trials or DEFAULT_TRIALS
    cores = options.workers or free_cores()
    parts = (rows, len(dataset.parts.val), len(dataset.parts.test))
    targets = max(1, len(dataset.several))
    seconds = _seconds(sum(parts[:2]), rows, recipe, options, trials, folds, final, targets)
    seconds = seconds / cores + REST
    if options.seconds is not None:
        seconds = min(seconds, options.seconds)
    return Course(
        dataset.split, parts, folds, final, recipe.epochs, trials, seconds, cores, targets
    )


def _seconds(
    development: int,
    rows: int,
    recipe: Recipe,
    options: SearchOptions,
    trials: int,
    folds: int,
    final: int,
    targets: int,
) -> float:
    """Core-seconds of all trainings of a search."""

    def trainings(count: int, each: int, length: float = 1.0) -> float:
        used = rows if each <= 1 else development * (each - 1) / each
        return count * max(1, each) * (TRAINING + length * recipe.epochs * used * ROW)

    total = trainings(trials + REFERENCES, folds)
    plan = options.effort.plan(final)
    if plan is not None:
        total += sum(trainings(plan.networks, final, length) for length in plan.lengths)
        if not final:  # each is refitted to all rows
            epochs = SHARE * BEST_EPOCH * recipe.epochs * sum(plan.lengths)
            total += plan.networks * (len(plan.lengths) * TRAINING + epochs * development * ROW)
    return total + expected_seconds(development, final, targets)  # every search has yardsticks


def _minutes(seconds: float) -> str:
    return f"{max(1, math.ceil(seconds / 60)):,}"
