"""What is it worth to teach a judged network the validation rows, and what does it take?

`python -m benchmarks.accuracy.refits --tables FOLDER -o FILE.jsonl [--only TABLE,...]`

No row of a table's test part is used: of the training and validation rows, at most 6,000 drawn at
random, a tenth is held out and a tenth validates. Two of the first trials of the default space, as
long as in a final training, are trained on the rest and then in several ways on all but the rows
held out. Each row of the result has the errors on the rows held out.

    judged        validation chooses the epoch
    refit         from these weights, for a part of the epochs that were best, at a part of the rate
    all_rows      from fresh weights, for as many epochs as were best
    half          from fresh weights, for half as many
"""

from __future__ import annotations

import argparse
import copy
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.accuracy.tables import whole_table
from fusionnas.data.dataset import Dataset
from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.folds import development_rows
from fusionnas.data.splits import Parts
from fusionnas.files.ledger import Ledger
from fusionnas.models.bundle import Bundle
from fusionnas.models.predictor import Predictor
from fusionnas.models.provenance import data_facts
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.line import line
from fusionnas.networks.network import Network
from fusionnas.search_space.portfolio import portfolio
from fusionnas.searching.quality import QUALITIES, SHORT
from fusionnas.statistics.metrics import mae
from fusionnas.tasks.kinds import task_of
from fusionnas.training.data import TrainingData
from fusionnas.training.fresh import fresh_network, training_seed
from fusionnas.training.recipe import Recipe
from fusionnas.training.recipe_file import load_recipe
from fusionnas.training.trainer import Trainer

TABLES = (
    "bartel_formation_enthalpy,mp_elastic_anisotropy,ricci_seebeck_p,mp_shear_modulus,"
    "aflow_bandgap,mp_energy_above_hull,phonons,dielectric"
)
FIRST_TRIALS = (6, 5)  # of the default space
ROWS, SPLIT_SEED, SEED, REFIT_SEED = 6_000, 5, 11, 13
# shares of the epochs and of the rate
REFITS = {
    f"refit {share} {rate}": (share, rate)
    for share, rate in ((0.2, 0.1), (0.2, 0.3), (0.3, 0.3), (0.4, 0.3))
}
FRESH = {"all_rows": 1.0, "half": 0.5}  # of epochs


def held_out_of(name: str, folder: Path) -> Dataset:
    """Training and validation rows of a table, in parts of 80, 10 and 10 percent."""
    data = whole_table(name, folder)
    rows = np.random.default_rng(SPLIT_SEED).permutation(development_rows(data.parts))[:ROWS]
    tenth = len(rows) // 10
    parts = [rows[2 * tenth :], rows[tenth : 2 * tenth], rows[:tenth]]
    return replace(data, parts=Parts(*map(np.sort, parts)))


def ways(architecture: Architecture, data: Dataset) -> dict[str, Any]:
    """Errors on the rows held out and seconds, by way, and the epochs that were best."""
    task, device = task_of(data), torch.device("cpu")
    scaler, vectors = task.scaler(data), element_vectors(architecture.element_vectors)
    whole = replace(data, parts=replace(data.parts, train=development_rows(data.parts)))
    recipe = load_recipe("default").scaled_to(len(data.parts.train))
    final = QUALITIES["good"].final
    assert final is not None
    length = int(recipe.epochs * SHORT * final.lengths[0])
    held_out, target = data.table.take(data.parts.test), data.targets[data.parts.test]
    errors: dict[str, float] = {}
    seconds: dict[str, float] = {}

    def trained(name: str, network: Network, rows: Dataset, recipe: Recipe, seed: int) -> int:
        begun, judged = time.perf_counter(), name == "judged"
        trainer = Trainer(
            network,
            TrainingData.of(rows, device, scaler, task),
            recipe,
            training_seed(seed),
            choose_epoch=judged,
            trained=name in REFITS,
        )
        for _ in trainer:
            pass
        kept = max(1, trainer.finish().best_epoch)
        seconds[name] = time.perf_counter() - begun
        predictor = Predictor(Bundle(network, scaler, data_facts(data, scaler)))
        errors[name] = mae(predictor.mixture(held_out).value, target)
        return kept

    judged = fresh_network(architecture, vectors, SEED)
    best = trained("judged", judged, data, replace(recipe, epochs=length), SEED)
    for name, (share, rate) in REFITS.items():
        slower = replace(recipe, epochs=max(1, round(share * best))).slower(rate)
        trained(name, copy.deepcopy(judged), whole, slower, REFIT_SEED)
    for name, share in FRESH.items():
        shorter = replace(recipe, epochs=max(1, round(share * best)))
        trained(name, fresh_network(architecture, vectors, SEED), whole, shorter, SEED)
    return {"best_epoch": best, "epochs": length, "mae": errors, "seconds": seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tables", type=Path, required=True, help="folder of the tables")
    parser.add_argument("--only", default=TABLES, help="names of tables, separated by commas")
    parser.add_argument("-o", "--output", type=Path, required=True, help="rows are appended")
    given = parser.parse_args()
    ledger = Ledger(given.output)
    done = ledger.by_key()
    for name in given.only.split(","):
        data = held_out_of(name, given.tables)
        for number in FIRST_TRIALS:
            architecture = portfolio()[number].with_width(128)
            if (key := f"{name}/{number}") in done:
                continue
            row = {"key": key, "line": line(architecture)} | ways(architecture, data)
            ledger.add(row)
            print(key, *(f"{way} {error:.4g}" for way, error in row["mae"].items()), flush=True)


if __name__ == "__main__":
    main()
