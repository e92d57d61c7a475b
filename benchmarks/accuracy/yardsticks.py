"""Yardsticks beside networks, on the built-in data and on every table of a folder.

`OMP_NUM_THREADS=1 python -m benchmarks.accuracy.yardsticks --tables FOLDER -o SCRATCH`
`python -m benchmarks.accuracy.yardsticks_page` writes docs/yardsticks.md from what is there.

A table is a folder with train.csv, val.csv and test.csv, or with the folds train0.csv and so on, of
which the first is taken, or a CSV by itself, which is split at random. Tables of
classes are left out. Of tables (not of the built-in data) at most `--rows` rows of each
part are taken, drawn with seed 0.

Yardsticks come first on all tables, small ones before large ones, then the networks. Each finished
predictor is a line of benchmarks/results/yardsticks.jsonl, and what stands there is not run again.
SCRATCH keeps the errors of each test compound, of which paired intervals are made, and the bundles.

Everything runs one after the other in one thread. Seconds are the processor's, for all that a
predictor needs: its features, the fit to the training part that gives the validation error, the
second fit to training and validation part, and the test; of a network the training, of which
validation chooses the epoch, and the test.
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fusionnas.data.dataset import Dataset
from fusionnas.data.sources import load_dataset, load_fold
from fusionnas.data.splits import Parts
from fusionnas.files.ledger import Ledger
from fusionnas.models.baselines.features import composition_features
from fusionnas.models.baselines.fitted import FittedYardstick
from fusionnas.models.baselines.forest_model import ForestModel
from fusionnas.models.baselines.yardsticks import YARDSTICKS, Yardstick, yardstick
from fusionnas.statistics.bootstrap import bootstrap_means, difference, mean_intervals
from fusionnas.statistics.metrics import mae
from fusionnas.studies.named_network import load_predictor
from fusionnas.workflows.train import train

RESULTS = Path(__file__).parents[1] / "results" / "yardsticks.jsonl"
NETWORKS = ("lstm", "ldcnn", "l-g-dcnn")
WIDTH, SEED = 128, 0


def tables(folder: Path) -> Iterator[tuple[str, Path]]:
    """Names and places of all tables below a folder."""
    for path in sorted(p for p in folder.rglob("*") if p.is_dir()):
        if (path / "train.csv").is_file() or (path / "train0.csv").is_file():
            yield path.relative_to(folder).as_posix(), path
        else:
            for file in sorted(path.glob("*.csv")):
                yield file.relative_to(folder).with_suffix("").as_posix(), file


def read(path: Path) -> Dataset:
    """A table, of folds the first."""
    if path.is_dir() and not (path / "train.csv").is_file():
        return load_fold(path, 0)
    return load_dataset(path)


def drawn(dataset: Dataset, rows: int) -> Dataset:
    """At most `rows` of the training part, and as many of each other part."""
    rng = np.random.default_rng(SEED)
    parts = (dataset.parts.train, dataset.parts.val, dataset.parts.test)
    return replace(dataset, parts=Parts(*(np.sort(rng.permutation(p)[:rows]) for p in parts)))


def known_tables(folder: Path, rows: int) -> list[tuple[str, Dataset, int]]:
    """Name, drawn data set and number of training rows before that, of every regression table.

    Small ones come first. Of the built-in data all rows are taken.
    """
    found = []
    for name, path in (("built-in", None), *tables(folder)):
        dataset = load_dataset() if path is None else read(path)
        if len(np.unique(dataset.targets)) > 3:  # of classes, and the medians of their duplicates
            taken = dataset if path is None else drawn(dataset, rows)
            found.append((name, taken, len(dataset.parts.train)))
    return sorted(found, key=lambda item: len(item[1].parts.train))


def measured_yardstick(row: Yardstick, dataset: Dataset) -> tuple[dict[str, Any], np.ndarray]:
    """Its record, and its absolute errors of the test part."""
    begun = time.process_time()
    first = FittedYardstick.fit(row, dataset, SEED)
    val, test = dataset.parts.val, dataset.parts.test
    val_mae = mae(first.predict(dataset.table.take(val)), dataset.targets[val])
    last = first.refit(dataset)
    table, target = dataset.table.take(test), dataset.targets[test]
    errors = np.abs(last.predict(table) - target)
    record: dict[str, Any] = {"val_mae": val_mae, "seconds": time.process_time() - begun}
    if row.stops_on_validation:
        record["trees"] = last.estimator.get_params()["trees"]
    if isinstance(last.model, ForestModel):
        record["test_mae_of_mean"] = mae(last.model.mean(composition_features(table)), target)
    return record, errors


def measured_network(name: str, dataset: Dataset, out: Path) -> tuple[dict[str, Any], np.ndarray]:
    """Likewise, of an architecture trained by the default recipe; a stopped training goes on."""
    shutil.rmtree(out, ignore_errors=True)  # of a run that ended before its line was written
    begun = time.process_time()
    metrics = train(name, dataset, out, width=WIDTH, seed=SEED, resume=True)
    seconds = time.process_time() - begun
    test = dataset.parts.test
    predicted = load_predictor(out).mixture(dataset.table.take(test)).value
    record = {k: metrics[k] for k in ("val_mae", "best_epoch", "parameters", "collapsed")}
    return record | {"seconds": seconds}, np.abs(predicted - dataset.targets[test])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tables", type=Path, required=True, help="folder of tables")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, help="scratch folder of errors and bundles"
    )
    parser.add_argument("--rows", type=int, default=10_000, help="of each part, at most")
    given = parser.parse_args()
    torch.set_num_threads(1)
    known = sorted(
        known_tables(given.tables, given.rows), key=lambda item: len(item[1].parts.train)
    )
    for predictors in (tuple(row.name for row in YARDSTICKS), NETWORKS):
        for name, dataset, whole in known:
            for predictor in predictors:
                _measure(predictor, name, dataset, whole, given.output)


def _measure(predictor: str, name: str, dataset: Dataset, whole: int, output: Path) -> None:
    """One line of the results, unless it is there."""
    ledger, key = Ledger(RESULTS), f"{name} {predictor}"
    if key in ledger.by_key():
        return
    place = output / name
    place.mkdir(parents=True, exist_ok=True)
    if predictor in NETWORKS:
        record, errors = measured_network(predictor, dataset, place / predictor)
    else:
        record, errors = measured_yardstick(yardstick(predictor), dataset)
    np.save(place / f"{predictor}.npy", errors)
    low, high = mean_intervals(errors[None])[0].tolist()
    facts = {
        "key": key,
        "predictor": predictor,
        "table": name,
        "target": dataset.target,
        "unit": dataset.unit,
        "rows": [len(p) for p in (dataset.parts.train, dataset.parts.val, dataset.parts.test)],
        "training_rows_before": whole,
        "test_mae": float(errors.mean()),
        "interval": [low, high],
        **record,
    }
    if predictor in NETWORKS:
        facts |= _against_best(errors, [r for r in ledger if r["table"] == name], place)
    ledger.add(facts)
    print(f"{key}: {facts['test_mae']:.4g} {dataset.unit}", flush=True)


def _against_best(errors: np.ndarray, others: list[dict[str, Any]], place: Path) -> dict[str, Any]:
    """The network's MAE minus that of the yardstick with the lowest validation error, paired."""
    best = min((r for r in others if r["predictor"] not in NETWORKS), key=lambda r: r["val_mae"])
    both = np.stack([errors, np.load(place / f"{best['predictor']}.npy")])
    found = difference(both, bootstrap_means(both, SEED), 0, 1)
    interval = [found.interval.low, found.interval.high]
    return {"best": best["predictor"], "difference": found.value, "difference_interval": interval}


if __name__ == "__main__":
    main()
