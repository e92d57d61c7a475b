"""Steps of R small networks that differ in their seed alone: one after the other, and batched.

`python benchmarks/speed/repeats.py [--repeats 1 3 8] [--widths 32 128] [--steps 20]`

Batched, the weights of the R networks are stacked (`torch.func.stack_module_state`) and one
`vmap` runs them all; each has compounds of its own. A step is forward, backward, a clipped
gradient for each network and AdamW. Seconds are of the processor, on one thread. The last column is
how many times longer one after the other takes: above 1 the batch is faster. Gradients of both
ways are compared first.
"""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap

from fusionnas.data.element_vectors import element_vectors
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.inputs import Inputs
from fusionnas.networks.network import Network, build
from fusionnas.tasks.loss import scaled_l1

NETWORKS = {
    "lstm": {"global": ["lstm"]},
    "gru": {"global": ["gru"]},
    "self_attention": {"global": ["self_attention"]},
    "dcnn": {"local": ["dcnn"]},
    "cnn": {"local": ["cnn"]},
}
ROWS, ELEMENTS = 128, 4  # of a step
CLIP = 1.0


@dataclass(frozen=True, slots=True)
class Step:
    """Compounds of each of R networks, and their targets (R, B)."""

    numbers: Tensor  # (R, B, n)
    fractions: Tensor  # (R, B, n)
    target: Tensor

    @classmethod
    def made_up(cls, repeats: int) -> Step:
        generator = torch.Generator().manual_seed(0)
        shape = (repeats, ROWS, ELEMENTS)
        fractions = torch.rand(shape, generator=generator, dtype=torch.float64) + 0.1
        return cls(
            torch.randint(3, 80, shape, generator=generator),
            fractions / fractions.sum(dim=-1, keepdim=True),
            torch.randn(shape[:2], generator=generator),
        )


def one_by_one(networks: Sequence[Network], step: Step) -> Callable[[], None]:
    optimizers = [torch.optim.AdamW(n.parameters(), lr=1e-3, fused=True) for n in networks]

    def run() -> None:
        for row, (network, optimizer) in enumerate(zip(networks, optimizers, strict=True)):
            optimizer.zero_grad(set_to_none=True)
            value, log_scale = network(Inputs(step.numbers[row], step.fractions[row]))
            scaled_l1(value - step.target[row], log_scale).mean().backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
            optimizer.step()

    return run


class Batched:
    """R networks with stacked weights."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self.parameters, self.buffers = stack_module_state(list(networks))
        self.skeleton = copy.deepcopy(networks[0]).to("meta")
        self.losses = vmap(self._loss, randomness="different")

    def _loss(
        self,
        parameters: dict[str, Tensor],
        buffers: dict[str, Tensor],
        numbers: Tensor,
        fractions: Tensor,
        target: Tensor,
    ) -> Tensor:
        inputs = Inputs(numbers, fractions)
        value, log_scale = functional_call(self.skeleton, (parameters, buffers), (inputs,))
        return scaled_l1(value - target, log_scale).mean()

    def backward(self, step: Step) -> None:
        losses = self.losses(
            self.parameters, self.buffers, step.numbers, step.fractions, step.target
        )
        losses.sum().backward()

    def stepper(self, step: Step) -> Callable[[], None]:
        weights = list(self.parameters.values())
        optimizer = torch.optim.AdamW(weights, lr=1e-3, fused=True)

        def run() -> None:
            optimizer.zero_grad(set_to_none=True)
            self.backward(step)
            self.clip()
            optimizer.step()

        return run

    def clip(self) -> None:
        """The gradient of each network by itself."""
        gradients = [w.grad for w in self.parameters.values() if w.grad is not None]
        squares = torch.stack([g.reshape(len(g), -1).square().sum(dim=1) for g in gradients])
        factor = (CLIP / (squares.sum(dim=0).sqrt() + 1e-6)).clamp(max=1)
        for g in gradients:
            g.mul_(factor.view(-1, *[1] * (g.ndim - 1)))


def largest_difference(networks: Sequence[Network], step: Step) -> float:
    """Between the gradients of both ways, relative to the largest gradient."""
    batched = Batched(networks)
    batched.backward(step)
    difference = largest = 0.0
    for row, network in enumerate(networks):
        network.zero_grad()
        value, log_scale = network(Inputs(step.numbers[row], step.fractions[row]))
        scaled_l1(value - step.target[row], log_scale).mean().backward()
        for name, weight in network.named_parameters():
            stacked = batched.parameters[name].grad
            if weight.grad is not None and stacked is not None:
                difference = max(difference, float((stacked[row] - weight.grad).abs().max()))
                largest = max(largest, float(weight.grad.abs().max()))
    return difference / largest


def milliseconds(run: Callable[[], None], steps: int) -> float:
    """Processor time of a step, the lowest of three looks."""
    for _ in range(3):
        run()
    looks = []
    for _ in range(3):
        begun = time.process_time()
        for _ in range(steps):
            run()
        looks.append((time.process_time() - begun) / steps * 1e3)
    return min(looks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", nargs="+", type=int, default=[1, 3, 8])
    parser.add_argument("--widths", nargs="+", type=int, default=[32, 128])
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    torch.set_num_threads(1)
    vectors = element_vectors()
    print("| network | width | R | one after the other, ms | batched, ms | ratio |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, stages in NETWORKS.items():
        for width in options.widths:
            for repeats in options.repeats:
                architecture = Architecture.from_dict({"width": width, **stages})
                networks = [build(architecture, vectors, seed) for seed in range(repeats)]
                step = Step.made_up(repeats)
                for network in networks:
                    network.train()
                try:
                    gap = largest_difference(networks, step)
                except (RuntimeError, NotImplementedError) as e:
                    print(f"| {name} | {width} | {repeats} | | no vmap: {str(e)[:60]} | |")
                    break
                assert gap < 1e-3, (name, gap)
                alone = milliseconds(one_by_one(networks, step), options.steps)
                together = milliseconds(Batched(networks).stepper(step), options.steps)
                cells = f"{alone:.1f} | {together:.1f} | {alone / together:.2f}"
                print(f"| {name} | {width} | {repeats} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
