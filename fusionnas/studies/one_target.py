"""One target of a study of several, in the form of a study of one, for views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.models.bundle import manifest_of_target
from fusionnas.models.calibration_file import read_calibrations
from fusionnas.studies.finished import FinishedStudy
from fusionnas.tasks.columns import values_of
from fusionnas.tasks.regression import REGRESSION
from fusionnas.tasks.task import Task

if TYPE_CHECKING:
    import pandas as pd

    from fusionnas.models.predictor import Predictor
    from fusionnas.statistics.calibration import Calibration


@dataclass(frozen=True, eq=False)
class TargetOfStudy(FinishedStudy):
    """The rows that have a value of the target, the errors on them, and the models of it."""

    whole: FinishedStudy
    place: int  # of the target

    @property
    def name(self) -> str:
        """The name of the target."""
        return str(self.facts["data"]["target"])

    @property
    def task(self) -> Task:
        return REGRESSION

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        facts = self.whole.facts
        data = {k: v for k, v in facts["data"].items() if k != "targets"}
        own = manifest_of_target({"targets": facts["data"]["targets"]}, self.place)
        return {**facts, "data": {**data, **own.pop("data", {}), **own, "task": "regression"}}

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """That of the study, with what it says about this target."""
        summary = self.whole.summary
        own = dict(summary["targets"][self.place])
        found = {k: v for k, v in summary.items() if k not in ("targets", "task", "interval")}
        found |= {**own, "chosen": {**summary["chosen"], **own["chosen"]}}
        if mine := summary["predictor"]:
            one = mine["targets"][self.place]
            found["predictor"] = {k: v for k, v in mine.items() if k != "targets"} | one
        return found

    @cached_property
    def predictions(self) -> pd.DataFrame:
        return self._own(self.whole.predictions)

    @cached_property
    def data(self) -> pd.DataFrame:
        return self._own(self.whole.data)

    @cached_property
    def best(self) -> Predictor:
        return self.whole.best.each[self.place]

    @cached_property
    def predictor(self) -> Predictor:
        return self.whole.predictor.each[self.place]

    @property
    def own_correction(self) -> Calibration | None:
        return read_calibrations(self.folder.best, self.whole.facts["data"])[self.place]

    def _own(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows with a value of the target, and the columns of it without its name."""
        ends = [f"[{one['target']}]" for one in self.whole.facts["data"]["targets"]]
        end = ends[self.place]
        known = np.isfinite(values_of(frame, "target")[:, self.place])
        names = {str(c): str(c).removesuffix(end) for c in frame if str(c).endswith(end)}
        others = [c for c in frame if not str(c).endswith(tuple(ends))]
        return frame.loc[known, [*names, *others]].rename(columns=names).reset_index(drop=True)
