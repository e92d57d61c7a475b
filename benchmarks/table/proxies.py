"""What can be told of an untrained network: proxies of its final error that need no training.

Symbols: B compounds of one size n, d channels.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from fusionnas.cecv.efm import network_cecv
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.network import Network
from fusionnas.searching.assignment import Assignment
from fusionnas.searching.evaluation import Evaluator
from fusionnas.searching.setting import RULE, STANDARDISE, TAP
from fusionnas.training.batches import Batch
from fusionnas.training.fresh import fresh_network

BATCH = 64  # compounds of the most frequent size
EPSILON = 1e-5


def gradients(network: Network) -> Iterator[tuple[Tensor, Tensor]]:
    """The weights of each layer, and the gradients by them after a backward pass."""
    for parameter in network.parameters():
        if parameter.grad is not None:
            yield parameter.detach(), parameter.grad


def synflow(network: Network, batch: Batch) -> float:
    """Log of the sum of weight times gradient, all weights made positive (Tanaka et al., NeurIPS
    2020). The compounds are real ones, since the embedding reads no continuous input."""
    signs = [parameter.sign() for parameter in network.parameters()]
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.abs_()
    network.zero_grad()
    network(batch.inputs)[0].sum().backward()
    found = sum(float((weights * slope).abs().sum()) for weights, slope in gradients(network))
    with torch.no_grad():
        for parameter, sign in zip(network.parameters(), signs, strict=True):
            parameter.mul_(sign)
    return float(torch.log(torch.tensor(found + EPSILON)))


def jacobian_covariance(network: Network, batch: Batch) -> float:
    """How different the gradients by the embedded elements (B, n, d) are between compounds: minus
    the divergence of their correlations from none (Mellor et al., ICML 2021, first version)."""
    held: list[Tensor] = []
    hook = network.embedding.register_forward_hook(lambda *given: held.append(given[-1]))
    value, _ = network(batch.inputs)
    hook.remove()
    (gradient,) = torch.autograd.grad(value.sum(), held[0])
    rows = torch.nan_to_num(torch.corrcoef(gradient.flatten(1).double()))
    values = torch.linalg.eigvalsh(rows).clamp_min(0) + EPSILON
    return -float((values.log() + 1 / values).mean())


def ntk_trace(network: Network, batch: Batch) -> float:
    """Log of the mean squared norm of the gradients by the weights, compound by compound (the
    trace of the neural tangent kernel; Jacot et al., NeurIPS 2018)."""
    total = 0.0
    for row in range(len(batch.inputs)):
        network.zero_grad()
        network(batch.inputs[row : row + 1])[0].sum().backward()
        total += sum(
            float(p.grad.square().sum()) for p in network.parameters() if p.grad is not None
        )
    return float(torch.log(torch.tensor(total / len(batch.inputs) + EPSILON)))


PROXIES: Mapping[str, Callable[[Network, Batch], float]] = {
    "synflow": synflow,
    "jacobian covariance": jacobian_covariance,
    "NTK trace": ntk_trace,
}


def proxies(evaluator: Evaluator, architecture: Architecture, seed: int) -> dict[str, Any]:
    """Each proxy of the network that a training with this seed begins with, and its seconds."""
    vectors = evaluator.setting.vectors[architecture.element_vectors]
    network = fresh_network(architecture, vectors, seed).to(evaluator.device).eval()
    data = evaluator.data(Assignment(architecture, seed, evaluator.setting.folder), 0)
    most = max(data.train.groups, key=lambda group: len(group.inputs))
    batch = Batch(most.inputs[:BATCH], most.target[:BATCH], most.rows[:BATCH])
    values, seconds = {}, {}
    for name, proxy in PROXIES.items():
        begun = time.process_time()
        values[name] = proxy(network, batch)
        seconds[name] = time.process_time() - begun
    begun = time.process_time()
    vector = network_cecv(network, evaluator.setting.probe, evaluator.probe, TAP, RULE, STANDARDISE)
    values["clusters"] = float(vector.normalised.mean())
    seconds["clusters"] = time.process_time() - begun
    return {"values": values, "seconds": seconds}
