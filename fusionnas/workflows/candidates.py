"""The models of a study that can be members of its ensemble, with their held-out predictions.

A candidate is a network of the final training, or a yardstick. In a study with folds it consists of
the networks of all folds; each predicts the rows that it was not trained on. Without folds a
network predicts the validation part. The predictor then has its refit to all training and
validation rows; yardsticks are fitted to these rows again, too. If there was no time for a final
training, the networks of the best trials are used instead, also refitted if there was time for
that; with folds only the first network of a trial is stored.

The epoch of a network was chosen by the rows that it is judged on here. This makes its error look
better by as much as validation errors differ from one epoch to the next. Yardsticks do not have
this advantage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.folds import places, search_folds, study_splits
from fusionnas.errors import FusionNASError
from fusionnas.models.baselines.yardsticks import CONSTANTS, label_of
from fusionnas.models.bundle import Bundle
from fusionnas.models.member import Member, SharedInputs
from fusionnas.models.yardstick_member import fitted_member
from fusionnas.searching import yardstick_jobs
from fusionnas.searching.final_training import (
    FinalTraining,
    final_trainings,
    name_of,
    refit_of,
    refitted_trials,
    training_folders,
)
from fusionnas.searching.fold_results import FOLDS, read_held_out
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.result_file import read_result
from fusionnas.searching.trial_result import TrialState
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.yardsticks import failed
from fusionnas.tasks.kinds import task_of
from fusionnas.training.device import pick_device


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible member: one model, or several trained alike on different folds."""

    name: str  # name for people: "trial 12, seed 0"
    source: str  # the trial or yardstick it belongs to: "trial 12"
    line: str
    models: tuple[Member, ...]
    folders: tuple[Path, ...]  # folder of each model
    facts: tuple[Mapping[str, Any], ...]  # result of each model
    values: np.ndarray  # (N,) predictions of held-out rows, in the target's unit; (N, K) of several
    deviations: np.ndarray  # (N,) their standard deviations
    error: float  # the task's error on these rows


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A model that cannot be a member, and the reason."""

    name: str
    reason: str


class HeldOut:
    """The rows of a study that its models were not trained on."""

    def __init__(self, folder: StudyFolder, dataset: Dataset) -> None:
        self.folder = folder
        self.dataset = dataset
        self.task = task_of(dataset)
        self.splits = study_splits(dataset.parts, folder.folds, int(folder.facts["seed"]))
        self.rows = np.concatenate([parts.val for parts in self.splits])  # (N,) rows of the table
        self.target = dataset.targets[self.rows]
        self.device = pick_device()
        self.inputs = SharedInputs(dataset.table.take(self.splits[0].val), self.device)
        self.data = folder.facts["data"]

    def candidates(
        self, trials: Sequence[TrialRecord] = ()
    ) -> tuple[list[Candidate], list[LeftOut]]:
        """All possible members, and the models that were left out.

        Args:
            trials: trials whose networks are used if there was no final training.
        """
        found: list[Candidate] = []
        left_out = list(self._failures())
        for training in final_trainings(self.folder.path):
            try:
                found.append(self._network(training))
            except FusionNASError as e:
                left_out.append(LeftOut(training.name, str(e)))
        numbers = refitted_trials(self.folder.path) if self.folder.folds == 0 else []
        for number in numbers if found or numbers else [record.number for record in trials]:
            try:
                found.append(self._trial(number))
            except FusionNASError as e:
                left_out.append(LeftOut(f"trial {number}", str(e)))
        for name, (values, spread) in yardstick_jobs.held_out(self.folder.path).items():
            if name in CONSTANTS:
                continue
            try:
                found.append(self._yardstick(name, values, spread))
            except FusionNASError as e:
                left_out.append(LeftOut(label_of(name), str(e)))
        return found, left_out

    def _network(self, training: FinalTraining) -> Candidate:
        place = training.folder
        many = len(self.splits) > 1
        folders = [place / FOLDS / str(f) for f in range(len(self.splits))] if many else [place]
        models = tuple(self._bundle(folder) for folder in folders)
        values, deviations = read_held_out(place) if many else models[0].predict(self.inputs)
        found = Candidate(
            training.name,
            f"trial {training.number}",
            str(training.result["line"]),
            models,
            tuple(folders),
            tuple(read_result(folder) or {} for folder in folders),
            values,
            deviations,
            self.task.error.measure(values, self.target),
        )
        return found if many else self._refitted(found, place)

    def _refitted(self, judged: Candidate, folder: Path) -> Candidate:
        """A network judged by held-out rows, with the weights of its refit to all rows."""
        place = refit_of(self.folder.path, folder)
        if place is None:
            return judged
        own: Mapping[str, Any] = read_result(place) or {}
        more = {name: own[name] for name in ("epochs", "refit_epochs") if name in own}
        facts = ({**judged.facts[0], **more},)  # the errors stay
        return replace(judged, models=(self._bundle(place),), folders=(place,), facts=facts)

    def _trial(self, number: int) -> Candidate:
        """The stored network of a trial, judged by the predictions of all networks of the trial."""
        place = self.folder.trial(number)
        model, result = self._bundle(place), read_result(place) or {}
        if len(self.splits) > 1:
            said = read_held_out(place)[:, self._places_in_trials()]
        else:
            said = np.stack(model.predict(self.inputs))
        name = f"trial {number}"
        found = Candidate(
            name,
            name,
            str(result["line"]),
            (model,),
            (place,),
            (result,),
            said[0],
            said[1],
            self.task.error.measure(said[0], self.target),
        )
        return found if len(self.splits) > 1 else self._refitted(found, place)

    def _places_in_trials(self) -> np.ndarray:
        """Positions of the rows among the held-out rows of a trial, which has fewer folds."""
        folds, seed = search_folds(self.folder.folds), int(self.folder.facts["seed"])
        theirs = study_splits(self.dataset.parts, folds, seed)
        return places(self.rows, np.concatenate([parts.val for parts in theirs]))

    def _bundle(self, folder: Path) -> Bundle:
        bundle = Bundle.stored(folder, self.data)
        bundle.to(self.device)
        return bundle

    def _yardstick(self, name: str, values: np.ndarray, spread: np.ndarray) -> Candidate:
        folder = self.folder.path / yardstick_jobs.FOLDER / name / yardstick_jobs.MODEL
        truth = self.task.as_values(self.target)
        member = fitted_member(folder, values, spread, truth, self.data)
        label = label_of(name)
        return Candidate(
            label,
            label,
            label,
            (member,),
            (folder,),
            ({},),
            values,
            member.deviation(spread),
            self.task.error.measure(values, self.target),
        )

    def _failures(self) -> Iterator[LeftOut]:
        """Final trainings and yardsticks that failed."""
        for path in sorted(training_folders(self.folder.path)):
            result = read_result(path)
            if result is not None and result["state"] != TrialState.DONE:
                yield LeftOut(name_of(path), str(result["reason"]))
            elif result is not None and result["collapsed"]:
                yield LeftOut(name_of(path), "it learned nothing")
        why_not = failed(self.folder.path)
        yield from (LeftOut(label_of(name), reason) for name, reason in why_not.items())


def best_first(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Sorted by their error on held-out rows."""
    return sorted(candidates, key=lambda candidate: (candidate.error, candidate.name))
