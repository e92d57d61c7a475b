"""Do error bars help? Known noise of different size is added to the rows of a table.

    python -m benchmarks.accuracy.weights FOLDER/extended/aflow_bulk_modulus --out FILE

Each row gets its own standard deviation, drawn log-uniformly between two bounds (in units of the
standard deviation of the targets), and normal noise of this size; it is the row's error bar. A
network and yardsticks are trained on the noisy rows of the training part (validation is noisy, too)
in three ways: without error bars, by `--error-column`, and by inverse variances without a common
part. The error is the mean absolute error for the true values of the test part.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import fusionnas
from fusionnas.data.dataset import Dataset
from fusionnas.models.baselines.fitted import FittedYardstick
from fusionnas.models.baselines.yardsticks import yardstick
from fusionnas.models.from_training import bundle_of
from fusionnas.models.predictor import Predictor
from fusionnas.networks.named import load_architecture
from fusionnas.workflows.train import train_in_memory

LEVELS = {"mixed": (0.05, 2.0), "strong": (0.2, 4.0)}
BESIDE = ("extra_trees_median", "lightgbm")


def noisy(whole: Dataset, rows: int, bounds: tuple[float, float], seed: int) -> pd.DataFrame:
    """Rows of each part in the shares of the table, with columns `true`, `target` and `error`."""
    rng = np.random.default_rng(seed)
    frame = whole.to_frame().rename(columns={"target": "true"})
    frame = frame.groupby("part").sample(frac=min(1.0, rows / len(frame)), random_state=seed)
    low, high = np.log(bounds)
    frame["error"] = frame["true"].std() * np.exp(rng.uniform(low, high, len(frame)))
    frame["target"] = frame["true"] + frame["error"] * rng.standard_normal(len(frame))
    return frame


def ways(frame: pd.DataFrame) -> Iterator[tuple[str, Dataset]]:
    """The data set of each way; the parts are the same."""
    reading: dict[str, Any] = {"target_column": "target", "split": "column:part"}
    yield "without error bars", fusionnas.load_dataset(frame, **reading)
    data = fusionnas.load_dataset(frame, error_column="error", **reading)
    yield "error bars", data
    assert data.weights is not None
    alone = data.weights.with_common(0.0).scaled()
    yield "error bars, no common part", replace(data, weights=alone)


def measured(given: argparse.Namespace, frame: pd.DataFrame, seed: int) -> Iterator[dict]:
    """The test error of each model in each way."""
    true = dict(zip(frame["formula"], frame["true"], strict=True))
    architecture = load_architecture(given.architecture).with_width(given.width)
    for way, data in ways(frame):
        test = data.table.take(data.parts.test)
        target = np.array([true[formula] for formula in test.formulas()])
        common = None if data.weights is None else data.weights.common
        about = {"way": way, "common": common, "training_rows": len(data.parts.train)}
        begun = time.perf_counter()
        trained = train_in_memory(architecture, data, seed=seed, device="cpu")
        found = Predictor(bundle_of(trained), device="cpu").mixture(test).value
        error = np.abs(found - target).mean()
        yield about | _row(given.architecture, error, begun)
        for row in map(yardstick, BESIDE):
            begun = time.perf_counter()
            fitted = FittedYardstick.fit(row, data, seed).refit(data)
            yield about | _row(row.name, np.abs(fitted.predict(test) - target).mean(), begun)


def _row(model: str, error: float, begun: float) -> dict:
    seconds = round(time.perf_counter() - begun, 1)
    return {"model": model, "test_mae": round(float(error), 4), "seconds": seconds}


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("data", type=Path)
    options.add_argument("--rows", type=int, default=1000)
    options.add_argument("--architecture", default="lstm")
    options.add_argument("--width", type=int, default=32)
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--out", type=Path, required=True)
    given = options.parse_args()
    whole = fusionnas.load_dataset(given.data)
    for level, bounds in LEVELS.items():
        for seed in range(given.seeds):
            frame = noisy(whole, given.rows, bounds, seed)
            about = {"table": given.data.name, "level": level, "bounds": bounds, "seed": seed}
            for found in measured(given, frame, seed):
                row = about | {"width": given.width} | found
                print(row, flush=True)
                with given.out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
