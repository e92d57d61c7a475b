"""Suggests the candidates to measure next, with reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.table import CompositionTable, parse_formulas
from fusionnas.data.units import with_unit
from fusionnas.errors import FormulaError, OptionError
from fusionnas.insight.suggestion.choice import apart
from fusionnas.insight.suggestion.constraint import LEAST, Constraint
from fusionnas.insight.suggestion.outlook import Outlook
from fusionnas.insight.suggestion.rules import (
    DEFAULT_RULE,
    Goal,
    Rule,
    find_rule,
    promise,
    ranked,
)
from fusionnas.models.predictor import INTERVAL, Predictor
from fusionnas.plots.notebook import notebook_html
from fusionnas.studies.folder import RUNS
from fusionnas.studies.named_network import load_predictor
from fusionnas.tasks.kinds import check_predicts_numbers, check_reads_formulas

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 5000  # candidates whose outlook is in memory at a time
HARDLY = 0.01  # a smaller chance is not told as a number
APART = 0.1  # smallest share of atoms by which two suggestions differ


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The suggested candidates, the best first."""

    table: pd.DataFrame  # see `suggest`
    target: str  # name of the property
    unit: str
    best: float | None  # the best known value; None if none is known
    notes: tuple[str, ...]  # what was left out

    @property
    def _words(self) -> str:
        return f"Suggestions for {with_unit(self.target, self.unit)}, the best first"

    def __repr__(self) -> str:
        return f"<{self._words}: {', '.join(self.table['formula'])}>"

    def _repr_html_(self) -> str:
        """The suggestions with their reasons in a notebook."""
        return notebook_html(self._words, self.table[["formula", "value", "lower", "upper", "why"]])


def suggest(
    study: str | Path,
    candidates: Sequence[str],
    goal: str | float,
    *,
    count: int = 20,
    rule: str = DEFAULT_RULE,
    distance: float = APART,
    constraints: Sequence[str] = (),
    interval: float = INTERVAL,
    device: str | None = None,
    runs: str | Path = RUNS,
) -> Suggestions:
    """Rank candidates by the expected benefit of measuring them.

    Args:
        study: a finished study by name or path, or the folder of a model.
        candidates: formulas; duplicates, unreadable and known ones are left out and counted.
        goal: max, min, or a value to come near to, in the unit of the target.
        count: maximum number of suggestions.
        rule: ei, ucb, probability, greedy or explore; see `fusionnas.insight.suggestion.rules`.
        distance: smallest share of atoms, from 0 to 1, by which two suggestions differ.
        constraints: conditions such as `OTHERSTUDY<0.05`; a candidate must fulfil each with a
            chance of at least one half. Scores that are expectations are multiplied by the chance.
        interval: chance that the true value lies between `lower` and `upper`.
        device: device of torch; by default a GPU if there is one.
        runs: folder of all studies.

    The table has one row for each suggestion: `formula`, the columns of `Predictor.predict`,
    `score`, `chance` (to be better than the best known value; left out if none is known), for each
    constraint its text (the predicted value) and `chance of ...`, and `why`.

    Raises:
        OptionError: an option is out of range, or a rule needs known values and there are none.
            FormulaError: no candidate can be read. BundleError, StudyError: there is no such model.
    """
    wanted, by = Goal.of(str(goal)), find_rule(rule)
    limits = [Constraint.of(text) for text in constraints]
    if count < 1:
        raise OptionError(f"-n must be at least 1, but got {count}.")
    if not 0 <= distance <= 1:
        raise OptionError(f"--apart must be between 0 and 1, but got {distance:g}.")
    predictor = load_predictor(study, device, runs=runs)
    others = [load_predictor(limit.study, device, runs=runs) for limit in limits]
    for one in (predictor, *others):
        check_predicts_numbers(one.manifest, "a suggestion")
        check_reads_formulas(one.manifest, "a suggestion")
    predictor.check_interval(interval)
    known = _known_values(predictor)
    if by.needs_known and not len(known):
        raise OptionError(
            f"--rule {by.name} compares with known values, and '{study}' has none; name a study, "
            "or use --rule ucb."
        )
    table, texts, notes = _open_candidates(candidates, [predictor, *others])
    best = float(known[wanted.utility(known).argmax()]) if len(known) else None
    scores, promises, chances, values, holds = _scored(
        predictor, others, limits, table, wanted, by, best
    )
    if limits and (out := int(np.isnan(scores).sum())):
        notes.append(f"{out:,} left out by constraints")
    rows = apart(table, ranked(scores, promises), count, distance)
    if not len(rows):
        raise OptionError(
            f"No candidate fulfils {' and '.join(constraints)} with a chance of {LEAST:.0%}."
        )
    if len(rows) < min(count, len(table)):
        notes.append(
            f"{len(rows)} suggestions are left, {distance:g} apart from each other and with all "
            "constraints"
        )
    found = predictor.predict([texts[row] for row in rows.tolist()], interval)
    found = found.drop(columns=[c for c in ("known", "known_from") if c in found])
    found["score"] = scores[rows]
    if best is not None:
        found["chance"] = chances[rows]
    for limit, value, hold in zip(limits, values, holds, strict=True):
        found[limit.text] = value[rows]
        found[f"chance of {limit.text}"] = hold[rows]
    if best is not None and by.by_chance and (found["chance"] < HARDLY).all():
        notes.append(
            f"none is {wanted.better_than} the best known, {best:.4g}, with {HARDLY:.0%} or more; "
            "the first ones come nearest to it, in standard deviations"
        )
    found["why"] = [_why(row, wanted, by, best) for row in found.to_dict("records")]
    target = str(predictor.manifest["target"])
    return Suggestions(found, target, predictor.unit, best, tuple(notes))


