"""Compounds a second in training: padded batches against batches without padding.

`OMP_NUM_THREADS=1 python benchmarks/speed/throughput.py DATA [--architecture l-g-dcnn] [--width
512] [--device cuda]`

DATA is a folder with train.csv, val.csv and test.csv. Four ways to train the same network, the
same weights and optimiser, in turn within one process, `--rounds` times an epoch of `--rows`
training compounds each:

padded: as the published code works: a data loader that takes compounds one by one, each padded to
    the longest formula of the data, and `nn.Conv1d` over the padding;
fp32, bf16: the product's trainer;
mixed: the same in float32, with steps that mix lengths (a piece for each).

On a CPU seconds are the processor's, on one thread, so that other work on the machine counts
little; on a GPU they are wall time, and the GPU must be idle. A ratio is one round's, and the table
gives the median and the range of all rounds. Before that, losses on one batch of compounds with
equally many elements, where nothing is padded, are held against each other.

The last column is the share of the arithmetic limit: six operations for each weight that acts on an
element and for each element (a product forwards, two backwards), over what one large product of
matrices reaches on the same device in the same precision.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from fusionnas.data.dataset import Dataset
from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.sources import load_dataset
from fusionnas.data.splits import Parts
from fusionnas.networks.components.convolution import ElementConv
from fusionnas.networks.inputs import Inputs
from fusionnas.networks.named import load_architecture
from fusionnas.networks.network import Network, build
from fusionnas.tasks.loss import LOSSES
from fusionnas.tasks.regression import REGRESSION
from fusionnas.training.batches import jittered
from fusionnas.training.data import TrainingData
from fusionnas.training.optimisation import make_optimizer, make_schedule
from fusionnas.training.recipe import Recipe
from fusionnas.training.recipe_file import load_recipe
from fusionnas.training.trainer import Trainer

VALIDATION = 32  # rows: what is measured is training


class PaddedConv(nn.Module):
    """The same convolution as torch has it, over real places and padding alike."""

    def __init__(self, of: ElementConv) -> None:
        super().__init__()
        kernel, out, channels = of.weight.shape
        self.conv = nn.Conv1d(channels, out, kernel, padding="same")
        with torch.no_grad():
            self.conv.weight.copy_(of.weight.permute(1, 2, 0))
            self.conv.bias.copy_(of.bias)  # type: ignore[union-attr]

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x.transpose(1, 2)).transpose(1, 2)


class PaddedNetwork(nn.Module):
    """A network that takes padded compounds, of which the readout alone is told."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = copy.deepcopy(network)
        self.network.vectors.nan_to_num_()  # row 0 stands for padding
        for module in list(self.network.modules()):
            for name, child in module.named_children():
                if isinstance(child, ElementConv):
                    setattr(module, name, PaddedConv(child))

    def forward(self, inputs: Inputs) -> tuple[Tensor, Tensor]:
        features = self.network.element_features(inputs)
        p, s, gate = self.network.readout.linear(features).unbind(-1)  # type: ignore[operator]
        real = (inputs.numbers > 0).float()
        count = real.sum(dim=1)
        value = (torch.sigmoid(gate) * p * real).sum(dim=1) / count
        return value, ((s * real).sum(dim=1) / count).clamp(-10, 10)


class OneByOne(TorchDataset[tuple[Tensor, Tensor, Tensor]]):
    """Compounds one by one, each padded to `longest` elements."""

    def __init__(self, dataset: Dataset, rows: np.ndarray, longest: int) -> None:
        self.table, self.longest = dataset.table.take(rows), longest
        standardised = REGRESSION.scaler(dataset).standardise(dataset.targets)
        self.target = standardised[rows].astype(np.float32)

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, row: int) -> tuple[Tensor, Tensor, Tensor]:
        part = slice(self.table.offsets[row], self.table.offsets[row + 1])
        numbers = np.zeros(self.longest, dtype=np.int64)
        fractions = np.zeros(self.longest)
        size = part.stop - part.start
        numbers[:size], fractions[:size] = self.table.numbers[part], self.table.fractions[part]
        return (
            torch.from_numpy(numbers),
            torch.from_numpy(fractions),
            torch.tensor(self.target[row]),
        )


def padded_epochs(network: Network, compounds: OneByOne, recipe: Recipe) -> Iterator[None]:
    """The baseline: an epoch each time it is asked to go on."""
    size = recipe.batch_size_for(len(compounds))
    loader = DataLoader(compounds, batch_size=size, shuffle=True)
    model = PaddedNetwork(network)
    device = network.vectors.device
    optimizer = make_optimizer(model, recipe)
    schedule = make_schedule(optimizer, recipe, len(loader))
    loss_of = LOSSES[recipe.loss]
    model.train()
    while True:
        for numbers, fractions, target in loader:
            optimizer.zero_grad(set_to_none=True)
            inputs = Inputs(numbers.to(device), fractions.to(device))
            value, log_scale = model(jittered(inputs, recipe.jitter))
            loss_of(value - target.to(device), log_scale).mean().backward()
            if recipe.gradient_clip is not None:
                nn.utils.clip_grad_norm_(model.parameters(), recipe.gradient_clip)
            optimizer.step()
            schedule.step()
        yield


