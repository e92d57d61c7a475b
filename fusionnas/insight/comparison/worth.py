"""Was a search worth it: its best network against named ones and random ones at equal budget.

Each side (the named first trials, the tagged random design, the sampler) chooses its best network
by validation MAE, and only those are tested. Validation errors of a side's best are optimistic,
the more so the more tries it had; so they are compared at an equal number of tries, and the test
part, which chose nothing, has the last word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.errors import StudyError
from fusionnas.files.atomic import write_csv
from fusionnas.insight.comparison.budget import Choice, chosen_with, final_trainings, in_trainings
from fusionnas.insight.comparison.contenders import of_stored
from fusionnas.insight.comparison.judgement import judge
from fusionnas.insight.comparison.sides import SIDES, Side, counted_trials, seed_noise, side_of
from fusionnas.insight.comparison.test_set import TestSet
from fusionnas.insight.comparison.worth_words import answers, caveats
from fusionnas.insight.known_data import KnownData
from fusionnas.plots.notebook import notebook_html
from fusionnas.statistics.best_of import BestOf, best_of, chance_of_rank
from fusionnas.studies.folder import RUNS, StudyFolder

if TYPE_CHECKING:
    import pandas as pd

    from fusionnas.plots.view import View


@dataclass(frozen=True, slots=True)
class SearchWorth:
    """What a search found beyond what named and random networks give."""

    study: str
    target: str
    unit: str
    # A row a side: `side`, `trials`, `final` (trainings that their final training comes to),
    # `seconds` of both, `best` (trial number), `line`, `val_mae` of its best; `expected`,
    # `expected_low` and `expected_high`: the best of `tries` of its proposals, with one number of
    # tries for all sides.
    sides: pd.DataFrame
    # The networks that were tested, as `judge` gives them, the study's best first; empty where
    # the weights were not kept.
    tested: pd.DataFrame
    # Two rows for each further study: this one and that one, each chosen with `budget` trainings
    # (`tries` trials and `final` for the final training), as `judge` gives them.
    against: pd.DataFrame
    curves: pd.DataFrame  # `study`, `trial` (1, 2 ...), `side`, `error`, `best` so far
    random_best: pd.DataFrame  # `tries`, and `mean`, `low` and `high` of the best of so many
    chance: float | None  # of the sampler's best ranking as well if it proposed at random
    noise: float | None  # standard deviation of validation MAE between seeds
    words: tuple[str, ...]  # the answer, one sentence a comparison
    notes: tuple[str, ...]  # what the comparison can't tell

    @property
    def view(self) -> View:
        """Trial by trial, with the best of as many random proposals."""
        from fusionnas.insight.comparison.worth_plot import worth_view

        return worth_view(self.curves, self.random_best, self.study, self.unit, self.words)

    def __repr__(self) -> str:
        return f"<SearchWorth of '{self.study}': {' '.join(self.words)}>"

    def _repr_html_(self) -> str:
        """The sides and their best networks in a notebook."""
        columns = ["side", "trials", "best", "val_mae", "expected", "line"]
        return notebook_html(" ".join(self.words), self.sides[columns], self.view)

    def save(self, folder: str | Path) -> list[Path]:
        """The view's files and the tables of sides and tests; the files written."""
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
    """Hold a study's best network against named and random ones at equal budget.

    Args:
        study: name or path of a finished study.
        others: further studies of the same data, space and recipe, such as one that was run with
            `--sampler random`; each is compared at as many trainings as both have.
        runs: folder of all studies.
        seed: of the bootstrap.
        on_step: told what is done next.

    Raises:
        StudyError: no such study, an unfinished one, or another that is not of the same search.
    """
    runs = Path(runs)
    folders = [StudyFolder.find(name, runs) for name in (study, *others)]
    summary = folders[0].summary()
    _check_same_search(folders)
    on_step("Reading the trials")
    all_trials = [counted_trials(folder) for folder in folders]
    trials = all_trials[0]
    final = final_trainings(folders[0])
    sides = {name: side_of(trials, name, final) for name in SIDES}
    known = KnownData.of_study(folders[0])
    part = known.where("test")
    test = TestSet(known.name, known.table.take(part), known.targets[part], 0, ())
    on_step("Testing each side's best network")
    chosen = int(summary["chosen"]["number"])
    ours = Choice(chosen, len(trials), in_trainings(final))
    tested, missing = _test_sides(folders[0], trials, sides, ours, test, seed)
    against, more = _test_studies(folders, all_trials, test, seed)
    noise = seed_noise(folders[0])
    chance = _chance(sides["random"], sides["sampler"])
    words = answers(sides, tested, against, chance, summary)
    notes = caveats(
        sides, tested, len(part), [*missing, *more], noise, summary["unit"], len(folders) > 1
    )
    return SearchWorth(
        folders[0].name,
        summary["target"],
        summary["unit"],
        _side_table(sides),
        tested,
        against,
        _curves(folders, all_trials),
        _random_best(sides["random"]),
        chance,
        noise,
        tuple(words),
        tuple(notes),
    )


def _check_same_search(folders: list[StudyFolder]) -> None:
    """Raise StudyError where budgets of studies can't be compared: other data, space or recipe."""
    first = folders[0].facts
    for other in folders[1:]:
        facts = other.facts
        other.summary()  # an unfinished study says so
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
                f"'{other.name}' and '{folders[0].name}' can't be held against each other at equal "
                f"budget: they differ in {', '.join(apart)}."
            )


