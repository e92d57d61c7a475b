"""What one seed gives a training: the first weights of its network, and its order and noise.

The names of these two sub-seeds are what makes a training repeatable: another name would train
other weights from the same seed. They stand here alone.
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
        vectors: element vectors (119, channels), as `fusionnas.networks.network.build` takes them.
        seed: of the training, not of the weights themselves.

    Raises:
        ArchitectureError: the architecture cannot be built.
    """
    return build(architecture, vectors, sub_seed(seed, "weights"))


def training_seed(seed: int) -> int:
    """What a `Trainer` takes: the seed of order and noise, independent of that of the weights."""
    return sub_seed(seed, "training")
