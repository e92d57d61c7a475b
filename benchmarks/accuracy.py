"""The named architectures against published errors, on a whole data set.

`python benchmarks/accuracy.py DATA -o FOLDER [--published CSV] [--width 512] [--rows N] ...`

DATA is a folder with train.csv, val.csv and test.csv; the published errors are those of OQMD band
gaps, a CSV with the columns `architecture` and `test_mae_eV`. Each finished training is a bundle
and a line of FOLDER/accuracy.jsonl; one that was stopped goes on after its last epoch when the same
command is given again. `--rows` takes so many of the training part, and as many in proportion of
the others, drawn with seed 0.
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

from fusionnas.data.dataset import Dataset
from fusionnas.data.sources import load_dataset
from fusionnas.data.splits import Parts
from fusionnas.train import train

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
        name, dataset, given.output / name, width=given.width, epochs=given.epochs,
        recipe=given.recipe, seed=given.seed, device=given.device, resume=True,
        on_epoch=lambda e: print(f"{name}, epoch {e.epoch}: {e.val_mae:.4g}", file=sys.stderr),
    )  # fmt: skip
    return {
        "architecture": name, **settings(dataset, given),
        "processor_seconds": round(time.process_time() - begun, 1),  # of this part of it
        **{k: metrics[k] for k in ("test_mae", "test_mae_interval", "val_mae", "parameters",
                                   "best_epoch", "collapsed")},
    }  # fmt: skip


def settings(dataset: Dataset, given: argparse.Namespace) -> dict[str, Any]:
    """What the trainings of one folder have in common."""
    return {
        "data": dataset.name, "training_rows": len(dataset.parts.train), "width": given.width,
        "epochs": given.epochs, "recipe": given.recipe, "seed": given.seed,
    }  # fmt: skip


def published(path: Path | None) -> dict[str, float]:
    if path is None:
        return {}
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["architecture"].replace("_", "-"): float(row["test_mae_eV"]) for row in rows}


def print_table(records: list[dict[str, Any]], known: dict[str, float]) -> None:
    print("| architecture | parameters | test MAE | 95% interval | published |")
    print("|---|---:|---:|---:|---:|")
    for r in records:
        low, high = r["test_mae_interval"]
        paper = f"{known[r['architecture']]:.4f}" if r["architecture"] in known else ""
        cells = (f"{r['parameters']:,}", f"{r['test_mae']:.4f}", f"{low:.4f} to {high:.4f}", paper)
        print(f"| {r['architecture']} | {' | '.join(cells)} |")


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
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    lines = given.output / "accuracy.jsonl"
    records = (
        [json.loads(line) for line in lines.read_text().splitlines()] if lines.exists() else []
    )
    done = {record["architecture"] for record in records}
    dataset = drawn(load_dataset(str(given.data), unit="eV"), given.rows)
    wanted = settings(dataset, given)
    if any(record[name] != wanted[name] for record in records for name in wanted):
        parser.error(f"{given.output} holds trainings of other settings; take another folder")
    for name in given.architectures:
        if name not in done:
            records.append(trained(name, dataset, given))
            with lines.open("a", encoding="utf-8") as file:
                file.write(json.dumps(records[-1]) + "\n")
    print_table(records, published(given.published))


if __name__ == "__main__":
    main()
