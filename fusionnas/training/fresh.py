"""Derives from one seed the first weights of a network, and the order and noise of its training.

The names of these two sub-seeds make a training repeatable: another name would give other weights
from the same seed. They are defined only here.
"""

from __future__ import annotations

import numpy as np

from fusionnas.networks.architecture import Architecture
from fusionnas.networks.network import Network, build
from fusionnas.seeding import sub_seed


def fresh_network(architecture: Architecture, vectors: np.ndarray, seed: int) -> Network:
    """The untrained network of a training with this seed.

    Args:
        architecture: any architecture; it is made canonical.
        vectors: element vectors (119, channels), as for `fusionnas.networks.network.build`.
        seed: seed of the training; the seed of the weights is derived from it.

    Raises:
        ArchitectureError: the architecture cannot be built.
    """
    return build(architecture, vectors, sub_seed(seed, "weights"))


def training_seed(seed: int) -> int:
    """The seed for a `Trainer`: that of order and noise, independent of that of the weights."""
    return sub_seed(seed, "training")
