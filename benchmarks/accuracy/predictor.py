"""What each step of the predictor is worth: a search of each table, taken apart.

`python -m benchmarks.accuracy.predictor --tables FOLDER -o SCRATCH [--trials 24] [--rows 10000]`
`python -m benchmarks.accuracy.predictor_page` writes the table of docs/predictor.md.

The tables are those of `benchmarks.accuracy.yardsticks`, drawn alike, and the built-in data; small
ones come first. Each is searched with the default quality into SCRATCH/runs; a search that was
stopped goes on when the same command is given again. Of the finished study the models are joined
anew, from fewer kinds of them to all, by the rule of `fusionnas.statistics.member_selection` on
held-out rows. The error on these rows is kept as well, which is the one to choose a rule by;
nothing here is chosen by the test part. A finished table is a line of
benchmarks/results/predictor.jsonl, and what stands there is not run again.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import fusionnas
from benchmarks.accuracy.yardsticks import known_tables
from fusionnas.data.dataset import Dataset
from fusionnas.files.ledger import Ledger
from fusionnas.models.bundle import Bundle
from fusionnas.models.predictor import Predictor
from fusionnas.statistics.bootstrap import mean_intervals
from fusionnas.statistics.combination import COMBINATIONS, Combination, combine
from fusionnas.statistics.member_selection import GREEDY, PLAIN, select_members
from fusionnas.statistics.metrics import absolute_errors, mae
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.tested import test_predictions
from fusionnas.terminal.search_progress import ConsoleDisplay
from fusionnas.workflows.candidates import Candidate, HeldOut, best_first

RESULTS = Path(__file__).parents[1] / "results" / "predictor.jsonl"


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
        weights = weigh(values, held_out.target, 0, absolute_errors)
        yield joined(f"everything, {words}", found, held_out, truth, weights, how)


def joined(
    name: str,
    members: Sequence[Candidate],
    held_out: HeldOut,
    truth: np.ndarray,
    weights: np.ndarray | None = None,
    how: Combination = "median",
) -> dict[str, Any]:
    """Models joined by the product's rule, or with weights of another."""
    values = np.stack([one.values for one in members])
    if weights is None:
        ways = ("median",) if held_out.folder.folds else COMBINATIONS
        selection = select_members(values, held_out.target, 0, ways)
        weights, how = selection.weights, selection.how
    counts = [len(one.models) for one in members]
    models = [model for one in members for model in one.models]
    flat = np.repeat(weights / counts, counts)
    predictor = Predictor(*models, manifest={"unit": ""}, weights=flat, how=how)
    test = held_out.dataset.table.take(held_out.dataset.parts.test)
    predicted = predictor.mixture(test).value

    return row(name, mae(combine(values, weights, how), held_out.target), predicted, truth)


def row(name: str, val: float, predicted: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    low, high = mean_intervals(np.abs(predicted - truth)[None])[0].tolist()
    return {
        "step": name,
        "held_out_mae": val,
        "test_mae": mae(predicted, truth),
        "test_interval": [low, high],
    }


def measured(name: str, dataset: Dataset, whole: int, given: argparse.Namespace) -> dict[str, Any]:
    """The record of a table, searched as `fusionnas search` does it."""
    runs = given.output / "runs"
    label = name.replace("/", "-")
    folder = StudyFolder(runs / label)
    done = fusionnas.search(
        given.space,
        dataset,
        trials=given.trials,
        quality=given.quality,
        name=label,
        resume=(folder.path / "study.yaml").is_file(),
        runs=runs,
        track=False,
        workers=given.workers,
        time_budget=given.time_budget,
        display=ConsoleDisplay(),
    )
    if done.interrupted:
        raise SystemExit(130)
    summary, parts = folder.summary(), dataset.parts
    mine = summary["predictor"]
    return {
        "key": name,
        "unit": dataset.unit,
        "target": dataset.target,
        "rows": [len(parts.train), len(parts.val), len(parts.test)],
        "training_rows_before": whole,
        "folds": folder.folds,
        "quality": given.quality,
        "trials": sum(summary["trials"].values()),
        "seconds": summary["search_seconds"],
        "steps": list(steps(folder, dataset)),
        "beside_best": mine["beside_best"],
        "test_mae": mine["test_mae"],
        "test_mae_interval": mine["test_mae_interval"],
        "network": summary["beside_yardsticks"]["rows"][0],
        "network_line": summary["chosen"]["line"],
        "parts": mine["parts"],
        "rule": mine["rule"],
        "interval": mine.get("interval"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tables", type=Path, required=True, help="folder of tables")
    parser.add_argument("-o", "--output", type=Path, required=True, help="scratch of the studies")
    parser.add_argument("--only", nargs="*", help="tables, such as matbench/phonons; else all")
    parser.add_argument("--space", default="default")
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--rows", type=int, default=10_000, help="of each part, at most")
    parser.add_argument("--quality", default="good")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--time-budget", type=float, help="seconds for each table")
    given = parser.parse_args()
    ledger = Ledger(RESULTS)
    unknown = set(given.only or ())
    for name, dataset, whole in known_tables(given.tables, given.rows):
        unknown.discard(name)
        if name not in ledger.by_key() and (not given.only or name in given.only):
            ledger.add(measured(name, dataset, whole, given))
    if unknown:
        parser.error(f"there are no tables {', '.join(sorted(unknown))}")


if __name__ == "__main__":
    main()
