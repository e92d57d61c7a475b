"""Random compounds and element vectors for tests of networks."""

from __future__ import annotations

import numpy as np
import torch

from fusionnas.networks.inputs import Inputs


def vectors(channels: int = 12) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(119, channels)).astype(np.float32)


def random_compounds(batch: int, n: int, seed: int = 0) -> Inputs:
    """Distinct elements (batch, n) and fractions that sum to 1 (batch, n)."""
    rng = np.random.default_rng(seed)
    numbers = np.stack([rng.choice(np.arange(1, 100), n, replace=False) for _ in range(batch)])
    fractions = rng.dirichlet(np.ones(n), size=batch)
    return Inputs(torch.from_numpy(numbers), torch.from_numpy(fractions))
