"""Suggests the candidates to measure next, with reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.units import with_unit
from fusionnas.errors import OptionError
from fusionnas.insight.suggestion.candidates import Candidates, open_candidates
from fusionnas.insight.suggestion.choice import apart
from fusionnas.insight.suggestion.constraint import LEAST, Constraint
from fusionnas.insight.suggestion.feasible import Feasible
from fusionnas.insight.suggestion.rules import ranked
from fusionnas.insight.suggestion.scores import scored
from fusionnas.insight.suggestion.wanted import WantedClass, WantedNumber
from fusionnas.models.predictor import INTERVAL, Predictor
from fusionnas.plots.notebook import notebook_html
from fusionnas.studies.folder import RUNS
from fusionnas.studies.named_network import load_predictor
from fusionnas.tasks.kinds import check_one_target

if TYPE_CHECKING:
    import pandas as pd

SCORES = ("score", "chance", "why")  # columns beside the prediction
APART = 0.1  # smallest share of atoms by which two suggestions differ


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The suggested candidates, the best first."""

    table: pd.DataFrame  # see `suggest`
    target: str  # name of the property
    unit: str
    best: float | None  # the best known value; None if none is known, and for a class
    notes: tuple[str, ...]  # what was left out
    wanted: str = ""  # the class that is looked for; empty for a number
    conditions: tuple[str, ...] = ()  # columns of the conditions beside the formula

    @property
    def shown(self) -> list[str]:
        """The columns that a person reads."""
        own = ["class", "chance"] if self.wanted else ["value", "lower", "upper"]
        return ["formula", *self.conditions, *own, "why"]

    @property
    def _words(self) -> str:
        target = f"{self.target} {self.wanted}".strip()
        return f"Suggestions for {with_unit(target, self.unit)}, the best first"

    def __repr__(self) -> str:
        return f"<{self._words}: {', '.join(self.table['formula'])}>"

    def _repr_html_(self) -> str:
        """The suggestions with their reasons in a notebook."""
        return notebook_html(self._words, self.table[self.shown])