def product_epochs(network: Network, data: TrainingData, recipe: Recipe) -> Iterator[object]:
    return iter(Trainer(copy.deepcopy(network), data, recipe, seed=0))


def loss_gap(network: Network, data: TrainingData) -> tuple[int, float, float]:
    """Elements a compound of the batch, its loss as the product has it, and the baseline's."""
    group = max(data.train.groups, key=lambda group: len(group.inputs))
    inputs, target = group.inputs[:128], group.target[:128]
    losses = []
    for model in (network, PaddedNetwork(network)):
        with torch.no_grad():
            value, log_scale = model(inputs)
        losses.append(float(LOSSES["scaled_l1"](value - target, log_scale).mean()))
    return inputs.elements, losses[0], losses[1]


def seconds(step: Callable[[], object], device: torch.device) -> float:
    if device.type == "cpu":
        begun = time.process_time()
        step()
        return time.process_time() - begun
    torch.cuda.synchronize(device)
    begun = time.perf_counter()
    step()
    torch.cuda.synchronize(device)
    return time.perf_counter() - begun


def matrix_limit(device: torch.device, dtype: torch.dtype, size: int = 2048) -> float:
    """Operations a second of one large product, the best of a few."""
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    best = min(seconds(lambda: torch.mm(a, b), device) for _ in range(6))
    return 2 * size**3 / best


def operations(network: Network) -> int:
    """Of training, for each element of a compound: products with weights alone."""
    calls: Counter[nn.Module] = Counter()  # a module that is used twice counts twice
    hooks = [
        module.register_forward_hook(lambda module, *_: calls.update([module]))
        for module in network.modules()
    ]
    group = torch.ones(1, 2, dtype=torch.int64, device=network.vectors.device)
    with torch.no_grad():
        network(Inputs(group, torch.full_like(group, 0.5, dtype=torch.float64)))
    for hook in hooks:
        hook.remove()
    own = (
        max(calls[module], 1) * weight.numel()
        for module in network.modules()
        for weight in module.parameters(recurse=False)
        if weight.ndim > 1
    )
    return 6 * sum(own)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--architecture", default="l-g-dcnn")
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--rows", type=int, default=2560)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    torch.set_num_threads(1)
    device = torch.device(given.device)
    whole = load_dataset(str(given.data))
    train = np.random.default_rng(0).permutation(whole.parts.train)[: given.rows]
    longest = int(whole.table.lengths.max())
    dataset = replace(whole, parts=Parts(train, whole.parts.val[:VALIDATION], whole.parts.test))
    data = TrainingData.of(dataset, device)
    architecture = load_architecture(given.architecture).with_width(given.width)
    network = build(architecture, element_vectors(), 0).to(device)
    recipe = load_recipe("default", given.rounds + 2)
    mean = float(whole.table.take(train).lengths.mean())
    print(
        f"{given.architecture}, width {given.width}, {network.parameter_count:,} parameters; "
        f"{len(train):,} compounds of {mean:.2f} elements on average, the longest of the data has "
        f"{longest} (bound {longest / mean:.2f})"
    )
    n, ours, theirs = loss_gap(network, data)
    print(f"loss of 128 compounds with {n} elements: {ours:.6f}, padded {theirs:.6f}")
    assert abs(ours - theirs) <= 1e-4 * abs(ours)
    ways = {
        "padded": padded_epochs(network, OneByOne(dataset, train, longest), recipe),
        "fp32": product_epochs(network, data, replace(recipe, precision="fp32")),
        "bf16": product_epochs(network, data, replace(recipe, precision="bf16")),
        "mixed": product_epochs(network, data, replace(recipe, precision="fp32", batches="mixed")),
    }
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for round_ in range(given.rounds + 1):
        spent = {way: seconds(lambda step=step: next(step), device) for way, step in ways.items()}  # type: ignore[misc]
        if round_:  # the first one warms up
            for way, value in spent.items():
                taken[way].append(value)
    work = operations(network) * mean
    limits = {dtype: matrix_limit(device, dtype) for dtype in (torch.float32, torch.bfloat16)}
    print(
        f"{work / 1e6:,.0f} million operations a compound; a product of matrices reaches "
        + " and ".join(f"{limit / 1e9:,.0f} GFLOP/s in {d}" for d, limit in limits.items())
    )
    print("| batches | compounds/s | to padded | range of rounds | of the limit |")
    print("|---|---:|---:|---:|---:|")
    for way, values in taken.items():
        ratios = [base / value for base, value in zip(taken["padded"], values, strict=True)]
        rate = len(train) / statistics.median(values)
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        share = rate * work / limits[torch.bfloat16 if way == "bf16" else torch.float32]
        ratio = statistics.median(ratios)
        print(f"| {way} | {rate:,.0f} | {ratio:.2f} | {spread} | {share:.0%} |")


if __name__ == "__main__":
    main()
