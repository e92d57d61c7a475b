"""What pretraining on one table is worth on a small table of another property.

`python -m benchmarks.accuracy.pretraining SOURCE WORK --table NAME=CSV[,CSV...]:TEST ...`

SOURCE and the tables are CSVs of formulas and targets. For each seed a network is trained on
`--pretrain` rows of the first, none of whose compositions is in any of the others. Then, for each
table and number of rows (validation included), networks of that architecture are trained on the
same rows with the same seed: from scratch, from the pretrained weights, and from the pretrained
weights at a third of the learning rate. Extra trees (medians) are fitted to the same rows. Errors
are those of the table's test file. Differences are paired by seed; intervals are Student's t over
the seeds. WORK keeps every training that was finished, few rows first: a run that was stopped goes
on, and prints the rows that all seeds have.

The pretrained networks must have learned something themselves: their skill is printed, and one
under `fusionnas.training.pretrained.LEAST_SKILL` is refused. It then needs more `--epochs` or
another source.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from fusionnas.data.reading.bad_rows import refuse
from fusionnas.data.reading.in_memory import training_dataset
from fusionnas.data.reading.training_rows import read_csv
from fusionnas.data.table import CompositionTable, concatenate
from fusionnas.models.baselines.fitted import FittedYardstick
from fusionnas.models.baselines.yardsticks import yardstick
from fusionnas.models.bundle import save_bundle
from fusionnas.models.from_training import bundle_of
from fusionnas.models.predictor import Predictor
from fusionnas.searching.finalists import interval
from fusionnas.statistics.metrics import mae
from fusionnas.workflows.train import train_in_memory

ARMS: dict[str, str | None] = {  # factors on the learning rates; None: from scratch
    "scratch": None,
    "fine-tuned": "",
    "fine-tuned, rate 1/3": "all=0.333",
}
TREES = "extra trees"
TESTED = 2000  # compositions of a test file at most


@dataclass(frozen=True, slots=True)
class Rows:
    formulas: np.ndarray  # (N,) text
    targets: np.ndarray  # (N,)
    table: CompositionTable

    @classmethod
    def read(cls, paths: Sequence[str]) -> Rows:
        read = [read_csv(Path(path)) for path in paths]
        for one in read:
            refuse(one.bad)
        table = concatenate([one.table for one in read])
        targets = np.concatenate([one.targets for one in read])
        return cls(np.array(table.formulas()), targets, table)

    def take(self, rows: np.ndarray) -> Rows:
        return Rows(self.formulas[rows], self.targets[rows], self.table.take(rows))


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    pool: Rows
    test: Rows

    @classmethod
    def parse(cls, text: str) -> Table:
        """`NAME=CSV[,CSV...]:TEST`; rows of the pool whose composition is tested are left out."""
        name, _, files = text.partition("=")
        pool_files, _, test_file = files.partition(":")
        pool, test = Rows.read(pool_files.split(",")), Rows.read([test_file])
        picked = np.random.default_rng(0).permutation(len(test.targets))[:TESTED]
        free = ~np.isin(pool.table.keys(), test.table.keys())
        return cls(name, pool.take(np.flatnonzero(free)), test.take(np.sort(picked)))


def pretrained(
    architecture: str, source: Rows, rows: int, epochs: int, seed: int, folder: Path
) -> Predictor:
    if not folder.is_dir():
        picked = np.random.default_rng(seed).permutation(len(source.targets))[:rows]
        part = source.take(picked)
        dataset = training_dataset(part.formulas.tolist(), part.targets, seed=seed)
        trained = train_in_memory(architecture, dataset, epochs=epochs, seed=seed, device="cpu")
        bundle = bundle_of(trained)
        save_bundle(folder, bundle.network, bundle.scaler, bundle.manifest, bundle.compositions)
    return Predictor.load(folder, device="cpu")


def compare(
    seed: int,
    architecture: str,
    source: Rows,
    tables: Sequence[Table],
    sizes: Sequence[int],
    rows: int,
    epochs: int,
    work: Path,
) -> None:
    """Test errors of all arms for one seed, a file each in `work`."""
    torch.set_num_threads(1)
    start = pretrained(architecture, source, rows, epochs, seed, work / f"pretrained-{seed}")
    for size, table in product(sizes, tables):
        path = work / f"{size}-{table.name}-{seed}.csv"
        if not path.is_file():
            found = pd.DataFrame(list(_arms(seed, architecture, start, table, size)))
            found.to_csv(path.with_suffix(".part"), index=False)
            path.with_suffix(".part").rename(path)


def _arms(
    seed: int, architecture: str, start: Predictor, table: Table, size: int
) -> Iterator[dict[str, str | int | float]]:
    order = np.random.default_rng(seed).permutation(len(table.pool.targets))
    part = table.pool.take(order[:size])
    dataset = training_dataset(part.formulas.tolist(), part.targets, seed=seed, target=table.name)

    def predictions(arm: str) -> np.ndarray:
        if arm == TREES:
            return FittedYardstick.fit(yardstick("extra_trees_median"), dataset, seed).predict(
                table.test.table
            )
        rates = ARMS[arm]
        trained = train_in_memory(
            architecture if rates is None else None,
            dataset,
            seed=seed,
            device="cpu",
            init_from=None if rates is None else start,
            layer_rates=rates,
        )
        return Predictor(bundle_of(trained), device="cpu").mixture(table.test.table).value

    for arm in (*ARMS, TREES):
        begun = time.process_time()
        value = predictions(arm)
        yield {
            "table": table.name,
            "rows": size,
            "seed": seed,
            "arm": arm,
            "mae": mae(value, table.test.targets),
            "median": mae(np.median(part.targets), table.test.targets),
            "seconds": time.process_time() - begun,
            "source_skill": start.manifest["metrics"]["skill"],
        }


def summary(found: pd.DataFrame, seeds: int) -> Iterator[str]:
    """The errors and paired differences as a Markdown table; of what all seeds have."""
    tuned = [arm for arm in ARMS if arm != "scratch"]
    heads = ["table", "rows", "median predictor", TREES, "from scratch"]
    heads += [head for arm in tuned for head in (arm, "difference")]
    yield f"| {' | '.join(heads)} |"
    yield "|---|" + "---:|" * 4 + "---:|---|" * len(tuned)
    for (name, rows), group in found.groupby(["table", "rows"]):
        maes = group.pivot(index="seed", columns="arm", values="mae")
        if len(maes) < seeds:
            continue
        cells = [str(name), f"{rows:,}", f"{group['median'].mean():.3g}"]
        cells += [f"{maes[arm].mean():.3g}" for arm in (TREES, "scratch")]
        for arm in tuned:
            differences = (maes[arm] - maes["scratch"]).tolist()
            low, high = interval(differences)
            cells.append(f"{maes[arm].mean():.3g}")
            cells.append(f"{np.mean(differences):+.2g} ({low:+.2g} to {high:+.2g})")
        yield f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("source", help="CSV to pretrain on")
    parser.add_argument("work", type=Path, help="folder of what is finished")
    parser.add_argument("--table", action="append", required=True, type=Table.parse)
    parser.add_argument("--architecture", default="message-passing", help="a name or a YAML file")
    parser.add_argument("--rows", nargs="+", type=int, default=[100, 300, 1000])
    parser.add_argument("--pretrain", type=int, default=100_000)
    parser.add_argument("--epochs", type=int, default=8, help="of the pretraining")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    source = Rows.read([options.source])
    known = [part.table.keys() for table in options.table for part in (table.pool, table.test)]
    source = source.take(np.flatnonzero(~np.isin(source.table.keys(), np.concatenate(known))))
    one_seed = partial(
        compare,
        architecture=options.architecture,
        source=source,
        tables=options.table,
        sizes=options.rows,
        rows=options.pretrain,
        epochs=options.epochs,
        work=options.work,
    )
    with ProcessPoolExecutor(options.processes) as pool:
        list(pool.map(one_seed, range(options.seeds)))
    frame = pd.concat([pd.read_csv(path) for path in options.work.glob("*.csv")])
    print("\n".join(summary(frame, options.seeds)))
    skills = ", ".join(f"{value:.2f}" for value in sorted(frame["source_skill"].unique()))
    print(f"\nSkill of the pretrained networks: {skills}")
    print(f"{frame['seconds'].sum() / 60:.1f} CPU minutes without the pretraining")


if __name__ == "__main__":
    main()
