"""Yardsticks: the methods that a specialist tries first, and that a network must beat.

Each yardstick is one row here. Those of numbers are fitted and judged by the mean absolute error,
those of classes predict a probability and are judged by the log loss. A new row is a new yardstick:
the jobs of a search, its summary, report, card and record in MLflow read the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from fusionnas.errors import BundleError, did_you_mean

if TYPE_CHECKING:  # importing scikit-learn takes a second, and labels are needed without it
    import numpy as np


class Model(Protocol):
    """What a fit leaves: it predicts from features (N, F), and needs no scikit-learn."""

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Values (N,) in the unit of the target; (N, K) of K classes."""

    def spread(self, features: np.ndarray) -> np.ndarray:
        """Relative uncertainty of each row compared with the others, (N,), not negative."""

    def write(self, folder: Path) -> None:
        """Write it into a folder, without pickle."""


class Estimator(Protocol):
    """A regressor of scikit-learn on features (N, F)."""

    @property
    def model_(self) -> Model:
        """The fitted model."""

    def fit(self, X: Any, y: Any, **held: Any) -> Self: ...

    def get_params(self) -> dict[str, Any]: ...

    def settled(self) -> Self:
        """An unfitted copy with the values that validation chose as parameters."""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """One way to predict without a network."""

    name: str  # key in tables and files
    label: str  # for people
    how: str  # how it is made, for the documentation
    stops_on_validation: bool  # validation rows choose something, so `fit` needs them
    estimator: Callable[[int], Estimator]  # makes it from a seed, unfitted
    read: Callable[[Path], Model]  # the fitted model in a folder; raises BundleError


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


def _shares(seed: int) -> Estimator:
    from fusionnas.models.baselines.classes import SharePredictor

    return SharePredictor()


def _forest_of_classes(seed: int) -> Estimator:
    from fusionnas.models.baselines.classes import RandomForestShares

    return RandomForestShares(300, seed=seed)


def _extra_trees_of_classes(seed: int) -> Estimator:
    from fusionnas.models.baselines.classes import ExtraTreesShares

    return ExtraTreesShares(300, seed=seed)


def _boosting_of_classes(seed: int) -> Estimator:
    from fusionnas.models.baselines.classes import BoostedClasses

    return BoostedClasses(seed=seed)


def _read_constant(folder: Path) -> Model:
    from fusionnas.models.baselines.constant import Constant

    return Constant.read(folder)


def _read_forest(folder: Path) -> Model:
    from fusionnas.models.baselines.forest_model import ForestModel

    return ForestModel.read(folder)


def _read_forest_of_classes(folder: Path) -> Model:
    from fusionnas.models.baselines.forest_model import ForestModel

    return ForestModel.read(folder, of_classes=True)


def _read_boosted(folder: Path) -> Model:
    from fusionnas.models.baselines.boosted_model import BoostedModel

    return BoostedModel.read(folder)


# of numbers, in the order in which a search computes them: the longest first
YARDSTICKS: tuple[Yardstick, ...] = (
    Yardstick(
        "lightgbm",
        "LightGBM (absolute error)",
        "gradient-boosted trees with the objective `regression_l1`: at most 3,000 at a rate of "
        "0.03, 63 leaves, 30% of the features a tree; 150 trees without a lower validation error "
        "stop it",
        True,
        _lightgbm,
        _read_boosted,
    ),
    Yardstick(
        "random_forest_median",
        "random forest (median of trees)",
        "100 trees, a third of the features at each split; the median of the trees is predicted",
        False,
        _random_forest,
        _read_forest,
    ),
    Yardstick(
        "extra_trees_median",
        "extra trees (median of trees)",
        "100 trees that are split at random thresholds, 60% of the features at each split; the "
        "median of the trees is predicted",
        False,
        _extra_trees,
        _read_forest,
    ),
    Yardstick(
        "median",
        "median predictor",
        "the median of the targets, whatever the compound",
        False,
        _median,
        _read_constant,
    ),
)

# of classes, in the same order
CLASS_YARDSTICKS: tuple[Yardstick, ...] = (
    Yardstick(
        "lightgbm_classes",
        "LightGBM (log loss)",
        "the boosted trees of numbers with the objective `binary`, or `multiclass` for more than "
        "two classes; 150 trees without a lower log loss on validation rows stop it",
        True,
        _boosting_of_classes,
        _read_boosted,
    ),
    Yardstick(
        "random_forest_classes",
        "random forest (shares in its leaves)",
        "300 trees, a third of the features at each split; the mean share of a class in the leaves "
        "is its probability",
        False,
        _forest_of_classes,
        _read_forest_of_classes,
    ),
    Yardstick(
        "extra_trees_classes",
        "extra trees (shares in their leaves)",
        "300 trees that are split at random thresholds, a third of the features at each split",
        False,
        _extra_trees_of_classes,
        _read_forest_of_classes,
    ),
    Yardstick(
        "shares",
        "shares of the classes",
        "the share of each class in the rows, whatever the compound",
        False,
        _shares,
        _read_constant,
    ),
)
ALL_YARDSTICKS = (*YARDSTICKS, *CLASS_YARDSTICKS)  # a study has those of its task
CONSTANTS = ("median", "shares")  # they use nothing about a compound


def fitted_to(whole: bool = False) -> str:
    """What a reader must know about a comparison with a network: the rows that each was fitted to.

    Args:
        whole: whether the network was trained on the validation rows, too.
    """
    if whole:
        return "Yardsticks and network are fitted to the training and validation parts."
    return (
        "Yardsticks are fitted to the training and validation parts, the network to the training "
        "part alone, since validation chooses its epoch."
    )


def fitted_words(beside: Mapping[str, Any]) -> str:
    """`fitted_to` of a comparison with yardsticks; studies of earlier versions did not keep it."""
    return str(beside.get("fitted_to", fitted_to()))


REFERENCE = "lstm"  # the global reference network, which is listed beside the yardsticks
# labels of other entries among the yardsticks
_OTHER_LABELS = {
    REFERENCE: "LSTM reference",
    "random_forest": "random forest (mean of trees)",  # of earlier studies
}


def yardstick(name: str) -> Yardstick:
    """The row with that name; raises BundleError if there is none."""
    found = {row.name: row for row in ALL_YARDSTICKS}
    if name not in found:
        raise BundleError(f"There is no yardstick '{name}'; {did_you_mean(name, found)}")
    return found[name]


def label_of(name: str) -> str:
    """The label that people see instead of a yardstick's key."""
    labels = {row.name: row.label for row in ALL_YARDSTICKS} | _OTHER_LABELS
    return labels.get(name, name)
