"""Yardsticks: what a network must beat on the same split."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.models.baselines.magpie import magpie_features

TREES = 100


def median_predictor(dataset: Dataset, seed: int) -> np.ndarray:
    """The training median for every test compound, (N_test,)."""
    median = np.median(dataset.targets[dataset.parts.train])
    return np.full(len(dataset.parts.test), median)


def random_forest(dataset: Dataset, seed: int) -> np.ndarray:
    """100 trees on Magpie features, a third of them at each split; predictions (N_test,).

    One thread: it runs beside the trials.
    """
    from sklearn.ensemble import RandomForestRegressor

    features = magpie_features(dataset.table)
    train, test = dataset.parts.train, dataset.parts.test
    forest = RandomForestRegressor(TREES, max_features=1 / 3, random_state=seed, n_jobs=1)
    forest.fit(features[train], dataset.targets[train])
    return forest.predict(features[test])


YARDSTICKS: dict[str, Callable[[Dataset, int], np.ndarray]] = {
    "median": median_predictor,
    "random_forest": random_forest,
}


def yardstick_predictions(dataset: Dataset, seed: int) -> dict[str, np.ndarray]:
    """Predictions (N_test,) of every yardstick for the test part, in the unit of the target."""
    return {name: predict(dataset, seed) for name, predict in YARDSTICKS.items()}