def _known_values(predictor: Predictor) -> np.ndarray:
    known = predictor.known
    return np.array([] if known is None else list(known.values.values()))


def _open_candidates(
    candidates: Sequence[str], predictors: Sequence[Predictor]
) -> tuple[CompositionTable, list[str], list[str]]:
    """Distinct candidates that can be predicted and are not known, their texts, and notes."""
    table, places, errors = parse_formulas(list(candidates))
    if not len(table):
        reason = next(iter(errors.values()), "there is none")
        raise FormulaError(f"No candidate can be read: {reason}")
    notes: list[str] = []
    if errors:
        reason = next(iter(errors.values()))
        notes.append(f"{len(errors):,} could not be read, such as: {reason.rstrip('.')}")
    _, first = np.unique(table.keys(), return_index=True)
    rows = np.sort(first)
    if len(rows) < len(table):
        notes.append(f"{len(table) - len(rows):,} are given more than once")
    lacking = np.any([~p.covered[table.numbers] for p in predictors], axis=0)
    readable = rows[~table.row_any(lacking)[rows]]
    if len(readable) < len(rows):
        notes.append(f"{len(rows) - len(readable):,} have elements that no model can read")
    known = predictors[0].known
    fitted = predictors[0].compositions
    formulas = set(known.values) if known is not None else set()
    if known is None and fitted is not None:
        formulas = set(fitted.formulas())
    own = table.formulas()
    left = [row for row in readable.tolist() if own[row] not in formulas]
    if len(left) < len(readable):
        notes.append(f"{len(readable) - len(left):,} are known already")
    if not left:
        raise OptionError("No candidate is left: all are known, or cannot be predicted.")
    kept = np.array(left, dtype=np.int64)
    texts = [str(candidates[place]).strip() for place in places[kept].tolist()]
    return table.take(kept), texts, notes


def _scored(
    predictor: Predictor,
    others: Sequence[Predictor],
    limits: Sequence[Constraint],
    table: CompositionTable,
    goal: Goal,
    rule: Rule,
    best: float | None,
) -> tuple[np.ndarray, ...]:
    """Scores, promises and chances to be better (N,); values and chances of constraints (C, N)."""
    scores, promises, chances = np.empty((3, len(table)))
    values, holds = np.empty((2, len(limits), len(table)))
    known = float("-inf") if best is None else float(goal.utility(np.array(best)))
    for start in range(0, len(table), CHUNK):
        rows = np.arange(start, min(start + CHUNK, len(table)))
        part = table.take(rows)
        outlook = Outlook.of(predictor.mixture(part), predictor.calibration)
        utility = goal.utility(outlook.points)
        own = rule.score(outlook, utility, known)
        for place, (other, limit) in enumerate(zip(others, limits, strict=True)):
            found = other.mixture(part)
            hold = other.chance(found, (limit.low, limit.high))
            values[place, rows], holds[place, rows] = found.value, hold
            own = np.where(hold < LEAST, np.nan, own * hold if rule.by_chance else own)
        scores[rows], chances[rows] = own, outlook.mean(utility > known)
        promises[rows] = promise(outlook, utility, known)
    return scores, promises, chances, values, holds


def _why(row: Mapping[Any, Any], goal: Goal, rule: Rule, best: float | None) -> str:
    """The reasons for a suggestion, in words."""
    value, uncertainty = row["value"], row["uncertainty"]
    words = []
    if rule.name == "explore":
        words.append(f"uncertain by {uncertainty:.3g}")
    elif best is None:
        words.append(f"ranked by {rule.about}")
    elif goal.utility(np.array(value)) > goal.utility(np.array(best)):
        words.append(f"predicted {goal.better_than} the best known, {best:.4g}")
    else:
        chance = f"{row['chance']:.0%}" if row["chance"] >= HARDLY else f"less than {HARDLY:.0%}"
        words.append(f"{goal.better_than} the best known, {best:.4g}, with {chance}")
    if row["unseen_elements"]:
        words.append(f"not in the training data: {row['unseen_elements']}")
    if near := row.get("nearest_training"):
        far = "far from the training data: " if row.get("far") else ""
        words.append(f"{far}nearest {near} at {row['distance']:.2f}")
    return "; ".join(words)