def _facts(rows: pd.DataFrame, choice: Choice) -> dict[str, Any]:
    """What stands beside the errors of a tested trial."""
    row = rows[rows["number"] == choice.number].iloc[0]
    return {
        "trial": choice.number,
        "side": row["side"],
        "tries": choice.trials,
        "final": choice.final,
        "val_mae": float(row["error"]),
        "line": str(row["architecture"]),
    }


def _test_sides(
    folder: StudyFolder,
    trials: pd.DataFrame,
    sides: Mapping[str, Side],
    ours: Choice,
    test: TestSet,
    seed: int,
) -> tuple[pd.DataFrame, list[str]]:
    """The study's best and each side's own best on the test part; and which have no weights.

    All are as their trials left them: no side's best but the study's had a final training.
    """
    more = f" + {ours.final}" if ours.final else ""
    picks = {f"{folder.name}, best of {ours.trials}{more}": ours}
    for name, side in sides.items():
        if side.best is not None and side.best != ours.number:
            by = "by the sampler" if name == "sampler" else name
            picks[f"best of {len(side)} {by}"] = Choice(side.best, len(side), 0)
    return _judged(
        [
            (folder, folder.trial(choice.number), name, _facts(trials, choice))
            for name, choice in picks.items()
        ],
        test,
        seed,
    )


def _test_studies(
    folders: Sequence[StudyFolder], all_trials: Sequence[pd.DataFrame], test: TestSet, seed: int
) -> tuple[pd.DataFrame, list[str]]:
    """The first study's best against each other's, both chosen with equally many trainings."""
    import pandas as pd

    frames, missing = [_nothing()], []
    spent = [
        len(rows) + in_trainings(final_trainings(folder))
        for folder, rows in zip(folders, all_trials, strict=True)
    ]
    for folder, rows, theirs in zip(folders[1:], all_trials[1:], spent[1:], strict=True):
        budget = min(spent[0], theirs)
        heads = [its["error"][:budget] for its in (all_trials[0], rows)]
        if not all(np.isfinite(head).any() for head in heads):
            missing.append(f"{folder.name} (no usable network within {budget} trainings)")
            continue
        pair = []
        for one, its in ((folders[0], all_trials[0]), (folder, rows)):
            choice = chosen_with(budget, one, its)
            facts = _facts(its, choice) | {"budget": budget}
            pair.append((one, choice.place(one), one.name, facts))
        judged, without = _judged(pair, test, seed)
        missing += without
        if len(judged):
            frames.append(judged.assign(against=["", folders[0].name]))
    return pd.concat(frames, ignore_index=True), missing


def _judged(
    picks: Sequence[tuple[StudyFolder, Path, str, dict[str, Any]]], test: TestSet, seed: int
) -> tuple[pd.DataFrame, list[str]]:
    """Networks tested together; nothing but the names of the missing where one has no weights."""
    found = {
        name: of_stored(folder, place, name, test.table, facts)
        for folder, place, name, facts in picks
    }
    missing = [name for name, contender in found.items() if contender is None]
    if missing:
        return _nothing(), missing
    judged = judge([c for c in found.values() if c is not None], test, seed)
    return judged.drop(columns="kind"), []


def _nothing() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame()


def _chance(random: Side, sampler: Side) -> float | None:
    """Of the sampler's best ranking as well among the random ones if it proposed at random."""
    if random.best is None or sampler.best is None:
        return None
    better = int((random.errors < sampler.lowest).sum())
    return chance_of_rank(better, len(random), len(sampler))


def _side_table(sides: dict[str, Side]) -> pd.DataFrame:
    import pandas as pd

    there = [side for side in sides.values() if np.isfinite(side.lowest)]
    tries = min((len(side) for side in there), default=0)
    rows = []
    for side in there:
        expected: BestOf = best_of(side.errors, tries)
        rows.append(
            {
                "side": side.name,
                "trials": len(side),
                "final": side.final,
                "seconds": side.seconds,
                "best": side.best,
                "line": side.lines[side.best or 0],
                "val_mae": side.lowest,
                "tries": tries,
                "expected": expected.mean,
                "expected_low": expected.low,
                "expected_high": expected.high,
            }
        )
    return pd.DataFrame(rows)


def _random_best(random: Side) -> pd.DataFrame:
    """The best of 1, 2 ... random proposals, as many as there are."""
    import pandas as pd

    usable = np.isfinite(random.lowest)
    rows = [asdict(best_of(random.errors, k)) for k in range(1, usable * len(random) + 1)]
    return pd.DataFrame(rows, columns=["tries", "mean", "low", "high"], dtype=float)


def _curves(folders: list[StudyFolder], all_trials: list[Any]) -> pd.DataFrame:
    import pandas as pd

    frames = [
        pd.DataFrame(
            {
                "study": folder.name,
                "trial": np.arange(1, len(rows) + 1),
                "number": rows["number"],
                "side": rows["side"],
                "error": rows["error"],
                "best": np.minimum.accumulate(rows["error"]),
            }
        )
        for folder, rows in zip(folders, all_trials, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)
