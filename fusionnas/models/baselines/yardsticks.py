"""Yardsticks: what whoever knows the field tries first, and what a network must beat.

Each is one row here, fitted and judged by the mean absolute error. One more row is one more
yardstick: the jobs of a search, its summary, report, card and record in MLflow read them here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from fusionnas.errors import BundleError, did_you_mean

if TYPE_CHECKING:  # scikit-learn takes a second, and labels are wanted without it
    import numpy as np


class Estimator(Protocol):
    """A regressor of scikit-learn on features (N, F) that is stored without pickle."""

    def fit(self, X: Any, y: Any, **held: Any) -> Self: ...

    def predict(self, X: Any) -> np.ndarray: ...

    def spread(self, X: Any) -> np.ndarray:
        """How uncertain it is of each row compared with the others, (N,), not negative."""

    def get_params(self) -> dict[str, Any]: ...

    def set_params(self, **parameters: Any) -> Self: ...

    def settled(self) -> Self:
        """An unfitted copy that has what validation chose as a parameter."""

    def write(self, folder: Path) -> None:
        """Put what was fitted into a folder."""

    def restore(self, folder: Path) -> Self:
        """Take what was fitted from a folder; BundleError where it cannot be read."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """One way to predict without a network."""

    name: str  # its key in tables and files
    label: str  # for people
    how: str  # it is made, for the documentation
    stops_on_validation: bool  # validation rows choose something: `fit` takes them
    estimator: Callable[[int], Estimator]  # from a seed, unfitted


def _median(seed: int) -> Estimator:
    from fusionnas.models.baselines.median import MedianPredictor

    return MedianPredictor()


def _random_forest(seed: int) -> Estimator:
    from fusionnas.models.baselines.forest import RandomForestMedian

    return RandomForestMedian(seed=seed)


def _extra_trees(seed: int) -> Estimator:
    from fusionnas.models.baselines.forest import ExtraTreesMedian

    return ExtraTreesMedian(max_features=0.6, seed=seed)


def _lightgbm(seed: int) -> Estimator:
    from fusionnas.models.baselines.boosting import BoostedTrees

    return BoostedTrees(seed=seed)


# in the order in which a search computes them: what takes longest first
YARDSTICKS: tuple[Yardstick, ...] = (
    Yardstick(
        "lightgbm",
        "LightGBM (absolute error)",
        "gradient-boosted trees with the objective `regression_l1`: at most 3,000 at a rate of "
        "0.03, 63 leaves, 30% of the features a tree; 150 trees without a lower validation error "
        "stop it",
        True,
        _lightgbm,
    ),
    Yardstick(
        "random_forest_median",
        "random forest (median of trees)",
        "100 trees, a third of the features at each split; the median of the trees is predicted",
        False,
        _random_forest,
    ),
    Yardstick(
        "extra_trees_median",
        "extra trees (median of trees)",
        "100 trees that are split at random thresholds, 60% of the features at each split; the "
        "median of the trees is predicted",
        False,
        _extra_trees,
    ),
    Yardstick(
        "median",
        "median predictor",
        "the median of the targets, whatever the compound",
        False,
        _median,
    ),
)

# what a reader must know of a comparison with a network
FITTED_TO = (
    "Yardsticks are fitted to the training and the validation part, the network to the training "
    "part alone, since validation chooses its epoch."
)

# what stands among the yardsticks and is none of the rows above
_OTHER_LABELS = {
    "lstm": "LSTM reference",
    "random_forest": "random forest (mean of trees)",  # of earlier studies
}


def yardstick(name: str) -> Yardstick:
    """The row of that name; BundleError where there is none."""
    found = {row.name: row for row in YARDSTICKS}
    if name not in found:
        raise BundleError(f"There is no yardstick '{name}'; {did_you_mean(name, found)}")
    return found[name]


def label_of(name: str) -> str:
    """What people read instead of a yardstick's key."""
    labels = {row.name: row.label for row in YARDSTICKS} | _OTHER_LABELS
    return labels.get(name, name)
