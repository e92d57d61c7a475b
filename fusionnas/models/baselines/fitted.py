"""Fits a yardstick, and stores it in a folder without pickle.

yardstick.json   its name, its parameters, and the versions that fitted it
...              the fitted model: trees as arrays, LightGBM's text, or a constant
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.files.whole_folder import whole_folder
from fusionnas.models.baselines.features import composition_features
from fusionnas.models.baselines.stored import FILE, FORMAT, StoredYardstick
from fusionnas.models.baselines.yardsticks import Estimator, Yardstick
from fusionnas.seeding import sub_seed
from fusionnas.tasks.kinds import task_of

_LIBRARIES = ("scikit-learn", "lightgbm", "numpy")


@dataclass(frozen=True, slots=True)
class FittedYardstick(StoredYardstick):
    """A yardstick whose estimator was fitted to a data set's rows, and can be fitted again."""

    estimator: Estimator

    @classmethod
    def fit(cls, row: Yardstick, dataset: Dataset, seed: int) -> FittedYardstick:
        """Fit to the training part; if the yardstick uses validation, that part stops the training.

        Args:
            row: the yardstick to fit.
            dataset: data set; targets and predictions are in its unit.
            seed: master seed.
        """
        train, val = dataset.parts.train, dataset.parts.val
        estimator = row.estimator(sub_seed(seed, "yardstick", row.name))
        held: dict[str, Any] = {}
        if row.stops_on_validation:
            held["validation"] = (_features(dataset, val), _targets(dataset, val))
        held |= _weights(dataset, train)
        estimator.fit(_features(dataset, train), _targets(dataset, train), **held)
        return cls(row, estimator.model_, estimator)

    def refit(self, dataset: Dataset) -> FittedYardstick:
        """A new one, fitted to the training and validation parts with the settings found here."""
        rows = np.concatenate([dataset.parts.train, dataset.parts.val])
        estimator = self.estimator.settled()
        estimator.fit(_features(dataset, rows), _targets(dataset, rows), **_weights(dataset, rows))
        return FittedYardstick(self.row, estimator.model_, estimator)

    def save(self, folder: Path) -> None:
        """Write it to `folder`, which must be empty or not exist.

        Raises:
            BundleError: the folder is not empty, or cannot be written.
        """
        facts = {
            "format": FORMAT,
            "name": self.row.name,
            "parameters": self.estimator.get_params(),
            "versions": {name: version(name) for name in _LIBRARIES},
        }
        with whole_folder(folder, "yardstick") as part:
            self.model.write(part)
            (part / FILE).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def _targets(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    return task_of(dataset).as_values(dataset.targets[rows])


def _features(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    return composition_features(dataset.table.take(rows))


def _weights(dataset: Dataset, rows: np.ndarray) -> dict[str, np.ndarray]:
    """How much each row counts, as an argument of `fit`; empty if all count alike."""
    weights = dataset.weights_of(rows)
    return {} if weights is None else {"sample_weight": weights}
