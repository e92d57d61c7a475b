"""An estimator of classes for a single architecture."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.utils import check_consistent_length
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from fusionnas.data.reading.classes import MOST_CLASSES, class_name
from fusionnas.data.reading.in_memory import training_dataset
from fusionnas.data.reading.input_columns import column_names, columns_of
from fusionnas.errors import DataError
from fusionnas.estimators.formula_estimator import FormulaEstimator
from fusionnas.estimators.inputs import cells_of, check_parameters, weights_of, without_known
from fusionnas.models.class_correction import corrected_classes
from fusionnas.models.combined import check_precision
from fusionnas.models.from_training import bundle_of
from fusionnas.models.predictor import Predictor
from fusionnas.networks.architecture import Architecture
from fusionnas.statistics.class_metrics import of_each_class
from fusionnas.statistics.temperature import FEWEST
from fusionnas.studies.named_network import Named
from fusionnas.tasks.columns import values_of
from fusionnas.training.records import EpochRecord
from fusionnas.workflows.train import train_in_memory


class FusionClassifier(ClassifierMixin, FormulaEstimator):
    """A network of one architecture as a scikit-learn classifier of two classes or more.

    Rows with the same composition vote for its class. A validation part, made of whole
    compositions, chooses the epoch with the lowest log loss.

    Args:
        architecture: a name (see `fusionnas architectures`), a YAML file, or an architecture.
        width: number of channels, replaces the architecture's own; None keeps that.
        epochs: number of epochs; None is the recipe's number, which is larger for small data.
        recipe: default, paper, or a YAML file.
        validation_share: share of the distinct compositions for validation.
        calibration_share: share of them that is set aside to correct the probabilities by a
            temperature and to make prediction sets; at least 40 compositions. 0 corrects nothing.
        merge: how to merge several rows of one composition: median (they vote), min, first, error.
        seed: seed of the validation part, weights, order and noise.
        init_from: a bundle, a study or a `Predictor` whose network is trained further (fine-tuned);
            `architecture` and `width` are then not used. A network of numbers or of other classes
            gets a fresh readout.
        freeze, layer_rates: parts that are not trained, and factors of the learning rate by part.
        device: device of torch; by default a GPU if there is one.
        precision: precision of predictions, fp32 or bf16.
        input_columns: columns of X, a DataFrame, that are conditions beside the formula, such as
            `["temperature", "route"]`: numbers or categories.
        formula_column: formula column of X if it is a DataFrame; by default it is recognised.
        verbose: print one line for each epoch on standard error.

    Attributes:
        classes_: the classes, (K,), sorted.
        predictor_: a `fusionnas.models.predictor.Predictor`.
        metrics_: metrics of validation: `val_log_loss`, `val_roc_auc`, `skill`, `best_epoch` ...
        history_: one `EpochRecord` for each epoch.
    """

    classes_: np.ndarray

    def __init__(
        self,
        architecture: str | Architecture = "l-g-dcnn",
        *,
        width: int | None = 128,
        epochs: int | None = None,
        recipe: str = "default",
        validation_share: float = 0.15,
        calibration_share: float = 0.0,
        merge: str = "median",
        seed: int = 0,
        init_from: Named | None = None,
        freeze: str | None = None,
        layer_rates: str | None = None,
        device: str | None = None,
        precision: str = "fp32",
        input_columns: str | Sequence[str] | None = None,
        formula_column: str | None = None,
        verbose: bool = False,
    ) -> None:
        self.architecture = architecture
        self.width = width
        self.epochs = epochs
        self.recipe = recipe
        self.validation_share = validation_share
        self.calibration_share = calibration_share
        self.merge = merge
        self.seed = seed
        self.init_from = init_from
        self.freeze = freeze
        self.layer_rates = layer_rates
        self.device = device
        self.precision = precision
        self.input_columns = input_columns
        self.formula_column = formula_column
        self.verbose = verbose

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on formulas X and classes y (N,), whose rows may have weights (N,).

        Only the ratios of the weights matter. A row of weight zero is left out.

        Raises:
            InputError (a ValueError): formulas, classes or options cannot be used.
            TrainingFailed: the loss became infinite or not a number.
        """
        check_parameters(self)
        check_precision(self.precision)
        formulas = self._formulas(X)
        self.classes_, codes = _classes_of(y, formulas)
        dataset = training_dataset(
            formulas,
            codes,
            validation_share=self.validation_share,
            calibration_share=self.calibration_share,
            merge=self.merge,
            seed=self.seed,
            target=str(getattr(y, "name", None) or "target"),
            classes=_names_of(self.classes_),
            input_columns=columns_of(self.input_columns),
            cells=cells_of(X, column_names(self.input_columns)),
            weights=weights_of(sample_weight, formulas),
        )
        dataset, held = without_known(dataset, self.init_from)
        if self.calibration_share and len(held) < FEWEST:
            raise DataError(
                f"A calibration share of {self.calibration_share:g} is {len(held)} distinct "
                f"compositions that no training used, and correcting probabilities needs {FEWEST}; "
                "give a larger share, or 0 for none."
            )
        fresh = self.init_from is None
        width, epochs = (None if n is None else int(n) for n in (self.width, self.epochs))
        trained = train_in_memory(
            self.architecture if fresh else None,
            dataset,
            width=width if fresh else None,
            epochs=epochs,
            recipe=str(self.recipe),
            seed=int(self.seed),
            init_from=self.init_from,
            freeze=self.freeze,
            layer_rates=self.layer_rates,
            device=self.device,
            on_epoch=self._say if self.verbose else None,
        )
        bundle = bundle_of(trained)
        predictor = Predictor(bundle, device=self.device, precision=self.precision)
        if len(held):
            rows = trained.dataset  # with its conditions as the network reads them
            found = predictor.mixture(rows.table.take(held)).value
            facts, sets = corrected_classes((found, rows.targets[held]), check=False)
            scaler = bundle.scaler
            if facts:
                scaler = scaler.over(facts["temperature"]["value"])
            if sets is not None:
                facts["sets"] = sets[1]
                bundle = replace(bundle, calibration=sets[0])
            bundle = replace(bundle, scaler=scaler, manifest={**bundle.manifest, **facts})
            predictor = Predictor(bundle, device=self.device, precision=self.precision)
        self.predictor_ = predictor
        self.metrics_ = trained.metrics
        self.history_ = trained.result.history
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class of each formula, (N,).

        Raises:
            FormulaError: a formula cannot be read. NotFittedError: `fit` was not called.
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class, (N, K), in the order of `classes_`."""
        check_is_fitted(self, "predictor_")
        found = of_each_class(values_of(self.predict_frame(X), "value"))
        own = self.predictor_.classes  # a fine-tuned network keeps its own order
        return found[:, [own.index(name) for name in _names_of(self.classes_)]]

    def _say(self, record: EpochRecord) -> None:
        line = f"epoch {record.epoch}: validation log loss {record.val_error:.4g}"
        print(line, file=sys.stderr)


def _names_of(classes: np.ndarray) -> tuple[str, ...]:
    """The names of the classes, as a table's are; DataError if two of them have the same."""
    names = tuple(map(class_name, classes.tolist()))
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(
            f"y has several classes that are written '{twice}' in a table; rename them."
        )
    return names


def _classes_of(y: Any, formulas: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """The classes in y, sorted, and the code of each row, (N,)."""
    if y is None:
        raise DataError("Training requires y to be passed, but the target y is None.")
    given = column_or_1d(y, warn=True)
    if missing := np.flatnonzero(pd.isna(given)).tolist():
        raise DataError(f"y must be classes, but row {missing[0]} has none: it contains NaN.")
    check_classification_targets(given)
    check_consistent_length(formulas, given)
    classes, codes = np.unique(given, return_inverse=True)
    if len(classes) < 2:
        raise DataError("y must have two classes or more, but has 1 class.")
    if len(classes) > MOST_CLASSES:
        raise DataError(
            f"y has {len(classes)} different values, and at most {MOST_CLASSES} classes can be "
            "learned."
        )
    return classes, codes.astype(np.float64)
