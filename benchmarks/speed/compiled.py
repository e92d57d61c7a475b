"""What torch.compile is worth in training: `OMP_NUM_THREADS=1 python benchmarks/speed/compiled.py`.

For each architecture and width: seconds of a training step (forwards, loss, backwards; 128
compounds of four elements) as it is and compiled, seconds until the first compiled step is done,
and after how many steps that is paid back. Compounds of other lengths would be compiled once more
each, or once with a shape left open. On a CPU with one thread; `--device cuda` takes a GPU, where
`--mode reduce-overhead` replays the step as a CUDA graph.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch

from fusionnas.data.element_vectors import element_vectors
from fusionnas.networks.inputs import Inputs
from fusionnas.networks.named import load_architecture
from fusionnas.networks.network import build
from fusionnas.tasks.loss import scaled_l1

COMPOUNDS, ELEMENTS = 128, 4


def seconds(step: Callable[[], None], device: torch.device) -> float:
    begun = time.perf_counter()
    step()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - begun


def measure(name: str, width: int, given: argparse.Namespace) -> tuple[float, float, float]:
    """Seconds of a step, of a compiled one, and of the first compiled one."""
    device = torch.device(given.device)
    network = build(load_architecture(name).with_width(width), element_vectors(), 0).to(device)
    numbers = torch.randint(1, 80, (COMPOUNDS, ELEMENTS), device=device)
    fractions = torch.full(numbers.shape, 1 / ELEMENTS, dtype=torch.float64, device=device)
    inputs = Inputs(numbers, fractions)
    target = torch.randn(COMPOUNDS, device=device)

    def step_of(forward: Callable[..., tuple[torch.Tensor, torch.Tensor]]) -> Callable[[], None]:
        def step() -> None:
            network.zero_grad(set_to_none=True)
            value, log_scale = forward(inputs)
            scaled_l1(value - target, log_scale).mean().backward()

        return step

    plain, compiled = step_of(network), step_of(torch.compile(network, mode=given.mode))
    first = seconds(compiled, device)
    taken = []
    for step in (plain, compiled):
        for _ in range(5):
            step()
        taken.append(statistics.median(seconds(step, device) for _ in range(given.steps)))
    return taken[0], taken[1], first


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--architectures", nargs="+", default=["dcnn", "ldcnn", "l-g-dcnn"])
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 128, 512])
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--mode", default="default")
    given = parser.parse_args()
    print(
        "| architecture | width | step, ms | compiled, ms | ratio | first, s | paid after steps |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name in given.architectures:
        for width in given.widths:
            plain, compiled, first = measure(name, width, given)
            saved = plain - compiled
            paid = f"{first / saved:,.0f}" if saved > 0 else "never"
            print(
                f"| {name} | {width} | {1e3 * plain:.1f} | {1e3 * compiled:.1f} | "
                f"{plain / compiled:.2f} | {first:.1f} | {paid} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
