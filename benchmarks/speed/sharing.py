"""Several trainings at once against one after the other, on shared cores or on one GPU.

`python benchmarks/speed/sharing.py DATA [--architecture ldcnn] [--width 128] [--at-once 1 2 4]`

DATA is a folder with train.csv, val.csv and test.csv. So many processes train the same network for
some seconds of wall time, from a common start after an epoch that warms up. On CPUs each has its
share of the cores as threads, which is what a search gives its workers, and for comparison as many
threads as there are cores. With `--device cuda` all share the GPU. The machine must be idle.

A number above 1 in the last column: so many times the networks an hour that one training after the
other gives, with all cores or the whole GPU.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import multiprocessing

from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.sources import load_dataset
from fusionnas.data.splits import Parts
from fusionnas.networks.named import load_architecture
from fusionnas.networks.network import build
from fusionnas.training.data import TrainingData
from fusionnas.training.recipe_file import load_recipe
from fusionnas.training.trainer import Trainer

VALIDATION = 256  # rows, after each epoch
FOREVER = 100_000  # epochs: no training ends by itself


def run(place: int, given: Any, threads: int, start: Any, rates: Any) -> None:
    """One training; its compounds a second go into rates[place]."""
    torch.set_num_threads(threads)
    whole = load_dataset(str(given.data))
    train = np.random.default_rng(0).permutation(whole.parts.train)[: given.rows]
    parts = Parts(train, whole.parts.val[:VALIDATION], whole.parts.test)
    data = TrainingData.of(replace(whole, parts=parts), torch.device(given.device))
    architecture = load_architecture(given.architecture).with_width(given.width)
    network = build(architecture, element_vectors(), seed=place)
    recipe = load_recipe("default", FOREVER, given.precision)
    epochs = iter(Trainer(network, data, replace(recipe, patience=FOREVER), seed=place))
    next(epochs)
    start.wait()
    begun, done = time.perf_counter(), 0
    while time.perf_counter() - begun < given.seconds:
        next(epochs)  # ends with a validation, which reads back from the device
        done += len(train)
    rates[place] = done / (time.perf_counter() - begun)


def together(given: Any, at_once: int, threads: int) -> float:
    """Compounds a second of all trainings."""
    context = multiprocessing.get_context("spawn")
    start, rates = context.Barrier(at_once), context.Array("d", at_once)
    multiprocessing.spawn(run, (given, threads, start, rates), nprocs=at_once)
    return sum(rates[:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--architecture", default="ldcnn")
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--rows", type=int, default=2560, help="of an epoch")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    print(f"{given.architecture}, width {given.width}, {given.device}, {cores} cores")
    print("| trainings at once | threads of each | compounds/s in all | to one after the other |")
    print("|---:|---:|---:|---:|")
    base = None
    for at_once in given.at_once:
        shared = max(1, cores // at_once)
        for threads in sorted({shared} if given.device != "cpu" else {shared, cores}):
            rate = together(given, at_once, threads)
            base = base or rate
            line = f"| {at_once} | {threads} | {rate:,.0f} | {rate / base:.2f} |"
            print(line, flush=True)


if __name__ == "__main__":
    main()
