"""One network for a table with a condition, against one network for each value of it.

    python -m benchmarks.accuracy.conditions --compositions 600 --seeds 3 --out FILE

The built-in transport data give the Seebeck coefficient at one temperature and one concentration
of carriers, for two kinds of carriers: p and n. Here both are one table with the condition
`carrier`. The split is the same for all, and a composition is in one part with both of its rows. A
network with the condition is trained for each place where conditions can enter; without it, one
network for each kind of carriers, and one that reads formulas alone. Boosting reads the condition,
too. The error is the mean absolute error on the test rows of both kinds.

    python -m benchmarks.accuracy.conditions --compositions 1000 --search 600 --out FILE

With `--search` only a whole search is run on the same table and split, for so many seconds: its
predictor, its recommended network and its best yardstick, fitted to the same rows.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

import fusionnas
from fusionnas.data.dataset import Dataset
from fusionnas.data.transport import read_transport
from fusionnas.models.baselines.fitted import FittedYardstick
from fusionnas.models.baselines.yardsticks import yardstick
from fusionnas.models.from_training import bundle_of
from fusionnas.models.predictor import Predictor
from fusionnas.networks.architecture import Architecture, ComponentSpec
from fusionnas.networks.named import load_architecture
from fusionnas.workflows.train import train_in_memory

KINDS = ("p", "n")
PLACES = ("readout", "element", "gate")


def both(compositions: int, seed: int) -> pd.DataFrame:
    """A random subset of the compositions, each with a row for each kind of carriers."""
    frames = []
    for kind in KINDS:
        table, targets = read_transport(f"seebeck-{kind}")
        own = pd.DataFrame({"formula": table.formulas(), "target": targets})
        merged = own.groupby("formula")["target"].median().reset_index()
        frames.append(merged.assign(carrier=kind))
    names = np.random.default_rng(seed).permutation(frames[0]["formula"])[:compositions]
    found = pd.concat(frames)
    return found[found["formula"].isin(names)].reset_index(drop=True)


def rows_of(dataset: Dataset, kind: str) -> Dataset:
    """The rows of one kind of carriers, with the same parts, and without the condition."""
    assert dataset.conditions is not None
    assert dataset.table.conditions is not None
    cells = np.array(dataset.conditions.decode(dataset.table.conditions)["carrier"])
    keep = np.flatnonzero(cells == kind)
    place = {row: at for at, row in enumerate(keep.tolist())}
    train, val, test = (
        np.array([place[row] for row in part.tolist() if row in place], dtype=np.int64)
        for part in (dataset.parts.train, dataset.parts.val, dataset.parts.test)
    )
    parts = replace(dataset.parts, train=train, val=val, test=test, groups=None)
    return replace(without(dataset, keep), parts=parts)


def without(dataset: Dataset, rows: np.ndarray) -> Dataset:
    table = replace(dataset.table.take(rows), conditions=None)
    return replace(dataset, table=table, targets=dataset.targets[rows], conditions=None)


def errors(architecture: Architecture, dataset: Dataset, epochs: int, seed: int) -> np.ndarray:
    """Absolute errors of a network on the test rows."""
    trained = train_in_memory(architecture, dataset, epochs=epochs, seed=seed, device="cpu")
    test = dataset.parts.test
    found = Predictor(bundle_of(trained), device="cpu").mixture(dataset.table.take(test))
    return np.abs(found.value - dataset.targets[test])


def measured(
    given: argparse.Namespace, architecture: Architecture, seed: int
) -> Iterator[tuple[str, float, float]]:
    """Name, error and seconds of each way."""
    frame = both(given.compositions, seed)
    data = fusionnas.load_dataset(frame, input_columns="carrier", unit="uV/K", seed=seed)
    for place in PLACES:
        begun = time.perf_counter()
        placed = replace(architecture, condition=ComponentSpec(place))
        error = errors(placed, data, given.epochs, seed).mean()
        yield f"one network, condition at {place}", error, time.perf_counter() - begun
    begun = time.perf_counter()
    own = [errors(architecture, rows_of(data, kind), given.epochs, seed) for kind in KINDS]
    yield "one network for each kind", np.concatenate(own).mean(), time.perf_counter() - begun
    begun = time.perf_counter()
    alone = without(data, np.arange(len(data.table)))
    error = errors(architecture, alone, given.epochs, seed).mean()
    yield "one network, formulas alone", error, time.perf_counter() - begun
    begun = time.perf_counter()
    fitted = FittedYardstick.fit(yardstick("lightgbm"), data, seed).refit(data)
    test = data.parts.test
    off = np.abs(fitted.predict(data.table.take(test)) - data.targets[test]).mean()
    yield "boosting with the condition", float(off), time.perf_counter() - begun


def searched(given: argparse.Namespace, seed: int) -> Iterator[tuple[str, float, float]]:
    """Name, error and seconds of what a search leaves."""
    frame = both(given.compositions, seed)
    begun = time.perf_counter()
    with TemporaryDirectory() as runs:
        summary = fusionnas.search(
            data=frame,
            input_columns="carrier",
            unit="uV/K",
            seed=seed,
            folds="off",
            time_budget=given.search,
            runs=runs,
            track=False,
        ).summary
    seconds = time.perf_counter() - begun
    yield "search, predictor", summary["predictor"]["test_mae"], seconds
    yield "search, recommended network", summary["chosen"]["test_mae"], seconds
    yield "search, best yardstick", summary["beside_yardsticks"]["rows"][0]["test_mae"], seconds
    yield "search, LightGBM", summary["yardsticks"]["lightgbm"], seconds


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--compositions", type=int, default=600)
    options.add_argument("--architecture", default="lstm")
    options.add_argument("--width", type=int, default=32)
    options.add_argument("--epochs", type=int, default=30)
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--search", type=float, help="seconds of a search")
    options.add_argument("--out", type=Path, required=True)
    given = options.parse_args()
    architecture = load_architecture(given.architecture).with_width(given.width)
    about = {name: getattr(given, name) for name in ("architecture", "width", "epochs")}
    for seed in range(given.seeds):
        if given.search:
            about, ways = {"seconds allowed": given.search}, searched(given, seed)
        else:
            ways = measured(given, architecture, seed)
        for name, error, seconds in ways:
            row = {"way": name, "seed": seed, "compositions": given.compositions, **about}
            row |= {"test_mae": round(float(error), 3), "seconds": round(seconds, 1)}
            print(row, flush=True)
            with given.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
