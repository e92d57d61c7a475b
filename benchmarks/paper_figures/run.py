"""Train what the figures need: `python -m benchmarks.paper_figures.run --data FOLDER`.

FOLDER holds a folder with train.csv, val.csv and test.csv for each data set of plan.py. Finished
runs are lines of results/runs.jsonl; the same command goes on where it was cut off. `--processes N`
trains N networks at a time.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.paper_figures.plan import HERE, Run, runs
from benchmarks.pending import run_pending
from fusionnas.files.ledger import Ledger, Record
from fusionnas.training.recipe import Recipe
from fusionnas.training.recipe_file import load_recipe

RUNS = Ledger(HERE / "results" / "runs.jsonl")
MOST = {"validation_rows": 3000, "test_rows": 6000}

_laboratory: Any = None


def unhurried(name: str, epochs: int | None = None, precision: str | None = None) -> Recipe:
    """The recipe without early stopping.

    Parts of different size would else differ in how far down the rate came.
    """
    recipe = load_recipe(name, epochs, precision)
    return replace(recipe, patience=recipe.epochs)


def start(folder: Path) -> None:
    """What a process measures with."""
    from benchmarks.evidence import measure as evidence

    global _laboratory
    evidence.load_recipe = unhurried  # the laboratory of the evidence takes the recipe from there
    _laboratory = evidence.Laboratory(folder, MOST, snapshots=[])


def measure(run: Run) -> Record:
    return _laboratory.measure(run)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    done = RUNS.by_key()
    pending = [run for run in runs() if run.key not in done]
    print(f"{len(done)} runs done, {len(pending)} to do", flush=True)
    run_pending(pending, start, (options.data,), measure, lambda record: RUNS, options.processes)


if __name__ == "__main__":
    main()
