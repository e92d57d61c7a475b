"""Several targets trained together, against each of them trained alone.

    python -m benchmarks.accuracy.targets FOLDER --seeds 3 -o FILE.jsonl
    python -m benchmarks.accuracy.targets --table -o FILE.jsonl    # of the finished rows

Four properties of AFLOW, of nearly the same compositions: bulk and shear modulus, thermal
conductivity and thermal expansion. A seed draws the split, which is the same for all, and the
weights. `complete` has all values. In `gaps` each training and validation row keeps each value with
a chance of 15%, so that most rows have one value or none; the test part is complete. All trainings
have the same architecture and recipe, which has at least 1,500 steps. Finished rows are not
measured again.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import fusionnas
from fusionnas.data.dataset import Dataset
from fusionnas.files.ledger import Ledger
from fusionnas.models.from_training import bundle_of
from fusionnas.models.predictor import Predictor
from fusionnas.seeding import sub_seed
from fusionnas.statistics.bootstrap import bootstrap_means
from fusionnas.workflows.train import train_in_memory

UNITS = {
    "bulk_modulus": "GPa",
    "shear_modulus": "GPa",
    "thermal_conductivity": "W/(m K)",
    "thermal_expansion": "1e-6/K",
}
CASES = ("complete", "gaps")
KEPT = 0.15  # chance of a value in `gaps`


def table(folder: Path) -> pd.DataFrame:
    """A row for each composition, a column for each property."""
    columns = []
    for name in UNITS:
        parts = (folder / f"aflow_{name}" / f"{part}.csv" for part in ("train", "val", "test"))
        own = pd.concat([pd.read_csv(part, keep_default_na=False) for part in parts])
        column = own.astype({"target": float}).groupby("formula")["target"].median().rename(name)
        columns.append(column * 1e6 if name == "thermal_expansion" else column)
    return pd.concat(columns, axis=1).rename_axis("formula").reset_index()


def with_gaps(dataset: Dataset, seed: int) -> Dataset:
    """The data set without most values of its training and validation rows."""
    parts, targets = dataset.parts, dataset.targets.copy()
    rng = np.random.default_rng(sub_seed(seed, "gaps"))
    seen = np.sort(np.concatenate([parts.train, parts.val]))
    targets[seen] = np.where(
        rng.random((len(seen), targets.shape[1])) < KEPT, targets[seen], np.nan
    )
    left = np.isfinite(targets).any(axis=1)
    train, val = (part[left[part]] for part in (parts.train, parts.val))
    return replace(dataset, targets=targets, parts=replace(parts, train=train, val=val))


def fitted(dataset: Dataset, given: argparse.Namespace, seed: int) -> Predictor:
    trained = train_in_memory(
        given.architecture, dataset, width=given.width, seed=seed, device="cpu"
    )
    return Predictor(bundle_of(trained), device="cpu")


def measured(dataset: Dataset, given: argparse.Namespace, seed: int) -> Iterator[dict[str, Any]]:
    """Test errors of each target: together, alone, and the standard error of the difference."""
    begun = time.perf_counter()
    together = fitted(dataset, given, seed)
    seconds = time.perf_counter() - begun
    for place, model in enumerate(together.each):
        own = dataset.of_target(place)
        begun = time.perf_counter()
        alone = fitted(own, given, seed)
        test, target = own.table.take(own.parts.test), own.targets[own.parts.test]
        errors = np.stack([np.abs(one.mixture(test).value - target) for one in (model, alone)])
        drawn = bootstrap_means(errors, seed=0)
        median = float(np.median(own.targets[own.parts.train]))
        yield {
            "target": own.target,
            "rows": [len(dataset.parts.train), len(own.parts.train)],
            "together": float(errors[0].mean()),
            "alone": float(errors[1].mean()),
            "standard_error": float((drawn[:, 0] - drawn[:, 1]).std()),
            "median": float(np.abs(median - target).mean()),
            "seconds": [round(seconds, 1), round(time.perf_counter() - begun, 1)],
        }


def measure(given: argparse.Namespace, ledger: Ledger) -> None:
    frame = table(given.folder)
    for seed in range(given.seeds):
        whole = fusionnas.load_dataset(frame, target_column=list(UNITS), seed=seed)
        for case in given.cases.split(","):
            key = f"{case}/{given.architecture}/{given.width}/{seed}"
            if key in ledger.by_key():
                continue
            data = with_gaps(whole, seed) if case == "gaps" else whole
            targets = list(measured(data, given, seed))
            ledger.add({"key": key, "case": case, "seed": seed, "targets": targets})
            print(
                key, [round(one["together"] / one["alone"] - 1, 3) for one in targets], flush=True
            )


def lines(records: list[dict[str, Any]]) -> Iterator[str]:
    """A table: the change of the error by training together, over all seeds.

    The interval is over test compounds: 1.96 standard errors of the mean of the seeds.
    """
    yield "| table | target | alone | together | change (95% interval) | by seed | |"
    yield "|---|---|---:|---:|---:|---|---|"
    for case in CASES:
        for name, unit in UNITS.items():
            found = [
                one
                for record in records
                if record["case"] == case
                for one in record["targets"]
                if one["target"] == name
            ]
            if not found:
                continue
            alone, together = (
                np.mean([one[way] for one in found]) for way in ("alone", "together")
            )
            change = together - alone
            error = math.hypot(*(one["standard_error"] for one in found)) / len(found)
            low, high = (100 * (change + side * 1.96 * error) / alone for side in (-1, 1))
            answer = "gained" if high < 0 else "lost" if low > 0 else "within chance"
            seeds = ", ".join(f"{100 * (one['together'] / one['alone'] - 1):+.1f}" for one in found)
            yield (
                f"| {case} | {name.replace('_', ' ')} ({unit}) | {alone:.4g} | {together:.4g} | "
                f"{100 * change / alone:+.1f}% ({low:+.1f} to {high:+.1f}) | {seeds} | {answer} |"
            )


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("folder", type=Path, nargs="?", help="holds aflow_bulk_modulus ...")
    options.add_argument("--architecture", default="lstm")
    options.add_argument("--width", type=int, default=32)
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--cases", default=",".join(CASES))
    options.add_argument("--table", action="store_true", help="print the table of finished rows")
    options.add_argument("-o", "--output", type=Path, required=True)
    given = options.parse_args()
    ledger = Ledger(given.output)
    if given.folder is not None:
        measure(given, ledger)
    if given.table:
        made = f"/{given.architecture}/{given.width}/"
        records = [one for key, one in ledger.by_key().items() if made in key]
        print("\n".join(lines(records)))


if __name__ == "__main__":
    main()
