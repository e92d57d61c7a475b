"""A study as comparisons judge it: as a whole, or by one of its several targets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fusionnas.data.table import CompositionTable
from fusionnas.errors import OptionError, did_you_mean
from fusionnas.insight.known_data import KnownData
from fusionnas.models.bundle import Bundle
from fusionnas.models.predictor import Predictor
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.named_network import without_target
from fusionnas.studies.yardsticks import Computed, beside_of, computed
from fusionnas.tasks.columns import values_of
from fusionnas.tasks.kinds import is_classifier
from fusionnas.tasks.regression import REGRESSION
from fusionnas.tasks.task import Task


@dataclass(frozen=True, slots=True)
class Judged:
    """A study, and the target that judges its networks."""

    folder: StudyFolder
    target: str | None = None  # one of several; None: the error of the study itself judges

    @classmethod
    def find(cls, named: str | Path, runs: Path) -> Judged:
        """A study by its name or path, or `STUDY:TARGET`.

        Raises:
            StudyError: there is no such study. OptionError: it has no such target.
        """
        place, target = without_target(named, runs)
        folder = StudyFolder.find(place, runs)
        found = cls(folder, target)
        if target is None or target in found.targets:
            return found
        if found.targets:
            hint = did_you_mean(target, found.targets)
            raise OptionError(f"'{folder.name}' has no target '{target}'; {hint}")
        kind = "judges all classes" if is_classifier(folder.facts["data"]) else "has one target"
        raise OptionError(f"'{folder.name}' {kind}: leave ':{target}' out.")

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of several targets; empty for one."""
        return tuple(one["target"] for one in self.folder.facts["data"].get("targets", ()))

    @property
    def place(self) -> int | None:
        """The place of the target among several."""
        return None if self.target is None else self.targets.index(self.target)

    @property
    def task(self) -> Task:
        return self.folder.task if self.target is None else REGRESSION

    @property
    def val(self) -> str:
        """The key of the validation error in results and tables of trials."""
        key = self.task.error.key("val")
        return key if self.target is None else f"{key}/{self.target}"

    def known(self) -> KnownData:
        """The data of the study; of one target the rows that have it."""
        return KnownData.of_study(self.folder, self.target)

    def predictions(self, path: Path, table: CompositionTable) -> tuple[np.ndarray, int]:
        """Values that a network stored in the study predicts, and its number of parameters.

        (N,) numbers, or (N, K) of several classes or targets.
        """
        whole = Predictor(Bundle.stored(path, self.folder.facts["data"]))
        one = whole if self.place is None else whole.each[self.place]
        return one.mixture_of_all(table).value, one.bundle.network.parameter_count

    def yardsticks(self) -> list[Computed]:
        """The yardsticks with their predictions of the test rows in `known`."""
        found = computed(self.folder.path)
        if self.target is None or self.place is None:
            return found
        data = self.folder.data()
        tested = values_of(data[data["part"] == "test"], "target")
        rows = np.isfinite(tested[:, self.place])
        return [one.of_target(self.place, self.target, rows) for one in found]

    def test_errors(self) -> dict[str, float]:
        """The errors of yardsticks on the study's test part, by name."""
        summary = self.folder.summary()
        of = summary if self.place is None else summary["targets"][self.place]
        return {row["name"]: row[self.task.error.key("test")] for row in beside_of(of)["rows"]}
