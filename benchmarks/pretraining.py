"""What pretraining on one table is worth on a small table of another property.

`python benchmarks/pretraining.py OQMD --table NAME=CSV[,CSV...]:TEST ... [--rows 100 300 1000]`

OQMD and the tables are CSVs of formulas and targets. For each seed a network is trained on
`--pretrain` rows of the first, none of whose compositions is in any of the others. Then, for each
table and number of rows (validation included), three networks of that architecture are trained on
the same rows with the same seed: from scratch, from the pretrained weights, and from those with
all but the readout frozen. Their errors are of the table's test file. Differences are paired by
seed; intervals are of Student's t over the seeds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from fusionnas.architecture import Architecture
from fusionnas.data.files import read_csv
from fusionnas.data.in_memory import training_dataset
from fusionnas.data.table import CompositionTable, concatenate
from fusionnas.predict import Predictor
from fusionnas.search.finalists import interval
from fusionnas.train import train_in_memory
from fusionnas.training.metrics import mae

NETWORK = {
    "width": 32, "global": ["gru"], "readout": {"kind": "gated_mean", "post": True},
}  # fmt: skip
ARMS = {"scratch": None, "fine-tuned": "", "frozen": "embedding,global,local,fusion"}
TESTED = 2000  # compositions of a test file at most


@dataclass(frozen=True, slots=True)
class Rows:
    formulas: np.ndarray  # (N,) text
    targets: np.ndarray  # (N,)
    table: CompositionTable

    @classmethod
    def read(cls, paths: Sequence[str]) -> Rows:
        read = [read_csv(Path(path), None, None) for path in paths]
        table = concatenate([one[0] for one in read])
        targets = np.concatenate([one[1] for one in read])
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


def pretrained(source: Rows, rows: int, epochs: int, seed: int) -> Predictor:
    picked = np.random.default_rng(seed).permutation(len(source.targets))[:rows]
    part = source.take(picked)
    dataset = training_dataset(part.formulas.tolist(), part.targets, seed=seed, target="band gap")
    network = Architecture.from_dict(NETWORK)
    trained = train_in_memory(network, dataset, epochs=epochs, seed=seed, device="cpu")
    return Predictor(trained.bundle(), device="cpu")


def compare(
    seed: int, source: Rows, tables: Sequence[Table], sizes: Sequence[int], rows: int, epochs: int
) -> list[dict[str, str | int | float]]:
    """Test errors of all arms for one seed."""
    torch.set_num_threads(1)
    start = pretrained(source, rows, epochs, seed)
    return list(_arms(seed, start, tables, sizes))


def _arms(
    seed: int, start: Predictor, tables: Sequence[Table], sizes: Sequence[int]
) -> Iterator[dict[str, str | int | float]]:
    for table in tables:
        order = np.random.default_rng(seed).permutation(len(table.pool.targets))
        for size in sizes:
            part = table.pool.take(order[:size])
            dataset = training_dataset(
                part.formulas.tolist(), part.targets, seed=seed, target=table.name
            )
            for arm, freeze in ARMS.items():
                begun = time.process_time()
                trained = train_in_memory(
                    Architecture.from_dict(NETWORK) if freeze is None else None, dataset,
                    seed=seed, device="cpu", init_from=None if freeze is None else start,
                    freeze=freeze,
                )  # fmt: skip
                value = Predictor(trained.bundle(), device="cpu").mixture(table.test.table).value
                yield {
                    "table": table.name, "rows": size, "seed": seed, "arm": arm,
                    "mae": mae(value, table.test.targets),
                    "median": mae(np.median(part.targets), table.test.targets),
                    "seconds": time.process_time() - begun,
                }  # fmt: skip


def summary(found: pd.DataFrame) -> Iterator[str]:
    """The errors and paired differences as a Markdown table."""
    yield "| table | rows | median predictor | from scratch | fine-tuned | difference | frozen trunk | difference |"  # noqa: E501
    yield "|---|---:|---:|---:|---:|---|---:|---|"
    for (name, rows), group in found.groupby(["table", "rows"], sort=False):
        maes = group.pivot(index="seed", columns="arm", values="mae")
        cells = [str(name), f"{rows:,}", f"{group['median'].mean():.3g}"]
        cells.append(f"{maes['scratch'].mean():.3g}")
        for arm in ("fine-tuned", "frozen"):
            differences = (maes[arm] - maes["scratch"]).tolist()
            low, high = interval(differences)
            cells.append(f"{maes[arm].mean():.3g}")
            cells.append(f"{np.mean(differences):+.2g} ({low:+.2g} to {high:+.2g})")
        yield f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("source", help="CSV to pretrain on")
    parser.add_argument("--table", action="append", required=True, type=Table.parse)
    parser.add_argument("--rows", nargs="+", type=int, default=[100, 300, 1000])
    parser.add_argument("--pretrain", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=10, help="of the pretraining")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, help="CSV of every training")
    options = parser.parse_args()
    source = Rows.read([options.source])
    known = [part.table.keys() for table in options.table for part in (table.pool, table.test)]
    source = source.take(np.flatnonzero(~np.isin(source.table.keys(), np.concatenate(known))))
    work = partial(
        compare, source=source, tables=options.table, sizes=options.rows, rows=options.pretrain,
        epochs=options.epochs,
    )  # fmt: skip
    rows: list[dict[str, str | int | float]] = []
    with ProcessPoolExecutor(options.processes) as pool:
        for found in pool.map(work, range(options.seeds)):
            rows += found
            if options.out:
                pd.DataFrame(rows).to_csv(options.out, index=False)
    frame = pd.DataFrame(rows)
    print("\n".join(summary(frame)))
    print(f"\n{frame['seconds'].sum() / 60:.1f} CPU minutes without the pretraining")


if __name__ == "__main__":
    main()
