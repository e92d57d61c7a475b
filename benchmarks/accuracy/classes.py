"""A network against a forest and boosting on a target of two classes.

    python -m benchmarks.accuracy.classes FOLDER --architecture l-g-dcnn --width 64

FOLDER has train.csv, val.csv and test.csv with a target of two classes. The yardsticks are
those of a search: trees are fitted to training and validation rows together, and validation has
chosen the number of boosted trees. The network is trained as `fusionnas train` does it.
All are judged on the test rows. The ROCAUC of hard labels, which Matbench publishes, equals the
balanced accuracy.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import fusionnas
from fusionnas.data.dataset import Dataset
from fusionnas.models.baselines.fitted import FittedYardstick
from fusionnas.models.baselines.yardsticks import CLASS_YARDSTICKS, Yardstick
from fusionnas.tasks.classification import CLASSIFICATION


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
    rows = []
    for row in reversed(CLASS_YARDSTICKS):
        begun = time.monotonic()
        scores = CLASSIFICATION.scores("test", _yardstick(row, data, given.seed), truth)
        rows.append({"system": row.label, **scores, "seconds": time.monotonic() - begun})
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


def _yardstick(row: Yardstick, data: Dataset, seed: int) -> np.ndarray:
    """Probabilities for the test rows."""
    found = FittedYardstick.fit(row, data, seed).refit(data)
    return found.predict(data.table.take(data.parts.test))


if __name__ == "__main__":
    main()