def suggest(
    study: str | Path,
    candidates: str | Iterable[str] | pd.DataFrame,
    goal: str | float,
    *,
    count: int = 20,
    rule: str | None = None,
    distance: float = APART,
    constraints: Sequence[str] = (),
    interval: float = INTERVAL,
    conditions: Mapping[str, Any] | None = None,
    formula_column: str | None = None,
    device: str | None = None,
    runs: str | Path = RUNS,
) -> Suggestions:
    """Rank candidates by the expected benefit of measuring them.

    Args:
        study: a finished study by name or path, or the folder of a model.
        candidates: formulas, or a table of formulas and of the conditions that the models read;
            duplicates, unreadable and known ones are left out and counted.
        goal: max, min, or a value to come near to, in the unit of the target; for a model of
            classes the name of one.
        count: maximum number of suggestions.
        rule: ei, ucb, probability, greedy or explore; see `fusionnas.insight.suggestion.rules`. By
            default it is ei, and probability for a class.
        distance: smallest share of atoms, from 0 to 1, by which two suggestions differ.
        constraints: conditions such as `OTHERSTUDY<0.05` or `OTHERSTUDY=CLASS`; a candidate must
            fulfil each with a chance of at least one half. Scores that are expectations are
            multiplied by the chance.
        interval: chance that the true value lies between `lower` and `upper`.
        conditions: conditions beside the formula by name, which are no columns of `candidates`: one
            value for all candidates, or one for each.
        formula_column: column of the formulas, if `candidates` are a table.
        device: device of torch; by default a GPU if there is one.
        runs: folder of all studies.

    With one value of a condition for all candidates, the best known value is that of the known rows
    with the same value, if there are some. With constraints, it is that of the known rows that
    fulfil them, if there are some (`fusionnas.insight.suggestion.feasible`).

    The table has one row for each suggestion: `formula`, the conditions, the columns of
    `Predictor.predict`, `score`, `chance` (to be better than the best known value, left out if none
    is known; or to have the wanted class), for each constraint its text (the predicted value, or
    the chance of the class) and `chance of ...`, and `why`.

    Raises:
        OptionError: an option is out of range, or a rule needs known values and there are none.
            FormulaError: no candidate can be read. BundleError, StudyError: there is no such model.
            DataError: a condition is missing.
    """
    limits = [Constraint.of(text) for text in constraints]
    if count < 1:
        raise OptionError(f"-n must be at least 1, but got {count}.")
    if not 0 <= distance <= 1:
        raise OptionError(f"--apart must be between 0 and 1, but got {distance:g}.")
    predictor = load_predictor(study, device, runs=runs)
    check_one_target(predictor.manifest, "a suggestion")
    others = [limit.applied_to(load_predictor(limit.study, device, runs=runs)) for limit in limits]
    predictor.check_interval(interval)
    given = dict(conditions or {})
    feasible = Feasible(others, limits, given) if limits else None
    wanted = (
        WantedClass.of(predictor, str(goal), rule)
        if predictor.classes
        else WantedNumber.of(predictor, str(goal), rule, given, feasible)
    )
    rows_of = open_candidates(candidates, [predictor, *others], given, formula_column)
    notes = [*rows_of.notes, *wanted.notes]
    found = scored(wanted, rows_of, others, limits)
    if limits and (out := int(np.isnan(found.score).sum())):
        notes.append(f"{out:,} left out by constraints")
    rows = apart(rows_of.table, ranked(found.score, found.promise), count, distance)
    if not len(rows):
        raise OptionError(
            f"No candidate fulfils {' and '.join(constraints)} with a chance of {LEAST:.0%}."
        )
    if len(rows) < min(count, len(rows_of.table)):
        notes.append(
            f"{len(rows)} suggestions are left, {distance:g} apart from each other and with all "
            "constraints"
        )
    of_limits = [text for limit in limits for text in (limit.text, f"chance of {limit.text}")]
    table, columns = _predicted(predictor, rows_of, rows, interval, (*SCORES, *of_limits))
    table["score"] = found.score[rows]
    if wanted.has_chance:
        table["chance"] = found.chance[rows]
    for limit, value, hold in zip(limits, found.values, found.holds, strict=True):
        table[limit.text] = value[rows]
        table[f"chance of {limit.text}"] = hold[rows]
    notes += wanted.told(table)
    table["why"] = [wanted.why(row) for row in table.to_dict("records")]
    return Suggestions(
        table,
        str(predictor.manifest["target"]),
        predictor.unit,
        wanted.best,
        tuple(notes),
        wanted.name,
        columns,
    )


def measured_column(target: str) -> str:
    """The column for measured values in a table of suggestions that has a column `target`."""
    return f"measured {target}"


def condition_column(condition: str) -> str:
    """The column of a condition in a table of suggestions that has another column of its name."""
    return f"condition {condition}"


def _predicted(
    predictor: Predictor,
    candidates: Candidates,
    rows: np.ndarray,
    interval: float,
    further: Sequence[str],
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The chosen rows with their conditions and predictions, and the columns of the conditions.

    `further` columns will be added to the table.
    """
    own = () if predictor.conditions is None else predictor.conditions.names
    given = candidates.conditions(rows, own)
    texts = [candidates.texts[row] for row in rows.tolist()]
    found = predictor.predict(texts, interval, conditions=given)
    found = found.drop(columns=[c for c in ("known", "known_from") if c in found])
    taken = {*found.columns, *further}
    columns = tuple(condition_column(n) if n in taken else n for n in candidates.cells)
    for place, (name, column) in enumerate(zip(candidates.cells, columns, strict=True), start=1):
        found.insert(place, column, candidates.conditions(rows, [name])[name])
    return found, columns
