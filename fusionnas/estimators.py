"""scikit-learn estimators: formulas in, a property out.

`FusionRegressor` trains one architecture, `FusionSearchCV` searches for one. X is a list, array or
Series of formulas, a table of one column, or a DataFrame whose formula column is named.
"""

from __future__ import annotations

import copy
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import Tags, check_consistent_length
from sklearn.utils.validation import check_is_fitted, column_or_1d

from fusionnas.architecture import Architecture
from fusionnas.bundle import save_bundle
from fusionnas.data.files import FORMULA_NAMES
from fusionnas.data.in_memory import training_dataset
from fusionnas.errors import DataError, did_you_mean
from fusionnas.predict import INTERVAL, Predictor
from fusionnas.train import train_in_memory
from fusionnas.trained_network import Named
from fusionnas.training.trainer import EpochRecord

if TYPE_CHECKING:
    import pandas as pd


class _FormulaRegressor(RegressorMixin, BaseEstimator):
    """What both estimators do once they hold a `predictor_`."""

    formula_column: str | None
    predictor_: Predictor

    def predict(
        self,
        X: Any,
        return_std: bool = False,
    ) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
        """Predictions (N,) in the unit of y, and with `return_std` their standard deviations (N,).

        Raises:
            FormulaError: a formula that cannot be read; NotFittedError: before `fit`.
        """
        frame = self.predict_frame(X)
        value = frame["value"].to_numpy()
        return (value, frame["uncertainty"].to_numpy()) if return_std else value

    def predict_interval(
        self,
        X: Any,
        level: float = INTERVAL,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper ends (N,) of intervals that hold the true value with a chance `level`."""
        frame = self.predict_frame(X, level)
        return frame["lower"].to_numpy(), frame["upper"].to_numpy()

    def predict_frame(self, X: Any, level: float = INTERVAL) -> pd.DataFrame:
        """All that is told of each formula; the columns are those of `Predictor.predict`."""
        check_is_fitted(self, "predictor_")
        return self.predictor_.predict(self._formulas(X), level)

    def save(self, folder: str | Path) -> Path:
        """Write the network as a bundle, which `fusionnas predict` and `fusionnas.load` read.

        Raises:
            BundleError: the folder exists and is not empty, or cannot be written.
        """
        check_is_fitted(self, "predictor_")
        bundle = self.predictor_.bundle
        network = copy.deepcopy(bundle.network).cpu()
        save_bundle(
            Path(folder), network, bundle.scaler, bundle.manifest, bundle.compositions,
            calibration=bundle.calibration,
        )  # fmt: skip
        return Path(folder)

    def _formulas(self, X: Any) -> list[str]:
        return formulas_of(X, self.formula_column)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        tags.input_tags.two_d_array = True  # of one column
        return tags


class FusionRegressor(_FormulaRegressor):
    """A network of one architecture as a scikit-learn regressor.

    Rows of one composition are merged, and a validation part, on whole compositions, picks the
    best epoch; neither depends on the order of the rows.

    Args:
        architecture: a name (see `fusionnas architectures`), a YAML file, or an architecture.
        width: channels, instead of the architecture's own; None keeps those.
        epochs: None is the recipe's own number, more for small data.
        recipe: default, paper, or a YAML file.
        validation_share: of the distinct compositions.
        merge: several rows of one composition: median, mean, min, first or error.
        seed: of the validation part, weights, order and noise.
        init_from: a bundle, a study or a `Predictor` whose network is trained further (fine-tuned);
            its architecture and width take the place of those above.
        freeze: parts of it that stay as they are, separated by commas: embedding, global, local,
            fusion, readout.
        layer_rates: factors of the learning rate by part, such as `all=0.1,readout=1`.
        device: of torch; a GPU where there is one.
        precision: of predictions, fp32 or bf16.
        formula_column: of X where it is a DataFrame; found by itself where it is plain.
        unit: of y, for tables.
        verbose: print a line an epoch on standard error.

    Attributes:
        predictor_: a `fusionnas.predict.Predictor`.
        metrics_: of validation: `val_mae`, `val_rmse`, `skill`, `collapsed`, `best_epoch` ...
        history_: an `EpochRecord` for each epoch.
    """

    def __init__(
        self,
        architecture: str | Architecture = "l-g-dcnn",
        *,
        width: int | None = 128,
        epochs: int | None = None,
        recipe: str = "default",
        validation_share: float = 0.15,
        merge: str = "median",
        seed: int = 0,
        init_from: Named | None = None,
        freeze: str | None = None,
        layer_rates: str | None = None,
        device: str | None = None,
        precision: str = "fp32",
        formula_column: str | None = None,
        unit: str = "",
        verbose: bool = False,
    ) -> None:
        self.architecture = architecture
        self.width = width
        self.epochs = epochs
        self.recipe = recipe
        self.validation_share = validation_share
        self.merge = merge
        self.seed = seed
        self.init_from = init_from
        self.freeze = freeze
        self.layer_rates = layer_rates
        self.device = device
        self.precision = precision
        self.formula_column = formula_column
        self.unit = unit
        self.verbose = verbose

    def fit(self, X: Any, y: Any) -> Self:
        """Train on formulas X and targets y (N,).

        Raises:
            InputError (a ValueError): formulas, targets or options that cannot be used.
            TrainingFailed: the loss became infinite or not a number.
        """
        formulas = self._formulas(X)
        dataset = training_dataset(
            formulas, _targets(y, formulas), validation_share=self.validation_share,
            merge=self.merge, seed=self.seed, target=getattr(y, "name", None) or "target",
            unit=self.unit,
        )  # fmt: skip
        fresh = self.init_from is None
        trained = train_in_memory(
            self.architecture if fresh else None, dataset, width=self.width if fresh else None,
            epochs=self.epochs, recipe=self.recipe, seed=self.seed, init_from=self.init_from,
            freeze=self.freeze, layer_rates=self.layer_rates, device=self.device,
            on_epoch=self._say if self.verbose else None,
        )  # fmt: skip
        self.predictor_ = Predictor(trained.bundle(), device=self.device, precision=self.precision)
        self.metrics_ = trained.metrics
        self.history_ = trained.result.history
        return self

    def _say(self, record: EpochRecord) -> None:
        line = f"epoch {record.epoch}: validation MAE {record.val_mae:.4g} {self.unit}".rstrip()
        print(line, file=sys.stderr)


class FusionSearchCV(_FormulaRegressor):
    """A whole architecture search as a scikit-learn regressor.

    Like scikit-learn's searches it is fitted as an estimator and then predicts with the best one
    found. It holds out one validation part, which drives the search, and one test part, at which
    it looks once; there are no folds. X and y are split 70/15/15 by composition.

    Args:
        space: a search space by name (see `fusionnas spaces`) or a YAML file.
        trials, time_budget, sampler, epochs, recipe, probe, band, workers, gpus_per_trial, split,
        merge, seed: as `fusionnas.search` takes them.
        name: of the study; one of its own where it is None.
        resume: go on with the study of that name, which was stopped on the same X and y.
        runs: folder of studies, which keep all networks that were trained.
        track: keep an MLflow record, too.
        formula_column: of X where it is a DataFrame; found by itself where it is plain.
        unit: of y, for tables.
        verbose: show progress on standard error.

    Attributes:
        study_: the `StudyResult`; `study_.summary` tells what was found, `study_.folder` where
            it lies.
        best_estimator_: a fitted `FusionRegressor`: the recommended network, as the search
            trained it. A clone of it trains the architecture anew.
        predictor_: its `fusionnas.predict.Predictor`.
    """

    def __init__(
        self,
        space: str = "default",
        *,
        trials: int | None = None,
        time_budget: float | None = None,
        sampler: str = "tpe",
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
        track: bool = False,
        formula_column: str | None = None,
        unit: str = "",
        verbose: bool = False,
    ) -> None:
        self.space = space
        self.trials = trials
        self.time_budget = time_budget
        self.sampler = sampler
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
        self.unit = unit
        self.verbose = verbose

    def fit(self, X: Any, y: Any) -> Self:
        """Search on formulas X and targets y (N,).

        Raises:
            InputError (a ValueError): formulas, targets, options or a study that cannot be used.
            SearchFailed: not one trial was finished.
        """
        import pandas as pd

        from fusionnas.experiment import search

        formulas = self._formulas(X)
        target = str(getattr(y, "name", None) or "target")
        frame = pd.DataFrame({"formula": formulas, target: _targets(y, formulas)})
        self.study_ = search(
            self.space, frame, trials=self.trials, time_budget=self.time_budget,
            sampler=self.sampler, epochs=self.epochs, recipe=self.recipe, probe=self.probe,
            band=self.band, workers=self.workers, gpus_per_trial=self.gpus_per_trial,
            split=self.split, merge=self.merge, seed=self.seed, resume=self.resume,
            # two searches within a second, as in a cross validation, are two studies
            name=self.name if self.name or self.resume else f"search-{uuid.uuid4().hex[:12]}",
            runs=self.runs, track=self.track, formula_column="formula", target_column=target,
            unit=self.unit or None, display=_display(self.verbose),
        )  # fmt: skip
        self.predictor_ = self.study_.best
        architecture = self.predictor_.bundle.network.architecture
        best = FusionRegressor(
            architecture, width=architecture.width, epochs=self.epochs, recipe=self.recipe,
            merge=self.merge, seed=self.seed, formula_column=self.formula_column, unit=self.unit,
        )  # fmt: skip
        best.predictor_ = self.predictor_
        best.metrics_ = dict(self.predictor_.bundle.manifest["metrics"])
        self.best_estimator_ = best
        return self


def formulas_of(X: Any, formula_column: str | None = None) -> list[str]:
    """The formulas in X, (N,).

    Raises:
        DataError: X is not one column of formulas and none of its columns is named so.
        TypeError: X is a sparse matrix, or a single text.
    """
    if isinstance(X, str) or hasattr(X, "tocsr"):
        kind = "one text" if isinstance(X, str) else "a sparse matrix"
        raise TypeError(f"X must be a list, array or table of formulas, but got {kind}.")
    if hasattr(X, "columns"):
        columns = [str(c) for c in X.columns]
        X = X.iloc[:, columns.index(_formula_column(columns, formula_column))]
    texts = np.asarray(X)
    if texts.ndim == 2 and texts.shape[1] == 1:
        texts = texts[:, 0]
    if texts.ndim != 1:
        raise DataError(f"X must be one column of formulas, but has the shape {texts.shape}.")
    return [str(text) for text in texts.tolist()]


def _formula_column(columns: list[str], asked: str | None) -> str:
    """The column asked for, else one with a usual name, else the only one."""
    if asked is not None:
        if asked not in columns:
            raise DataError(f"X has no column '{asked}'; {did_you_mean(asked, columns)}")
        return asked
    for found in ([c for c in columns if c.strip().lower() in FORMULA_NAMES], columns):
        if len(found) == 1:
            return found[0]
    raise DataError(
        f"Which column of X holds the formulas? It has {', '.join(columns)}; name one by "
        "formula_column."
    )


def _targets(y: Any, formulas: list[str]) -> np.ndarray:
    """y as finite float64 (N,).

    Raises:
        ValueError: y is missing, of another length, not one column, or not finite.
    """
    if y is None:
        raise DataError("Training requires y to be passed, but the target y is None.")
    targets = column_or_1d(y, warn=True, dtype=np.float64)
    check_consistent_length(formulas, targets)
    if wrong := np.flatnonzero(~np.isfinite(targets)).tolist():
        raise DataError(
            f"y must be finite numbers, but is {targets[wrong[0]]} in row {wrong[0]}: it contains "
            "NaN or infinity."
        )
    return targets


def _display(verbose: bool) -> Any:
    if not verbose:
        return None
    from fusionnas.terminal.search import ConsoleDisplay

    return ConsoleDisplay()
