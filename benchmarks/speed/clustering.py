"""Clustering of chemical environments: `python benchmarks/speed/clustering.py [COMPOUNDS ...]`.

Element feature matrices of an untrained LSTM of width 128 for compositions of the built-in data,
drawn with replacement and jittered fractions where more are asked for than there are. Prints
seconds of the correlation matrices and of the counts at eight thresholds, peak memory, and how the
time of the counts grows from one size to the next.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
import torch

from fusionnas.cecv.clustering import THRESHOLDS
from fusionnas.cecv.correlation import environments
from fusionnas.cecv.efm import element_features
from fusionnas.cecv.rules import count
from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.sources import load_dataset
from fusionnas.data.table import CompositionTable
from fusionnas.networks.named import load_architecture
from fusionnas.networks.network import build
from fusionnas.training.batches import Compounds

SIZES = (2309, 10_000, 30_000, 100_000)


def sample(compounds: int) -> CompositionTable:
    table = load_dataset().table
    rng = np.random.default_rng(0)
    table = table.take(np.flatnonzero(table.lengths >= 3))
    rows = rng.permutation(len(table))[:compounds]
    if compounds > len(table):
        rows = rng.integers(len(table), size=compounds)
    taken = table.take(rows)
    noise = 1 + 0.1 * rng.normal(size=len(taken.fractions)).clip(-3, 3)
    fractions = taken.fractions * noise
    total = np.add.reduceat(fractions, taken.offsets[:-1])
    return CompositionTable(
        taken.numbers, fractions / np.repeat(total, taken.lengths), taken.offsets
    )


def main() -> None:
    earlier: tuple[int, float] | None = None
    network = build(load_architecture("lstm").with_width(128), element_vectors(), seed=0)
    for size in map(int, sys.argv[1:] or SIZES):
        blocks = element_features(network, Compounds(sample(size), torch.device("cpu")))
        begun = time.perf_counter()
        entries = environments(blocks, "within").entries
        correlations = time.perf_counter() - begun
        begun = time.perf_counter()
        counts = [
            sum(int(count(x, n, t, "leader")) for n, x in entries.items()) for t in THRESHOLDS
        ]
        clustering = time.perf_counter() - begun
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        growth = ""
        if earlier is not None:
            power = np.log(clustering / earlier[1]) / np.log(size / earlier[0])
            growth = f", counts grow as N^{power:.1f}"
        earlier = (size, clustering)
        print(
            f"{size:>7,} compounds: correlations {correlations:.3f} s, counts {clustering:.3f} s, "
            f"peak {peak:.1f} GiB{growth}, counts {counts}"
        )


if __name__ == "__main__":
    main()
