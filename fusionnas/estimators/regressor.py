"""An estimator for a single architecture."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Self

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.reading.in_memory import training_dataset
from fusionnas.data.reading.input_columns import column_names, columns_of
from fusionnas.data.several import units_of
from fusionnas.errors import DataError
from fusionnas.estimators.formula_regressor import FormulaRegressor
from fusionnas.estimators.inputs import (
    cells_of,
    check_parameters,
    several_targets_of,
    targets_of,
    weights_of,
    without_known,
)
from fusionnas.models.bundle import Bundle
from fusionnas.models.combined import check_precision
from fusionnas.models.from_training import bundle_of
from fusionnas.models.predictor import Predictor
from fusionnas.networks.architecture import Architecture
from fusionnas.statistics.calibration import FEWEST, Calibrated, fit
from fusionnas.studies.named_network import Named
from fusionnas.tasks.kinds import task_of
from fusionnas.training.records import EpochRecord
from fusionnas.workflows.train import train_in_memory


class FusionRegressor(FormulaRegressor):
    """A network of one architecture as a scikit-learn regressor.

    Rows with the same composition are merged. A validation part, made of whole compositions,
    chooses the best epoch. Neither depends on the order of the rows, unless `merge` is first.

    Args:
        architecture: a name (see `fusionnas architectures`), a YAML file, or an architecture.
        width: number of channels, replaces the architecture's own; None keeps that.
        epochs: number of epochs; None is the recipe's number, which is larger for small data.
        recipe: default, paper, or a YAML file.
        validation_share: share of the distinct compositions for validation.
        calibration_share: share of them that is set aside to correct the intervals, so that 90%
            intervals contain nine in ten values; at least 20 compositions. With 0 all others are
            used for training, and intervals are the network's own estimate, which is too small on
            small data.
        merge: how to merge several rows of one composition: median, mean, min, first or error.
        seed: seed of the validation part, weights, order and noise.
        init_from: a bundle, a study or a `Predictor` whose network is trained further (fine-tuned);
            its architecture and width replace those above.
        freeze: parts that are not trained, separated by commas: embedding, global, local, fusion,
            readout.
        layer_rates: factors of the learning rate by part, such as `all=0.1,readout=1`.
        device: device of torch; by default a GPU if there is one.
        precision: precision of predictions, fp32 or bf16; that of the training is a field of the
            recipe.
        input_columns: columns of X, a DataFrame, that are conditions beside the formula, such as
            `["temperature", "route"]`: numbers or categories.
        formula_column: formula column of X if it is a DataFrame; by default it is recognised.
        unit: unit of y, for tables; of several targets one for each, separated by commas.
        verbose: print one line for each epoch on standard error.

    Attributes:
        predictor_: a `fusionnas.models.predictor.Predictor`.
        metrics_: metrics of validation: `val_mae`, `val_rmse`, `skill`, `collapsed`, `best_epoch`
            ...
        history_: one `EpochRecord` for each epoch.
    """

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
        unit: str = "",
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
        self.unit = unit
        self.verbose = verbose

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on formulas X and targets y (N,), whose rows may have weights (N,).

        Only the ratios of the weights matter. A row of weight zero is left out. Several targets are
        y (N, T), with NaN for gaps, and have no weights.

        Raises:
            InputError (a ValueError): formulas, targets or options cannot be used.
            TrainingFailed: the loss became infinite or not a number.
        """
        check_parameters(self)
        check_precision(self.precision)
        dataset, held = without_known(self._dataset(X, y, sample_weight), self.init_from)
        if self.calibration_share:
            self._check_held(dataset, held)
        fresh, seed = self.init_from is None, int(self.seed)
        width, epochs = (None if n is None else int(n) for n in (self.width, self.epochs))
        trained = train_in_memory(
            self.architecture if fresh else None,
            dataset,
            width=width if fresh else None,
            epochs=epochs,
            recipe=str(self.recipe),
            seed=seed,
            init_from=self.init_from,
            freeze=self.freeze,
            layer_rates=self.layer_rates,
            device=self.device,
            on_epoch=partial(_say, dataset) if self.verbose else None,
        )
        bundle = bundle_of(trained)
        if len(held):
            bundle = self._corrected(bundle, replace(trained.dataset, parts=dataset.parts))
        self.predictor_ = Predictor(bundle, device=self.device, precision=self.precision)
        self.metrics_ = trained.metrics
        self.history_ = trained.result.history
        return self

    def _dataset(self, X: Any, y: Any, sample_weight: Any) -> Dataset:
        formulas, inputs = self._formulas(X), column_names(self.input_columns)
        together = several_targets_of(y, formulas)
        targets, names = together or (targets_of(y, formulas), [])
        if names and sample_weight is not None:
            raise DataError("sample_weight is for one target, but y has several columns.")
        return training_dataset(
            formulas,
            targets,
            validation_share=self.validation_share,
            calibration_share=self.calibration_share,
            merge=self.merge,
            seed=self.seed,
            target=", ".join(names) or str(getattr(y, "name", None) or "target"),
            unit="" if names else self.unit,
            input_columns=columns_of(self.input_columns),
            cells=cells_of(X, inputs),
            weights=weights_of(sample_weight, formulas),
            several=list(zip(names, units_of(self.unit, names), strict=True)) if names else (),
        )

    def _check_held(self, dataset: Dataset, held: np.ndarray) -> None:
        """Raise DataError if too few held rows have a target for correcting its intervals."""
        known = np.atleast_1d(np.isfinite(dataset.targets[held]).sum(axis=0))
        for place, count in enumerate(known.tolist()):
            if count < FEWEST:
                of = f" with '{dataset.several[place].name}'" if dataset.several else ""
                raise DataError(
                    f"A calibration share of {self.calibration_share:g} is {count} distinct "
                    f"compositions{of} that no training used, and correcting intervals needs "
                    f"{FEWEST}; give a larger share, or 0 for none."
                )

    def _corrected(self, bundle: Bundle, dataset: Dataset) -> Bundle:
        """The network with intervals that are corrected by the test part."""
        predictor = Predictor(bundle, device=self.device, precision=self.precision)
        if not dataset.several:
            made, facts = _fitted(predictor, dataset)
            corrected = {**bundle.manifest, "interval": facts}
            return replace(bundle, manifest=corrected, calibration=made)
        found = [_fitted(one, dataset.of_target(place)) for place, one in enumerate(predictor.each)]
        targets = [
            {**one, "interval": facts}
            for one, (_, facts) in zip(bundle.manifest["targets"], found, strict=True)
        ]
        return replace(
            bundle,
            manifest={**bundle.manifest, "targets": targets},
            calibrations=tuple(made for made, _ in found),
        )


def _say(dataset: Dataset, record: EpochRecord) -> None:
    label = task_of(dataset).error.label
    line = f"epoch {record.epoch}: validation {label} {record.val_error:.4g} {dataset.unit}"
    print(line.rstrip(), file=sys.stderr)


def _fitted(predictor: Predictor, dataset: Dataset) -> Calibrated:
    test = dataset.parts.test
    return fit(predictor.mixture(dataset.table.take(test)), dataset.targets[test])
