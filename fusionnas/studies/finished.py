"""A finished study as the source for views; each part is read when it is first needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from fusionnas.cecv.target_band import TargetBand
from fusionnas.data.stored_rows import read_stored, stored_table
from fusionnas.errors import StudyError
from fusionnas.models.bundle import MANIFEST
from fusionnas.models.calibration_file import read_calibration
from fusionnas.searching.final_training import is_whole, judged_folder
from fusionnas.searching.reference_runs import ReferenceRun
from fusionnas.searching.result_file import read_result
from fusionnas.searching.trial_result import TrialState, usable_rows
from fusionnas.statistics.bootstrap import groups_of
from fusionnas.studies.folder import StudyFolder
from fusionnas.tasks.columns import has_values, values_of
from fusionnas.tasks.task import Metric, Task

if TYPE_CHECKING:
    import pandas as pd
    from optuna.trial import FrozenTrial

    from fusionnas.data.table import CompositionTable
    from fusionnas.models.predictor import Predictor
    from fusionnas.statistics.calibration import Calibration
    from fusionnas.statistics.mixture import Mixture

Side = Literal["global", "local"]
NETWORK, ENSEMBLE = "recommended network", "predictor"  # what a study can predict with


@dataclass(frozen=True, eq=False)  # no slots: cached properties need a place
class FinishedStudy:
    """A finished study, as views read it. Views change nothing in it.

    Every part may raise StudyError if the study does not have it.
    """

    folder: StudyFolder

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """The results of the study, as in summary.json."""
        return self.folder.summary()

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """Everything that is needed to repeat the study, as in study.yaml."""
        return self.folder.facts

    @property
    def unit(self) -> str:
        """Unit of the target; may be empty."""
        return str(self.summary["unit"])

    @property
    def task(self) -> Task:
        """The task of its data."""
        return self.folder.task

    @property
    def error(self) -> Metric:
        """What judges its predictions: the first metric of its task."""
        return self.task.error

    @property
    def val(self) -> str:
        """Column of the validation error in tables of trials: `val_mae` for numbers."""
        return self.error.key("val")

    @property
    def test(self) -> str:
        """Key of the test error: `test_mae` for numbers."""
        return self.error.key("test")

    def with_unit(self, quantity: str) -> str:
        """An axis label: `MAE (uV/K)`, or the quantity alone if there is no unit."""
        return f"{quantity} ({self.unit})" if self.unit else quantity

    @property
    def trials(self) -> pd.DataFrame:
        """One row for each trial, as in trials.csv; a copy that the caller may change."""
        return self._trials.copy()

    @cached_property
    def done(self) -> pd.DataFrame:
        """The finished trials that learned something, by rising validation error."""
        return self.trials[usable_rows(self.trials)].sort_values(self.val, kind="stable")

    @cached_property
    def results(self) -> Mapping[int, Mapping[str, Any]]:
        """The complete result of each finished trial by number, as in its result.json."""
        numbers = self.trials.loc[self.trials["state"] == TrialState.DONE, "number"]
        found = {int(n): read_result(self.folder.trial(int(n))) for n in numbers}
        return {n: result for n, result in found.items() if result is not None}

    @property
    def chosen(self) -> Mapping[str, Any]:
        """The result of the recommended network."""
        result = read_result(self.chosen_folder)
        if result is None:
            number = self.summary["chosen"]["number"]
            raise StudyError(f"The study has no stored result of its trial {number}.")
        return result

    @property
    def judged(self) -> Mapping[str, Any]:
        """The result of the training by which the recommended network was judged.

        The recommended network itself may have been trained on the validation rows, too.
        """
        number = int(self.summary["chosen"]["number"])
        if not is_whole(self.chosen_folder):
            return self.chosen
        return read_result(judged_folder(self.folder.path, number)) or self.chosen

    @property
    def chosen_folder(self) -> Path:
        """The folder of the recommended network."""
        chosen = self.summary["chosen"]
        # the summary of an earlier version does not name it
        return self.folder.path / chosen.get("folder", f"trials/{chosen['number']}")

    @cached_property
    def optuna_trials(self) -> Sequence[FrozenTrial]:
        """The trials of the Optuna study, including duplicates and failures."""
        return self.folder.open_study().get_trials(deepcopy=False)

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """The test part: `formula`, `target`, `prediction`, `uncertainty`, and a column for each
        yardstick with stored predictions, such as `yardstick/lstm`. Of more than two classes, or
        of several targets, each has its own column, `prediction[NAME]`:
        `fusionnas.tasks.columns.values_of` reads both."""
        path = self.folder.path / "test_predictions.csv"
        if not path.is_file():
            raise StudyError("The study has no test_predictions.csv.")
        return read_stored(path, self.folder.conditions)

    @property
    def model(self) -> str:
        """The model that the study predicts with: `predictor` or `recommended network`."""
        return ENSEMBLE if has_values(self.predictions, ENSEMBLE) else NETWORK

    @property
    def seen_parts(self) -> tuple[str, ...]:
        """The parts that this model was fitted to; in an ensemble yardsticks are fitted to both."""
        whole = self.model == ENSEMBLE or self.folder.folds > 0 or is_whole(self.chosen_folder)
        return ("train", "val") if whole else ("train",)

    @property
    def tested_values(self) -> tuple[np.ndarray, np.ndarray]:
        """Values of this model for the test part and their standard deviations, (N,) each.

        Of more than two classes, or of several targets, both are (N, K).
        """
        columns = ("prediction", "uncertainty")
        if self.model == ENSEMBLE:
            columns = (ENSEMBLE, f"{ENSEMBLE}_uncertainty")
        value, deviation = (values_of(self.predictions, name) for name in columns)
        return value, deviation

    @property
    def test_errors(self) -> np.ndarray:
        """Its prediction minus target of the test part, (N,), in the unit of the target."""
        return self.tested_values[0] - values_of(self.predictions, "target")

    @property
    def test_losses(self) -> np.ndarray:
        """Its loss of each row of the test part, (N,), whose mean is the test error."""
        target = values_of(self.predictions, "target")
        return self.task.row_errors(self.tested_values[0], target)

    @cached_property
    def data(self) -> pd.DataFrame:
        """Columns `formula`, `target` and `part` (train, val or test), as the study stores them."""
        return self.folder.data()

    @cached_property
    def compositions(self) -> CompositionTable:
        """The compositions of `data`, row by row."""
        return stored_table(self.data, self.folder.conditions)

    @cached_property
    def test_compositions(self) -> CompositionTable:
        """The compositions of `predictions`, row by row."""
        return stored_table(self.predictions, self.folder.conditions)

    @property
    def test_groups(self) -> np.ndarray | None:
        """The number of each test row's composition, (N,); None if each row has its own."""
        return groups_of(self.test_compositions.keys())

    @cached_property
    def band(self) -> TargetBand | None:
        """The target band, or None."""
        return self.folder.band()

    @property
    def width(self) -> int:
        """Width of the recommended network."""
        return int(self.chosen["architecture"]["width"])

    @cached_property
    def best(self) -> Predictor:
        """The recommended network, ready to predict.

        It is read from its bundle. If the study has no bundle yet, or only one of an earlier run,
        it is read from its trial.
        """
        from fusionnas.models.predictor import Predictor

        number = int(self.summary["chosen"]["number"])
        if (self.folder.best / MANIFEST).is_file():
            found = Predictor.load(self.folder.best)
            if found.bundle.manifest["origin"]["trial"] == number:
                return found
        return self._predictor(self.chosen_folder)

    @cached_property
    def predictor(self) -> Predictor:
        """The study's ensemble, or the recommended network if there is no ensemble."""
        from fusionnas.studies.named_network import load_predictor

        return load_predictor(self.folder.path)

    @property
    def own_correction(self) -> Calibration | None:
        """The correction of the recommended network's intervals, if its bundle has one."""
        return read_calibration(self.folder.best)

    @cached_property
    def tested(self) -> Mixture:
        """The ensemble's predictions of the test part, in the order of `predictions`."""
        return self.predictor.mixture(self.test_compositions)

    def reference(self, side: Side) -> Predictor | None:
        """The reference network of a side whose width is nearest to that of the best network.

        None if the study has none, as with a given band.
        """
        run = self._reference(side)
        return None if run is None else self._predictor(run.path)

    def reference_result(self, side: Side) -> Mapping[str, Any] | None:
        """The result of the same reference network, as in its result.json."""
        run = self._reference(side)
        return None if run is None else run.result

    @cached_property
    def _trials(self) -> pd.DataFrame:
        return self.folder.trials()

    def _reference(self, side: Side) -> ReferenceRun | None:
        mine = [
            run
            for run in self.folder.references()
            if run.side == side and run.usable and run.has_weights
        ]
        return min(mine, key=lambda run: abs(np.log(run.width / self.width)), default=None)

    def _predictor(self, folder: Path) -> Predictor:
        """A network of this study that was stored without the data facts of a bundle."""
        from fusionnas.models.bundle import Bundle
        from fusionnas.models.predictor import Predictor

        return Predictor(Bundle.stored(folder, self.facts["data"]))
