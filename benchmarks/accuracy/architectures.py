"""The named architectures side by side.

`python benchmarks/accuracy/architectures.py [-o TABLE.md]`

For each, at width 128: parameters, forward and backward samples a second on one thread (compounds
of the built-in data, the mix of lengths as it is), and validation MAE on the built-in data after
four epochs of the default recipe, mean and standard deviation of three seeds.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch

from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.sources import load_dataset
from fusionnas.networks.canonical import identity
from fusionnas.networks.named import architecture_names, load_architecture
from fusionnas.networks.network import build
from fusionnas.training.data import TrainingData
from fusionnas.training.fresh import fresh_network, training_seed
from fusionnas.training.recipe_file import load_recipe
from fusionnas.training.trainer import train

WIDTH, EPOCHS, SEEDS = 128, 4, 3
SPEED_STEPS = 20


def accuracy(name: str) -> tuple[int, float, float]:
    """Parameters, mean and standard deviation of the validation MAE."""
    torch.set_num_threads(1)
    architecture = load_architecture(name).with_width(WIDTH)
    vectors = element_vectors(architecture.element_vectors)
    data = TrainingData.of(load_dataset(), torch.device("cpu"))
    maes = []
    for seed in range(SEEDS):
        network = fresh_network(architecture, vectors, seed)
        result = train(network, data, load_recipe("default", EPOCHS), training_seed(seed))
        maes.append(result.val_error)
    return network.parameter_count, float(np.mean(maes)), float(np.std(maes, ddof=1))


def speeds(names: list[str]) -> dict[str, tuple[float, float]]:
    """Samples a second of each, one after the other, so that none disturbs another."""
    torch.set_num_threads(1)
    data = TrainingData.of(load_dataset(), torch.device("cpu"))
    found = {}
    for name in names:
        architecture = load_architecture(name).with_width(WIDTH)
        network = build(architecture, element_vectors(architecture.element_vectors), 0)
        found[name] = speed(network, data)
        print(
            f"{name}: {found[name][0]:,.0f} and {found[name][1]:,.0f} samples a second", flush=True
        )
    return found


def speed(network: torch.nn.Module, data: TrainingData) -> tuple[float, float]:
    """Samples a second: forward without gradients, forward and backward."""
    steps = list(data.train.shuffled(128, torch.Generator().manual_seed(0)))[: SPEED_STEPS + 3]
    rates = []
    for backward in (False, True):
        done, begun = 0, 0.0
        for place, step in enumerate(steps):
            if place == 3:  # warm by now
                done, begun = 0, time.perf_counter()
            for piece in step:
                with torch.set_grad_enabled(backward):
                    value, log_scale = network(piece.inputs)
                if backward:
                    (value.sum() + log_scale.sum()).backward()
                done += len(piece.rows)
        rates.append(done / (time.perf_counter() - begun))
    return rates[0], rates[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    distinct = {identity(load_architecture(n)): n for n in reversed(architecture_names())}
    names = sorted(distinct.values())
    rates = speeds(names)
    lines = [
        "| architecture | parameters | forward, 1/s | forward and backward, 1/s | MAE, uV/K |",
        "|---|---:|---:|---:|---:|",
    ]
    with ProcessPoolExecutor(options.processes) as pool:
        for name, (parameters, mean, sd) in zip(names, pool.map(accuracy, names), strict=True):
            forward, both = rates[name]
            numbers = f"{parameters:,} | {forward:,.0f} | {both:,.0f} | {mean:.1f} ± {sd:.1f}"
            lines.append(f"| `{name}` | {numbers} |")
            print(lines[-1], flush=True)
    if options.output is not None:
        options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
