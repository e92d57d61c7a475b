"""Limits on networks: a network above a limit is infeasible and never trained.

The number of parameters is known before a trial is scheduled. The latency is measured by the worker
that would train the network. It is the time of one batch of 256 ternary compounds on one CPU thread
in float32, from atomic numbers and fractions to predictions. The fastest of seven passes counts,
since other work on the machine can only add time.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from fusionnas.errors import OptionError
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.inputs import Inputs
from fusionnas.networks.network import Network, count_parameters

COMPOUNDS, PASSES = 256, 7


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper limits of a network; None is no limit."""

    max_parameters: int | None = None
    max_latency: float | None = None  # ms

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value is not None and not value > 0:
                option = name.replace("_", "-")
                raise OptionError(f"--{option} must be positive, but got {value}.")

    def misfit(self, architecture: Architecture, vectors: Mapping[str, np.ndarray]) -> str | None:
        """The reason why an architecture must not be scheduled; None if it fits.

        Args:
            architecture: canonical.
            vectors: element vectors (119, channels) by name.
        """
        if self.max_parameters is None:
            return None
        count = count_parameters(architecture, vectors[architecture.element_vectors].shape)
        if count <= self.max_parameters:
            return None
        return f"{count:,} parameters are over the limit of {self.max_parameters:,}"

    def latency_bound(self, objectives: Sequence[str]) -> float | None:
        """The limit for workers, in ms; infinite if it is only measured, None if it is not."""
        if self.max_latency is not None:
            return self.max_latency
        return float("inf") if "latency_ms" in objectives else None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


NO_LIMITS = Limits()


def latency_ms(network: Network) -> float:
    """The latency of a network on the CPU, in ms; the network's mode is restored afterwards."""
    known = torch.isfinite(network.vectors).all(dim=1).nonzero().flatten()
    known = known[known > 0]
    numbers = known[torch.arange(3 * COMPOUNDS) % len(known)].reshape(COMPOUNDS, 3)
    fractions = torch.tensor([[0.5, 0.3, 0.2]], dtype=torch.float64).repeat(COMPOUNDS, 1)
    inputs = Inputs(numbers, fractions)
    threads, training = torch.get_num_threads(), network.training
    torch.set_num_threads(1)
    network.eval()
    try:
        times = []
        with torch.inference_mode():
            for _ in range(PASSES):
                begun = time.perf_counter()
                network(inputs)
                times.append(time.perf_counter() - begun)
    finally:
        torch.set_num_threads(threads)
        network.train(training)
    return 1000 * min(times)
