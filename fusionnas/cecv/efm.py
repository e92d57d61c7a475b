"""Element feature matrices of a network for a probe set; the only file here that needs torch."""

from __future__ import annotations

import numpy as np
import torch

from fusionnas.cecv.correlation import Standardisation
from fusionnas.cecv.probe import ProbeSet
from fusionnas.cecv.rules import Rule
from fusionnas.cecv.vector import Cecv, make_cecv
from fusionnas.networks.network import Network, Tap
from fusionnas.training.batches import Compounds


@torch.no_grad()
def element_features(
    network: Network, compounds: Compounds, tap: Tap = "readout_input", batch_size: int = 1024
) -> dict[int, np.ndarray]:
    """Blocks (N_n, n, channels) by n, float32, each in the order of the table."""
    network.eval()
    pieces: dict[int, list[torch.Tensor]] = {}
    for batch in compounds.in_order(batch_size):
        features = network.element_features(batch.inputs, tap)
        pieces.setdefault(batch.inputs.elements, []).append(features.float())
    return {n: torch.cat(parts).cpu().numpy() for n, parts in pieces.items()}


def network_cecv(
    network: Network,
    probe: ProbeSet,
    compounds: Compounds,
    tap: Tap = "readout_input",
    rule: Rule = "leader",
    standardise: Standardisation = "within",
) -> Cecv:
    """The clustering vector of a network; `compounds` is the probe's table on its device."""
    blocks = element_features(network, compounds, tap)
    return make_cecv(blocks, probe.name, probe.hash, tap, rule, standardise)
