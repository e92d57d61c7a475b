"""What is it worth to train a network again on training and validation rows?

`python -m benchmarks.accuracy.all_rows RUNS/STUDY ... -o FILE.jsonl`

For finished studies without folds. No row of a study's test part is used: a tenth of its training
and validation rows is held out, another tenth validates. The networks of the final training are
trained on the rest in several ways; each row of the result has the error on the rows held out.

    chosen      the training of the study: validation chooses the epoch
    other_seed  the same from another seed
    annealed    on the training rows, with as many epochs in all as `chosen` kept
    stopped     on training and validation rows, left off at that epoch of the longer schedule
    all_rows    on training and validation rows, with as many epochs in all
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fusionnas.data.dataset import Dataset
from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.folds import development_rows
from fusionnas.data.sources import load_dataset
from fusionnas.data.splits import Parts
from fusionnas.files.ledger import Ledger
from fusionnas.models.bundle import Bundle
from fusionnas.models.predictor import Predictor
from fusionnas.models.provenance import data_facts
from fusionnas.networks.architecture import Architecture
from fusionnas.searching.final_training import final_trainings
from fusionnas.statistics.metrics import mae
from fusionnas.studies.folder import StudyFolder
from fusionnas.tasks.kinds import task_of
from fusionnas.training.best import Best
from fusionnas.training.data import TrainingData
from fusionnas.training.fresh import fresh_network, training_seed
from fusionnas.training.recipe import Recipe
from fusionnas.training.trainer import Trainer

FIRST, OTHER = 11, 12  # seeds
SPLIT_SEED = 5


def held_out_of(study: StudyFolder) -> Dataset:
    """The training and validation rows of a study, in parts of 80, 10 and 10 percent."""
    frame = study.data()
    known = frame.loc[frame["part"] != "test", ["formula", "target"]]
    data = load_dataset(known, formula_column="formula", target_column="target", unit="")
    rows = np.random.default_rng(SPLIT_SEED).permutation(len(data.targets))
    tenth = len(rows) // 10
    parts = [rows[2 * tenth :], rows[tenth : 2 * tenth], rows[:tenth]]
    return replace(data, parts=Parts(*map(np.sort, parts)))


def ways(architecture: Architecture, recipe: Recipe, data: Dataset) -> list[dict[str, Any]]:
    """Train a network in each way: its name, its epochs and its error on the rows held out."""
    found: list[dict[str, Any]] = []
    whole = replace(data, parts=replace(data.parts, train=development_rows(data.parts)))
    task, device = task_of(data), torch.device("cpu")
    scaler = task.scaler(data)
    vectors, target = element_vectors(architecture.element_vectors), data.targets[data.parts.test]

    def trained(name: str, rows: Dataset, epochs: int, seed: int, stop: int | None) -> int:
        """Train; the error is in `found`, and the number of epochs that were kept is returned."""
        network = fresh_network(architecture, vectors, seed)
        given = TrainingData.of(rows, device, scaler, task)
        choose = name in ("chosen", "other_seed")
        settings = replace(recipe, epochs=epochs)
        trainer = Trainer(network, given, settings, training_seed(seed), choose_epoch=choose)
        for record in trainer:
            if record.epoch == stop:
                trainer.best = Best.of(record.val_error, stop, network)
                break
        kept = max(1, trainer.finish().best_epoch)
        predictor = Predictor(Bundle(network, scaler, data_facts(data, scaler)))
        said = predictor.mixture(data.table.take(data.parts.test)).value
        found.append({"way": name, "seed": seed, "epochs": kept, "mae": mae(said, target)})
        return kept

    length = recipe.epochs
    best = trained("chosen", data, length, FIRST, None)
    trained("other_seed", data, length, OTHER, None)
    trained("annealed", data, best, FIRST, None)
    trained("stopped", whole, length, FIRST, best)
    trained("all_rows", whole, best, FIRST, None)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("studies", type=Path, nargs="+", help="folders of finished studies")
    parser.add_argument("-o", "--output", type=Path, required=True, help="rows are appended")
    given = parser.parse_args()
    ledger = Ledger(given.output)
    for study in map(StudyFolder, given.studies):
        data = held_out_of(study)
        for training in final_trainings(study.path):
            key = f"{study.name}/{training.number}"
            if training.seed or key in ledger.by_key():
                continue
            plain = dict(study.facts["recipe"]) | {"epochs": training.result["epochs"]}
            architecture = Architecture.from_dict(training.result["architecture"])
            rows = ways(architecture, Recipe(**plain), data)
            ledger.add({"key": key, "line": training.result["line"], "ways": rows})
            print(key, *(f"{row['way']} {row['mae']:.4g}" for row in rows), flush=True)


if __name__ == "__main__":
    main()
