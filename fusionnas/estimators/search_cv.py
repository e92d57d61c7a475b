"""An estimator that runs a whole architecture search."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Self

from sklearn.utils.validation import check_is_fitted

from fusionnas.data.reading.classes import REGRESSION
from fusionnas.data.reading.input_columns import column_names
from fusionnas.data.reading.split_column import SplitColumn
from fusionnas.errors import DataError
from fusionnas.estimators.formula_regressor import FormulaRegressor
from fusionnas.estimators.inputs import (
    cells_of,
    check_parameters,
    several_targets_of,
    targets_of,
    weights_of,
)
from fusionnas.estimators.regressor import FusionRegressor
from fusionnas.models.bundle import ENSEMBLE


class FusionSearchCV(FormulaRegressor):
    """A whole architecture search as a scikit-learn regressor.

    Like scikit-learn's searches it is fitted as an estimator and then predicts with the best
    result. X and y are split 70/15/15 by composition. The validation part guides the search, or for
    a small table folds of all rows except the test part. The test part is used once.

    Args:
        space: name of a search space (see `fusionnas spaces`) or a YAML file.
        trials, time_budget, sampler, quality, folds, epochs, recipe, probe, band, workers,
        gpus_per_trial, split, merge, seed: as in `fusionnas.search`. A split by a column
            (column:NAME, time:NAME) needs this column in X, a DataFrame.
        name: name of the study; None gives it a new name.
        resume: continue the study of that name, which was stopped on the same X and y.
        runs: folder of studies, which store all trained networks.
        track: whether to keep an MLflow record, too; or the name of a tracker, as in
            `fusionnas.search`.
        formula_column: formula column of X if it is a DataFrame; by default it is recognised.
        input_columns: columns of X, a DataFrame, that are conditions beside the formula, such as
            `temperature,route`.
        unit: unit of y, for tables; of several targets one for each, separated by commas.
        verbose: show progress on standard error.

    Attributes:
        study_: the `StudyResult`; `study_.summary` has the results, `study_.folder` is its folder.
        best_estimator_: a fitted `FusionRegressor`: the recommended network, as the search trained
            it, without its `history_`. A clone of it trains the architecture anew.
        predictor_: the study's `fusionnas.models.predictor.Predictor`, with which this estimator
            predicts: its ensemble, or the recommended network if it has no ensemble.
    """

    def __init__(
        self,
        space: str = "default",
        *,
        trials: int | None = None,
        time_budget: float | None = None,
        sampler: str = "adaptive",
        quality: str = "good",
        folds: str | int = "auto",
        epochs: int | None = None,
        recipe: str = "default",
        probe: str | None = None,
        band: str | Path = "reference",
        workers: int | None = None,
        gpus_per_trial: float | None = None,
        split: str = "random",
        merge: str = "median",
        seed: int = 0,
        name: str | None = None,
        resume: bool = False,
        runs: str | Path = "runs",
        track: bool | str = False,
        formula_column: str | None = None,
        input_columns: str | Sequence[str] | None = None,
        unit: str = "",
        verbose: bool = False,
    ) -> None:
        self.space = space
        self.trials = trials
        self.time_budget = time_budget
        self.sampler = sampler
        self.quality = quality
        self.folds = folds
        self.epochs = epochs
        self.recipe = recipe
        self.probe = probe
        self.band = band
        self.workers = workers
        self.gpus_per_trial = gpus_per_trial
        self.split = split
        self.merge = merge
        self.seed = seed
        self.name = name
        self.resume = resume
        self.runs = runs
        self.track = track
        self.formula_column = formula_column
        self.input_columns = input_columns
        self.unit = unit
        self.verbose = verbose

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Search on formulas X and targets y (N,), whose rows may have weights (N,).

        Several targets are y (N, T), with NaN for gaps, and have no weights.

        Raises:
            InputError (a ValueError): formulas, targets, options or a study cannot be used.
            SearchFailed: no trial was finished.
        """
        import pandas as pd

        from fusionnas.workflows.search import search
        from fusionnas.workflows.search_options import SearchOptions

        check_parameters(self)
        formulas = self._formulas(X)
        together = several_targets_of(y, formulas)
        if together is not None and sample_weight is not None:
            raise DataError("sample_weight is for one target, but y has several columns.")
        names = [str(getattr(y, "name", None) or "target")] if together is None else together[1]
        column = "formula" if "formula" not in names else "composition"
        inputs = column_names(self.input_columns)
        frame = pd.DataFrame(cells_of(X, inputs), range(len(formulas)), inputs)
        frame[column] = formulas
        frame[names] = targets_of(y, formulas)[:, None] if together is None else together[0]
        by = SplitColumn.of(self.split)
        if by is not None:
            of_x = [str(name).strip() for name in getattr(X, "columns", ())]
            if by.name not in of_x:
                raise DataError(
                    f"split='{self.split}' needs X to be a DataFrame with the column '{by.name}'."
                )
            if by.name in (column, *names):
                raise DataError(
                    f"split='{self.split}': '{by.name}' is the name of the formulas or of y, too; "
                    "rename the column."
                )
            frame[by.name] = X.iloc[:, of_x.index(by.name)].to_numpy()
        weights = weights_of(sample_weight, formulas)
        if weights is not None:
            frame["sample_weight"] = weights
        options = {
            field.name: getattr(self, field.name)
            for field in fields(SearchOptions)
            if hasattr(self, field.name)
        }
        options |= {
            "data": frame,
            "formula_column": column,
            "target_column": names[0] if together is None else names,
            "task": REGRESSION,
            "weight_column": None if weights is None else "sample_weight",
            "unit": self.unit or None,
            # two searches within a second, as in a cross validation, need different names
            "name": self.name if self.name or self.resume else f"search-{uuid.uuid4().hex[:12]}",
        }
        self.study_ = search(**options, display=_display(self.verbose))
        self.predictor_ = self.study_.predictor
        network = self.study_.best
        architecture = network.bundle.network.architecture
        best = FusionRegressor(
            architecture,
            width=architecture.width,
            epochs=self.epochs,
            recipe=self.recipe,
            merge=self.merge,
            seed=self.seed,
            formula_column=self.formula_column,
            input_columns=self.input_columns,
            unit=self.unit,
        )
        best.predictor_ = network
        best.metrics_ = dict(network.manifest["metrics"])
        self.best_estimator_ = best
        return self

    def save(self, folder: str | Path) -> Path:
        """Write the model that it predicts with: the study's ensemble, or its recommended network.

        Raises:
            BundleError: the folder exists and is not empty, or cannot be written.
        """
        from fusionnas.workflows.export import export_predictor

        check_is_fitted(self, "predictor_")
        if self.predictor_.manifest.get("kind") != ENSEMBLE:
            return super().save(folder)
        export_predictor(self.study_.folder.path, folder)
        return Path(folder)


def _display(verbose: bool) -> Any:
    if not verbose:
        return None
    from fusionnas.terminal.search_progress import ConsoleDisplay

    return ConsoleDisplay()
