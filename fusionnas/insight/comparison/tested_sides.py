"""Tests the best networks of a search's sides, and of several studies at an equal budget.

Only what validation chose is tested, and networks that are compared are tested together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.insight.comparison.budget import Choice, chosen_with, in_trainings
from fusionnas.insight.comparison.contenders import of_stored
from fusionnas.insight.comparison.judged import Judged
from fusionnas.insight.comparison.judgement import judge
from fusionnas.insight.comparison.sides import Side
from fusionnas.insight.comparison.test_set import TestSet

if TYPE_CHECKING:
    import pandas as pd


def tested_sides(
    study: Judged,
    name: str,
    trials: pd.DataFrame,
    sides: Mapping[str, Side],
    ours: Choice,
    test: TestSet,
    seed: int,
) -> tuple[pd.DataFrame, list[str]]:
    """Test the study's best network and each side's best; also the names of those without weights.

    All are as their trials left them; only the study's best had a final training.
    """
    more = f" + {ours.final}" if ours.final else ""
    picks = {f"{name}, best of {ours.trials}{more}": ours}
    for proposer, side in sides.items():
        if side.best is not None and side.best != ours.number:
            by = "by the sampler" if proposer == "sampler" else proposer
            picks[f"best of {len(side)} {by}"] = Choice(side.best, len(side), 0)
    return _judged(
        [
            (study, study.folder.trial(choice.number), called, _facts(study, trials, choice))
            for called, choice in picks.items()
        ],
        test,
        seed,
    )


def tested_studies(
    studies: Sequence[Judged],
    names: Sequence[str],
    all_trials: Sequence[pd.DataFrame],
    test: TestSet,
    seed: int,
) -> tuple[pd.DataFrame, list[str]]:
    """The first study's best against that of each other study, chosen with equal budgets."""
    import pandas as pd

    frames, missing = [_nothing()], []
    spent = [
        len(rows) + in_trainings(study.final_trainings())
        for study, rows in zip(studies, all_trials, strict=True)
    ]
    others = zip(studies[1:], names[1:], all_trials[1:], spent[1:], strict=True)
    for study, name, rows, theirs in others:
        budget = min(spent[0], theirs)
        heads = [its["error"][:budget] for its in (all_trials[0], rows)]
        if not all(np.isfinite(head).any() for head in heads):
            missing.append(f"{name} (no usable network within {budget} trainings)")
            continue
        pair = []
        for one, called, its in ((studies[0], names[0], all_trials[0]), (study, name, rows)):
            choice = chosen_with(budget, one.folder, its, one.target is None)
            facts = _facts(one, its, choice) | {"budget": budget}
            pair.append((one, choice.place(one.folder), called, facts))
        judged, without = _judged(pair, test, seed)
        missing += without
        if len(judged):
            frames.append(judged.assign(against=["", names[0]]))
    return pd.concat(frames, ignore_index=True), missing


def _judged(
    picks: Sequence[tuple[Judged, Path, str, dict[str, Any]]], test: TestSet, seed: int
) -> tuple[pd.DataFrame, list[str]]:
    """Networks tested together; empty, with the names of the missing, if one has no weights."""
    found = [of_stored(study, place, name, test, facts) for study, place, name, facts in picks]
    names = [name for _, _, name, _ in picks]
    missing = [name for name, one in zip(names, found, strict=True) if one is None]
    if missing:
        return _nothing(), missing
    task = picks[0][0].task
    judged = judge([one for one in found if one is not None], test, seed, task)
    return judged.drop(columns="kind"), []


def _facts(study: Judged, rows: pd.DataFrame, choice: Choice) -> dict[str, Any]:
    """Facts beside the errors of a tested trial."""
    row = rows[rows["number"] == choice.number].iloc[0]
    return {
        "trial": choice.number,
        "side": row["side"],
        "tries": choice.trials,
        "final": choice.final,
        study.task.error.key("val"): float(row["error"]),
        "line": str(row["architecture"]),
    }


def _nothing() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame()
