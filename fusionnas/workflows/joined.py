"""The predictor of a study: which models predict together, and their results.

Only held-out rows choose the members and their weights (`fusionnas.statistics.member_selection`).
The test part is used once, after this choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.models.baselines.yardsticks import label_of
from fusionnas.models.bundle import Bundle, bounds_of
from fusionnas.models.card_words import interval_words
from fusionnas.models.class_words import set_words
from fusionnas.models.predictor import Predictor
from fusionnas.models.provenance import calibration_key
from fusionnas.searching.records import TrialRecord
from fusionnas.statistics.bootstrap import mean_intervals
from fusionnas.statistics.calibration import Calibrated
from fusionnas.statistics.combination import Combination
from fusionnas.statistics.member_selection import Selection, select_members
from fusionnas.statistics.mixture import Mixture
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.yardsticks import Computed, best_of, computed
from fusionnas.tasks.kinds import task_of
from fusionnas.tasks.regression import REGRESSION
from fusionnas.tasks.task import Task
from fusionnas.workflows.candidates import Candidate, HeldOut, LeftOut, best_first
from fusionnas.workflows.unseen_rows import Corrections, UnseenRows


@dataclass(frozen=True, slots=True)
class Joined:
    """Models that predict together."""

    members: tuple[Candidate, ...]  # by falling weight
    weights: np.ndarray  # (M,) weights of the members, with the sum 1
    selection: Selection  # selection among all candidates
    held_out: Mixture  # predictions of the members for the held-out rows
    target: np.ndarray  # true values of these rows
    left_out: tuple[LeftOut, ...]
    task: Task

    @property
    def predictor(self) -> Predictor:
        """All models of the members; the models of the folds of one member share its weight."""
        models = [model for candidate in self.members for model in candidate.models]
        return Predictor(
            *models, manifest=models[0].manifest, weights=self.model_weights, how=self.selection.how
        )

    @property
    def model_weights(self) -> np.ndarray:
        """Weight of every model, (K,)."""
        counts = [len(candidate.models) for candidate in self.members]
        return np.repeat(self.weights / counts, counts)

    @property
    def parts(self) -> list[dict[str, Any]]:
        """The total weight of each architecture and yardstick, the largest first."""
        found: dict[str, dict[str, Any]] = {}
        key = self.task.error.key("val")
        for candidate, weight in zip(self.members, self.weights.tolist(), strict=True):
            part = found.setdefault(
                candidate.source,
                {
                    "name": candidate.source,
                    "line": candidate.line,
                    "weight": 0.0,
                    "models": 0,
                    key: candidate.error,
                },
            )
            part["weight"] += weight
            part["models"] += len(candidate.models)
            part[key] = min(part[key], candidate.error)
        return sorted(found.values(), key=lambda part: -part["weight"])


def join(
    folder: StudyFolder, dataset: Dataset, trials: Sequence[TrialRecord] = ()
) -> Joined | None:
    """The ensemble of a study; None if no network can be a member.

    Args:
        folder: folder of the study.
        dataset: data set of the study.
        trials: trials whose networks are used if there was no final training.
    """
    rows = HeldOut(folder, dataset)
    found, left_out = rows.candidates(trials)
    if not any(isinstance(candidate.models[0], Bundle) for candidate in found):
        return None
    found = best_first(found)
    seed = int(folder.facts["seed"])
    # each candidate has one prediction for a held-out row, but for a new row one for each fold; a
    # few of these may be far off, and the median ignores them
    task = rows.task
    ways: tuple[Combination, ...] = task.ways
    if folder.folds and "median" in ways:
        ways = ("median",)
    values = np.stack([one.values for one in found])
    selection = select_members(values, rows.target, seed, ways, task.row_errors)
    order = [
        place
        for place in np.argsort(-selection.weights, kind="stable").tolist()
        if selection.weights[place] > 0
    ]
    members = tuple(found[place] for place in order)
    weights = selection.weights[order]
    said = Mixture(
        np.stack([one.values for one in members]),
        np.stack([one.deviations for one in members]),
        weights,
        selection.how,
        bounds_of(folder.facts["data"]),
    )
    return Joined(members, weights, selection, said, rows.target, tuple(left_out), task)


def joined_facts(
    joined: Joined, folder: StudyFolder, dataset: Dataset, tested: Mixture
) -> tuple[dict[str, Any], Corrections]:
    """The facts about the predictor in the summary, and the correction of its intervals or sets.

    Of several targets, the facts have those of each under `targets`.

    Args:
        joined: its members.
        folder: folder of the study.
        dataset: data set of the study.
        tested: predictions for the test part.
    """
    truth, task = dataset.targets[dataset.parts.test], task_of(dataset)
    key, corrected = task.error.key("test"), dict[str, Any]()
    groups = dataset.test_groups
    rows = UnseenRows(tested, truth, groups=groups)
    if folder.folds:
        rows = replace(rows, held_out=joined.held_out, target=joined.target)
    if dataset.classes:
        corrected, sets = rows.classes()
        corrections = Corrections(sets)
    else:
        corrections = Corrections.of(rows, len(dataset.several), UnseenRows.intervals)
    calibrated = corrections.of_all
    facts: dict[str, Any] = {
        "models": len(joined.model_weights),
        "combination": joined.selection.how,
        "rule": joined.selection.rule,
        "parts": joined.parts,
        task.error.key("val"): task.error.measure(joined.held_out.value, joined.target),
        **task.scores("test", tested.value, truth, dataset.weights_of(dataset.parts.test)),
        f"{key}_interval": mean_intervals(
            task.row_errors(tested.value, truth)[None], groups=groups
        )[0].tolist(),
        "left_out": [asdict(one) for one in joined.left_out],
        "interval_words": _calibration_words(dataset, calibrated),
        **corrected,
    }
    if calibrated is not None:
        facts[calibration_key(folder.facts["data"])] = calibrated[1]
    yardsticks = computed(folder.path)
    facts |= _beside_best(yardsticks, tested.value, truth, task, groups)
    if dataset.several:
        facts["targets"] = [
            _of_target(joined, dataset, k, tested, yardsticks) | _told(dataset, corrections, k)
            for k in range(len(dataset.several))
        ]
    return facts, corrections


def _beside_best(
    yardsticks: Sequence[Computed],
    predicted: np.ndarray,
    truth: np.ndarray,
    task: Task,
    groups: np.ndarray | None,
) -> dict[str, Any]:
    """Compares the predictor with the best yardstick on the test part."""
    best = best_of(yardsticks)
    if best is None:
        return {}
    errors = task.row_errors(np.stack([predicted, best.predictions]), truth)
    low, high = mean_intervals((errors[0] - errors[1])[None], groups=groups)[0].tolist()
    found = {
        "name": best.name,
        "label": label_of(best.name),
        "interval": [low, high],
        "value": float((errors[0] - errors[1]).mean()),
    }
    return {"beside_best": found}


def _of_target(
    joined: Joined, dataset: Dataset, place: int, tested: Mixture, yardsticks: Sequence[Computed]
) -> dict[str, Any]:
    """The errors of the predictor for one of several targets, as in a study of one."""
    own = dataset.of_target(place)
    truth, groups = dataset.targets[dataset.parts.test], dataset.test_groups
    rows = UnseenRows(tested, truth, joined.held_out, joined.target, groups)
    mine = rows.of_target(place)
    assert mine.held_out is not None
    assert mine.target is not None
    known = rows.known(place)
    value, truth = mine.tested.value, mine.truth
    errors = REGRESSION.row_errors(value, truth)
    return {
        "target": own.target,
        REGRESSION.error.key("val"): REGRESSION.error.measure(mine.held_out.value, mine.target),
        **REGRESSION.scores("test", value, truth),
        "test_mae_interval": mean_intervals(errors[None], groups=mine.groups)[0].tolist(),
        **_beside_best(
            [one.of_target(place, own.target, known) for one in yardsticks],
            value,
            truth,
            REGRESSION,
            mine.groups,
        ),
    }


def _told(dataset: Dataset, corrections: Corrections, place: int) -> dict[str, Any]:
    """The correction of the intervals of one of several targets, with words about it."""
    facts = corrections.facts_of(place)
    words = interval_words(facts["interval"], dataset.several[place].unit) if facts else ""
    return facts | {"interval_words": words}


def _calibration_words(dataset: Dataset, calibrated: Calibrated | None) -> str:
    """What is known of the intervals, or of the sets of classes."""
    if calibrated is None:
        return ""
    facts = calibrated[1]
    return set_words(facts) if dataset.classes else interval_words(facts, dataset.unit)
