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
    """Weights and what was found of them."""

    val_error: float = math.inf
    epoch: int = 0  # after which they were there; 0: those that the training began with
    weights: dict[str, Tensor] = {}  # noqa: RUF012  (of a tuple: never changed)
    averaged: int = 1  # how many weights they are the mean of, the last of them of that epoch

    @classmethod
    def of(cls, val_error: float, epoch: int, network: Network, averaged: int = 1) -> Best:
        return cls(val_error, epoch, copy.deepcopy(network.state_dict()), averaged)


class Averaging:
    """The mean of the weights at the lows of a triangular rate, without those that make it worse.

    Stochastic weight averaging (Izmailov et al., UAI 2018) as the published recipe has it. An
    average is held against the best average before it, never against a single epoch: the first one
    is a copy of the weights of its epoch, and an epoch before may have been lower by chance.
    """

    def __init__(self, network: Network, validate: Callable[[Network], float]) -> None:
        self.model = AveragedModel(network)
        self.validate = validate
        self.val_error = math.inf  # of the average

    def add(self, network: Network) -> bool:
        """Take the weights of `network` into the average; False where that made it no better."""
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
