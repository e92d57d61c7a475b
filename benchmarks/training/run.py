"""Train the comparison: `nice python -m benchmarks.training.run --data FOLDER [--limit SECONDS]`.

FOLDER holds extended/ and matbench/ (see `protocol.SETS`). Each finished training is a line of
results/runs.jsonl; the same command goes on where it was cut off. One process, one thread: seconds
are the processor's.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import torch

from benchmarks.training.protocol import (
    ARCHITECTURE,
    PAPER_EPOCHS,
    SETS,
    WIDTH,
    Arm,
    Run,
    load,
    planned,
)
from benchmarks.training.variants import TRAINERS, epochs_for
from fusionnas.data.dataset import Dataset
from fusionnas.data.element_vectors import element_vectors
from fusionnas.files.ledger import Ledger
from fusionnas.networks.named import load_architecture
from fusionnas.statistics.metrics import mae
from fusionnas.training.batches import Compounds
from fusionnas.training.data import TrainingData
from fusionnas.training.fresh import fresh_network, training_seed
from fusionnas.training.recipe import Recipe
from fusionnas.training.recipe_file import load_recipe

LEDGER = Ledger(Path(__file__).parent / "results" / "runs.jsonl")


class Laboratory:
    """Trains runs, and knows what earlier ones took."""

    def __init__(self, folder: Path, records: dict[str, dict[str, Any]]) -> None:
        self.records = records
        self.material = cache(lambda name: _material(load(name, folder)))

    def recipe(self, run: Run) -> Recipe:
        arm = run.arm
        recipe = load_recipe("default", SETS[run.data][1] * arm.times)
        if arm.recipe.get("name") == "paper":
            return load_recipe("paper", PAPER_EPOCHS)
        recipe = replace(recipe, **arm.recipe, patience=10_000)
        if arm.as_long_as is None:
            return recipe
        given = self.records[f"{run.data}/{arm.as_long_as}/0"]
        rate = self._seconds_an_epoch(run.data, arm, recipe)
        return replace(recipe, epochs=epochs_for(given["seconds"], rate, 1))

    def _seconds_an_epoch(self, data: str, arm: Arm, recipe: Recipe) -> float:
        """From the training that differs in the epochs alone, seed 0."""
        for other in self.records.values():
            same = other["data"] == data and other["seed"] == 0 and other["trainer"] == arm.trainer
            like = Recipe(**other["recipe"])
            if same and replace(like, epochs=recipe.epochs) == recipe:
                return float(other["seconds"]) / float(other["recipe"]["epochs"])
        raise KeyError(f"no training like {arm.name} on {data} yet")

    def measure(self, run: Run) -> dict[str, Any]:
        dataset, data, test = self.material(run.data)
        recipe = self.recipe(run)
        architecture = load_architecture(ARCHITECTURE).with_width(WIDTH)
        architecture = replace(architecture, dropout=run.arm.dropout)
        weights = fresh_network(architecture, element_vectors(), run.seed)
        trainer = TRAINERS[run.arm.trainer](weights, data, recipe, training_seed(run.seed))
        begun = time.process_time()
        history = [epoch.val_error for epoch in trainer]
        seconds = time.process_time() - begun
        result = trainer.finish()
        truth = dataset.targets[dataset.parts.test]
        return {
            "key": run.key,
            "data": run.data,
            "arm": run.arm.name,
            "seed": run.seed,
            "val_mae": min(*history, trainer.best.val_error) if len(history) > 1 else history[0],
            "test_mae": mae(data.scaler.restore(trainer.predict(test)), truth),
            "median_mae": data.constant_error,
            "best_epoch": result.best_epoch,
            "seconds": round(seconds, 3),
            "recipe": recipe.to_dict(),
            "dropout": run.arm.dropout,
            "trainer": run.arm.trainer,
            "val_maes": [round(value, 6) for value in history],
        }


def _material(dataset: Dataset) -> tuple[Dataset, TrainingData, Compounds]:
    device = torch.device("cpu")
    test = Compounds(dataset.table.take(dataset.parts.test), device)
    return dataset, TrainingData.of(dataset, device), test


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--limit", type=float, default=float("inf"), help="processor seconds")
    options = parser.parse_args()
    torch.set_num_threads(1)
    records = LEDGER.by_key()
    laboratory = Laboratory(options.data, records)
    for run in planned():
        if time.process_time() > options.limit:
            break
        if run.key in records:
            continue
        record = records[run.key] = laboratory.measure(run)
        LEDGER.add(record)
        print(
            f"{len(records)} {run.key}: {record['test_mae']:.4g} ({record['seconds']:.1f} s)",
            flush=True,
        )


if __name__ == "__main__":
    main()
