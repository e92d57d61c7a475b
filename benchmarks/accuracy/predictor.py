"""What each step of the predictor is worth: a search of each table, taken apart.

`python benchmarks/accuracy/predictor.py DATA ... -o FOLDER [--trials 24] [--rows 20000]`

DATA are folders with train.csv, val.csv and test.csv, or with train0.csv ... of five folds, of
which the first is taken. Each is searched with the default quality into FOLDER/runs; a search that
was stopped goes on when the same command is given again. Of the finished study the models are
joined anew, from fewer kinds of them to all, by the rule of `fusionnas.statistics.member_selection`
on held-out rows. The table also has that error, which is the one to choose a rule by; nothing here
is chosen by the test part. `--rows` takes so many of the training part, and as many in proportion
of the validation part, drawn with seed 0.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import fusionnas
from fusionnas.data.dataset import Dataset
from fusionnas.data.sources import load_dataset
from fusionnas.data.splits import Parts
from fusionnas.models.bundle import Bundle
from fusionnas.models.predictor import Predictor
from fusionnas.statistics.bootstrap import mean_intervals
from fusionnas.statistics.combination import Combination, combine
from fusionnas.statistics.member_selection import GREEDY, PLAIN, select_members
from fusionnas.statistics.metrics import mae
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.summary import test_predictions
from fusionnas.terminal.search import ConsoleDisplay
from fusionnas.workflows.candidates import Candidate, HeldOut, best_first

PARTS = ("train", "val", "test")


def read(path: Path, rows: int | None) -> Dataset:
    """A table's folder, or the first of its folds."""
    if (path / "train.csv").is_file():
        dataset = load_dataset(str(path))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            place = Path(scratch) / path.name
            place.mkdir()
            for part in PARTS:
                shutil.copy(path / f"{part}0.csv", place / f"{part}.csv")
            dataset = load_dataset(str(place))
    parts = dataset.parts
    if rows is None or rows >= len(parts.train):
        return dataset
    rng, share = np.random.default_rng(0), rows / len(parts.train)
    train, val = (
        np.sort(rng.permutation(part)[: round(share * len(part))])
        for part in (parts.train, parts.val)
    )
    return replace(dataset, parts=Parts(train, val, parts.test))


def steps(folder: StudyFolder, dataset: Dataset) -> Iterator[dict[str, Any]]:
    """A row a step: what is joined, its error on held-out rows and on the test part."""
    summary, truth = folder.summary(), dataset.targets[dataset.parts.test]
    held_out = HeldOut(folder, dataset)
    found = best_first(held_out.candidates()[0])
    networks = [one for one in found if isinstance(one.models[0], Bundle)]
    trees = [one for one in found if one not in networks]
    chosen = f"trial {summary['chosen']['number']}"
    trials = folder.trials()
    first = trials[trials["state"] == "done"].sort_values("val_mae").iloc[0]
    left, _ = test_predictions(folder.trial(int(first["number"])), dataset)
    yield row("network as the search leaves it", float(first["val_mae"]), left, truth)
    alone = Predictor.load(folder.best).mixture(dataset.table.take(dataset.parts.test)).value
    yield row("+ final training", float(summary["chosen"]["val_mae"]), alone, truth)
    for name, members in {
        "+ its other trainings": [one for one in networks if one.source == chosen],
        "+ other architectures": networks,
        "yardsticks together": trees,
        "best yardstick": trees[:1],
        "everything": found,
    }.items():
        if members:
            yield joined(name, members, held_out, truth)
    for words, weigh, how in (*PLAIN, *GREEDY):
        values = np.stack([one.values for one in found])
        weights = weigh(values, held_out.target, 0)
        yield joined(f"everything, {words}", found, held_out, truth, lambda _, w=weights: w, how)


def joined(
    name: str, members: Sequence[Candidate], held_out: HeldOut, truth: np.ndarray,
    weigh: Callable[[np.ndarray], np.ndarray] | None = None, how: Combination = "median",
) -> dict[str, Any]:  # fmt: skip
    """Models joined by the product's rule, or with weights of another."""
    values = np.stack([one.values for one in members])
    if weigh is None:
        ways = ("median",) if held_out.folder.folds else ("mean", "median")
        selection = select_members(values, held_out.target, 0, ways)
        weights, how = selection.weights, selection.how
    else:
        weights = weigh(values)
    counts = [len(one.models) for one in members]
    models = [model for one in members for model in one.models]
    flat = np.repeat(weights / counts, counts)
    predictor = Predictor(*models, manifest={"unit": ""}, weights=flat, how=how)
    test = held_out.dataset.table.take(held_out.dataset.parts.test)
    predicted = predictor.mixture(test).value

    return row(name, mae(combine(values, weights, how), held_out.target), predicted, truth)


def row(name: str, val: float, predicted: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    low, high = mean_intervals(np.abs(predicted - truth)[None])[0].tolist()
    return {"step": name, "held_out_mae": val, "test_mae": mae(predicted, truth),
            "test_interval": [low, high]}  # fmt: skip


def print_table(name: str, rows: Sequence[dict[str, Any]], seconds: float) -> None:
    print(f"\n{name}, {seconds:.0f} s of searching and training\n")
    print("| step | held-out MAE | test MAE | 95% interval |")
    print("|---|---:|---:|---|")
    for one in rows:
        low, high = one["test_interval"]
        print(
            f"| {one['step']} | {one['held_out_mae']:.4g} | {one['test_mae']:.4g} | "
            f"{low:.4g} to {high:.4g} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--space", default="default")
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--quality", default="good")
    parser.add_argument("--workers", type=int)
    given = parser.parse_args()
    runs = given.output / "runs"
    for path in given.data:
        dataset, name = read(path, given.rows), path.name
        folder = StudyFolder(runs / name)
        if not (given.output / f"{name}.json").is_file():
            done = fusionnas.search(
                given.space, dataset, trials=given.trials, quality=given.quality, name=name,
                resume=(folder.path / "study.yaml").is_file(), runs=runs, track=False,
                workers=given.workers, display=ConsoleDisplay(),
            )  # fmt: skip
            if done.interrupted:
                raise SystemExit(130)
        rows = list(steps(folder, dataset))
        seconds = folder.summary()["search_seconds"]
        told = {"data": name, "seconds": seconds, "steps": rows}
        (given.output / f"{name}.json").write_text(json.dumps(told, indent=1))
        print_table(name, rows, seconds)


if __name__ == "__main__":
    main()
