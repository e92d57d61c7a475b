"""The weights that a training keeps: those with the lowest validation error so far."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import NamedTuple, cast

from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from fusionnas.networks.network import Network


class Best(NamedTuple):
    """Weights with their validation error."""

    val_error: float = math.inf
    epoch: int = 0  # epoch after which they existed; 0: the first weights
    weights: dict[str, Tensor] = {}  # noqa: RUF012  (of a tuple: never changed)
    averaged: int = 1  # number of weights in their mean; the last are from that epoch

    @classmethod
    def of(cls, val_error: float, epoch: int, network: Network, averaged: int = 1) -> Best:
        return cls(val_error, epoch, copy.deepcopy(network.state_dict()), averaged)


class Averaging:
    """The mean of the weights at the lows of a triangular rate, without those that worsen it.

    This is stochastic weight averaging (Izmailov et al., UAI 2018) as in the published recipe. An
    average is compared with the best average before it, never with a single epoch: the first
    average is a copy of the weights of its epoch, and an earlier epoch may have been lower by
    chance.
    """

    def __init__(self, network: Network, validate: Callable[[Network], float]) -> None:
        self.model = AveragedModel(network)
        self.validate = validate
        self.val_error = math.inf  # error of the average

    def add(self, network: Network) -> bool:
        """Add the weights of `network` to the average; False if the average did not improve."""
        before = copy.deepcopy(self.model.state_dict())
        self.model.update_parameters(network)
        val_error = self.validate(self.network)
        if val_error < self.val_error:
            self.val_error = val_error
            return True
        self.model.load_state_dict(before)
        return False

    @property
    def network(self) -> Network:
        return cast(Network, self.model.module)

    def best(self, epoch: int) -> Best:
        return Best.of(self.val_error, epoch, self.network, int(self.model.n_averaged))
