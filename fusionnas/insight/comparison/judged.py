"""A study as comparisons judge it: as a whole, or by one of its several targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.table import CompositionTable
from fusionnas.errors import OptionError, did_you_mean
from fusionnas.insight.comparison.budget import final_trainings
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

if TYPE_CHECKING:
    import pandas as pd


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

    @property
    def name(self) -> str:
        return self.of(self.folder.name)

    def of(self, name: str) -> str:
        """A name of the study with the target after a colon."""
        return name if self.target is None else f"{name}:{self.target}"

    def final_trainings(self) -> pd.DataFrame:
        """The final trainings that ended; none for one target, since all targets chose in them."""
        found = final_trainings(self.folder)
        return found if self.target is None else found.iloc[:0]

    def chosen(self, trials: pd.DataFrame) -> Mapping[str, Any]:
        """`number` and validation error of the best network.

        It is the recommended one, if this search trained it; otherwise, and for one target, the
        trial with the lowest error.

        Args:
            trials: `counted_trials`, with the errors of `val`.
        """
        recommended = self.folder.summary()["chosen"]
        if self.target is None and recommended["number"] in trials["number"].to_numpy():
            return recommended
        errors = trials["error"].to_numpy(dtype=float)
        best = int(errors.argmin())
        number = int(trials["number"].iloc[best])
        return {"number": number, self.task.error.key("val"): float(errors[best])}

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
