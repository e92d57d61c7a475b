"""A network against a forest and boosting on a target of two classes.

    python -m benchmarks.accuracy.classes FOLDER --architecture l-g-dcnn --width 64

FOLDER has train.csv, val.csv and test.csv with a target of two classes. The trees read the features
of the yardsticks and are fitted to training and validation rows together; validation has chosen the
number of boosted trees. The network is trained as `fusionnas train` does it. All are judged on the
test rows. The ROCAUC of hard labels, which Matbench publishes, equals the balanced accuracy.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier, early_stopping
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

import fusionnas
from fusionnas.data.dataset import Dataset
from fusionnas.models.baselines.features import composition_features
from fusionnas.tasks.classification import CLASSIFICATION

TREES, SHARE = 300, 1 / 3
Fit = Callable[[Dataset, int], np.ndarray]  # probabilities for the test rows, from data and seed


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("folder", type=Path)
    options.add_argument("--architecture", default="l-g-dcnn")
    options.add_argument("--width", type=int, default=64)
    options.add_argument("--epochs", type=int, default=None)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    data = fusionnas.load_dataset(given.folder, task="classification", seed=given.seed)
    truth = data.targets[data.parts.test]
    systems: dict[str, Fit] = {
        "shares of the classes": _shares,
        "random forest": _forest(RandomForestClassifier),
        "extra trees": _forest(ExtraTreesClassifier),
        "boosting": _boosting,
    }
    rows = []
    for name, fit in systems.items():
        begun = time.monotonic()
        scores = CLASSIFICATION.scores("test", fit(data, given.seed), truth)
        rows.append({"system": name, **scores, "seconds": time.monotonic() - begun})
    with tempfile.TemporaryDirectory() as scratch:
        begun = time.monotonic()
        scores = fusionnas.train(
            given.architecture,
            data,
            Path(scratch) / "model",
            width=given.width,
            epochs=given.epochs,
            seed=given.seed,
        )
        rows.append(
            {
                "system": f"{given.architecture}, width {given.width}",
                **{key: scores[key] for key in CLASSIFICATION.keys("test")},
                "seconds": time.monotonic() - begun,
            }
        )
    print(pd.DataFrame(rows).round(4).to_string(index=False))


def _shares(data: Dataset, seed: int) -> np.ndarray:
    return np.full(len(data.parts.test), data.targets[data.parts.train].mean())


def _forest(kind: type) -> Fit:
    def fit(data: Dataset, seed: int) -> np.ndarray:
        forest = kind(TREES, max_features=SHARE, random_state=seed, n_jobs=1)
        return forest.fit(*_rows(data, "train", "val")).predict_proba(_rows(data, "test")[0])[:, 1]

    return fit


def _boosting(data: Dataset, seed: int) -> np.ndarray:
    """With the settings of the yardstick."""
    trees = LGBMClassifier(
        n_estimators=3000,
        learning_rate=0.03,
        num_leaves=63,
        min_child_samples=5,
        colsample_bytree=0.3,
        random_state=seed,
        n_jobs=1,
        verbose=-1,
    )
    stop = early_stopping(150, verbose=False)
    trees.fit(*_rows(data, "train"), eval_set=[_rows(data, "val")], callbacks=[stop])
    trees.set_params(n_estimators=trees.best_iteration_).fit(*_rows(data, "train", "val"))
    return trees.predict_proba(_rows(data, "test")[0])[:, 1]


def _rows(data: Dataset, *parts: str) -> tuple[np.ndarray, np.ndarray]:
    """Features and codes of the rows of some parts."""
    rows = np.concatenate([getattr(data.parts, part) for part in parts])
    return composition_features(data.table.take(rows)), data.targets[rows]


if __name__ == "__main__":
    main()
