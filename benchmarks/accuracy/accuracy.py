"""The named architectures against published errors, on a whole data set.

`python benchmarks/accuracy/accuracy.py DATA -o FOLDER [--published CSV] [--width 512] ...`

DATA is a folder with train.csv, val.csv and test.csv. Published errors are a CSV of one of two
forms: the columns `architecture` and `test_mae_eV` (one data set), or `dataset`, `unit` and a
column for each network, of which the row named like DATA is taken. Each finished training is a
bundle and a line of FOLDER/accuracy.jsonl; one that was stopped goes on after its last epoch when
the same command is given again. `--rows` takes so many of the training part, and as many in
proportion of the others, drawn with seed 0.

`--probe Si` also prints the clustering vectors of the networks for all test compounds with Si, and
their deviations from the band between `lstm` and `dcnn-k1` where these are among them. With one
seed of each the band keeps every threshold at which they differ.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fusionnas.cecv.efm import network_cecv
from fusionnas.cecv.probe import choose_probe
from fusionnas.cecv.target_band import Reference, TargetBand
from fusionnas.cecv.vector import Cecv
from fusionnas.data.dataset import Dataset
from fusionnas.data.sources import load_dataset
from fusionnas.data.splits import Parts
from fusionnas.models.bundle import load_bundle
from fusionnas.statistics.metrics import mae
from fusionnas.training.batches import Compounds
from fusionnas.workflows.train import train

NAMES = ("dcnn-k1", "lstm", "dcnn", "ldcnn", "l-g-dcnn", "l-g-dcnn-v1")


def drawn(dataset: Dataset, rows: int | None) -> Dataset:
    """`rows` of the training part and the same share of the others."""
    parts = (dataset.parts.train, dataset.parts.val, dataset.parts.test)
    if rows is None or rows >= len(parts[0]):
        return dataset
    rng, share = np.random.default_rng(0), rows / len(parts[0])
    taken = (np.sort(rng.permutation(part)[: round(share * len(part))]) for part in parts)
    return replace(dataset, parts=Parts(*taken))


def trained(name: str, dataset: Dataset, given: argparse.Namespace) -> dict[str, Any]:
    begun = time.process_time()
    metrics = train(
        name,
        dataset,
        given.output / name,
        width=given.width,
        epochs=given.epochs,
        recipe=given.recipe,
        precision=given.precision,
        seed=given.seed,
        device=given.device,
        resume=True,
        on_epoch=lambda e: print(f"{name}, epoch {e.epoch}: {e.val_error:.4g}", file=sys.stderr),
    )
    return {
        "architecture": name,
        **settings(dataset, given),
        "processor_seconds": round(time.process_time() - begun, 1),  # of this part of it
        **{
            k: metrics[k]
            for k in (
                "test_mae",
                "test_mae_interval",
                "val_mae",
                "parameters",
                "best_epoch",
                "collapsed",
            )
        },
    }


def settings(dataset: Dataset, given: argparse.Namespace) -> dict[str, Any]:
    """What the trainings of one folder have in common."""
    return {
        "data": dataset.name,
        "training_rows": len(dataset.parts.train),
        "width": given.width,
        "epochs": given.epochs,
        "recipe": given.recipe,
        "precision": given.precision,
        "seed": given.seed,
    }


def published(path: Path | None, data: str) -> dict[str, float]:
    """Errors by architecture; other methods stand under their own names."""
    if path is None:
        return {}
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    if "architecture" in rows[0]:
        return {row["architecture"].replace("_", "-"): float(row["test_mae_eV"]) for row in rows}
    own = next((row for row in rows if row["dataset"] == data), {})
    names = (name for name in own if name not in ("dataset", "unit") and own[name])
    return {name.replace("_", "-"): float(own[name]) for name in names}


def print_errors(records: list[dict[str, Any]], known: dict[str, float], dataset: Dataset) -> None:
    print("| architecture | parameters | test MAE | 95% interval | published |")
    print("|---|---:|---:|---:|---:|")
    for r in records:
        low, high = r["test_mae_interval"]
        paper = f"{known.pop(r['architecture']):.4g}" if r["architecture"] in known else ""
        cells = (f"{r['parameters']:,}", f"{r['test_mae']:.4g}", f"{low:.4g} to {high:.4g}", paper)
        print(f"| {r['architecture']} | {' | '.join(cells)} |")
    middle = np.median(dataset.targets[dataset.parts.train])
    print(f"| median predictor | | {mae(middle, dataset.targets[dataset.parts.test]):.4g} | | |")
    for name in known:
        print(f"| {name} | | | | {known[name]:.4g} |")


def vectors(
    names: list[str], whole: Dataset, given: argparse.Namespace
) -> tuple[dict[str, Cecv], str]:
    """The clustering vector of each finished network, and the probe in words."""
    probe = choose_probe(whole, given.probe, part="test")
    compounds = Compounds(probe.table, torch.device("cpu"))
    networks = {name: load_bundle(given.output / name).network for name in names}
    found = {name: network_cecv(network, probe, compounds) for name, network in networks.items()}
    return found, f"{len(probe.table):,} {probe.name}"


def print_vectors(found: dict[str, Cecv], probe: str, width: int) -> None:
    first = next(iter(found.values()))
    band = None
    if {"lstm", "dcnn-k1"} <= set(found):
        sides = (("global", "lstm"), ("local", "dcnn-k1"))
        band = TargetBand.of([Reference(side, width, 0, found[name]) for side, name in sides])
        band = band if band.exists else None
    print(f"\nClusters of {probe}, {first.compounds:,} of three or more elements:\n")
    heads = " | ".join(f"{t:.2f}" for t in first.thresholds)
    print(f"| architecture | {heads} | deviation |")
    print("|---|" + "---:|" * (len(first.thresholds) + 1))
    for name, vector in found.items():
        counts = " | ".join(f"{count:.0f}" for count in vector.counts)
        off = f"{band.score_vector(vector, width).deviation:.3f}" if band is not None else ""
        print(f"| {name} | {counts} | {off} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--published", type=Path)
    parser.add_argument("--architectures", nargs="+", default=list(NAMES))
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--recipe", default="default")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device")
    parser.add_argument("--probe", help="an element, several, or all: print clustering vectors")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    lines = given.output / "accuracy.jsonl"
    records = (
        [json.loads(line) for line in lines.read_text().splitlines()] if lines.exists() else []
    )
    done = {record["architecture"] for record in records}
    whole = load_dataset(str(given.data))
    dataset = drawn(whole, given.rows)
    wanted = settings(dataset, given)
    if any(record[name] != wanted[name] for record in records for name in wanted):
        parser.error(f"{given.output} holds trainings of other settings; take another folder")
    for name in given.architectures:
        if name not in done:
            records.append(trained(name, dataset, given))
            with lines.open("a", encoding="utf-8") as file:
                file.write(json.dumps(records[-1]) + "\n")
    print_errors(records, published(given.published, given.data.name), dataset)
    if given.probe:
        names = [record["architecture"] for record in records]
        print_vectors(*vectors(names, whole, given), given.width)


if __name__ == "__main__":
    main()
