"""Train what the figures need: `python benchmarks/paper_figures/run.py --data FOLDER`.

FOLDER holds a folder with train.csv, val.csv and test.csv for each data set of plan.py. Finished
runs are lines of results/runs.jsonl; the same command goes on where it was cut off. `--processes N`
trains N networks at a time.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from plan import Run, runs
from records import RUNS, read_runs

from fusionnas.training.recipe import Recipe
from fusionnas.training.recipe_file import load_recipe

MOST = {"validation_rows": 3000, "test_rows": 6000}

_laboratory: Any = None


def unhurried(name: str, epochs: int | None = None) -> Recipe:
    """The recipe without early stopping.

    Parts of different size would else differ in how far down the rate came.
    """
    recipe = load_recipe(name, epochs)
    return replace(recipe, patience=recipe.epochs)


def _start(folder: Path) -> None:
    import measure
    import torch

    global _laboratory
    os.nice(10)
    torch.set_num_threads(1)
    measure.load_recipe = unhurried  # the laboratory of the evidence takes the recipe from there
    _laboratory = measure.Laboratory(folder, MOST, snapshots=[])


def _measure(run: Run) -> dict[str, Any]:
    return _laboratory.measure(run)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    done = {record["key"] for record in read_runs()}
    planned = [run for run in runs() if run.key not in done]
    print(f"{len(done)} runs done, {len(planned)} to do", flush=True)
    RUNS.parent.mkdir(exist_ok=True)
    cut_off = RUNS.is_file() and not RUNS.read_bytes().endswith(b"\n")
    context = multiprocessing.get_context("spawn")
    with (
        context.Pool(options.processes, _start, (options.data,)) as pool,
        RUNS.open("a", encoding="utf-8") as file,
    ):
        file.write("\n" if cut_off else "")
        for number, record in enumerate(pool.imap_unordered(_measure, planned), start=1):
            file.write(json.dumps(record) + "\n")
            file.flush()
            print(
                f"{number}/{len(planned)} {record['key']} {record['state']} "
                f"({record['seconds']} s)",
                flush=True,
            )


if __name__ == "__main__":
    main()
