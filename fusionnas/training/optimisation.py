"""Optimisers, learning-rate schedules and weight averaging, as a recipe defines them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import CyclicLR, LRScheduler, OneCycleLR

from fusionnas.networks.network import PARTS
from fusionnas.training.recipe import TRIANGLE_EPOCHS, Recipe


def make_optimizer(
    network: nn.Module, recipe: Recipe, rates: Mapping[str, float] | None = None
) -> torch.optim.Optimizer:
    """The recipe's optimiser. Weight decay acts only on matrices, not on biases and scales.

    Args:
        network: network to train; parameters without a gradient are left out.
        recipe: recipe of the training.
        rates: factors of the learning rate by part of the network
            (`fusionnas.networks.network.PARTS`); 1 if none is given.
    """
    by_module = {name: (rates or {}).get(part, 1.0) for part, own in PARTS.items() for name in own}
    groups: dict[tuple[float, bool], dict[str, Any]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            rate, matrix = by_module.get(name.partition(".")[0], 1.0), parameter.ndim > 1
            decay = recipe.weight_decay if matrix else 0.0
            empty = {"params": [], "weight_decay": decay, "rate": rate}
            groups.setdefault((rate, matrix), empty)["params"].append(parameter)
    # matrices first, as in a state on disk
    ordered = [groups[key] for key in sorted(groups, key=lambda key: (key[0], not key[1]))]
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(ordered, lr=recipe.learning_rate, fused=True)
    # imported here: the package needs seconds, and only the published recipe uses it
    from pytorch_optimizer import Lamb, Lookahead

    # in this library `adam_debias=True` means no bias correction
    lamb = Lamb(ordered, lr=recipe.lowest_learning_rate, adam_debias=True)
    return Lookahead(lamb, k=6, alpha=0.5)


def make_schedule(
    optimizer: torch.optim.Optimizer, recipe: Recipe, steps_per_epoch: int
) -> LRScheduler:
    """The recipe's learning rate, advanced after every step."""
    # Lookahead wraps an optimiser; schedules need the torch optimiser inside
    inner = getattr(optimizer, "optimizer", optimizer)
    highest, lowest = (
        [rate * group["rate"] for group in inner.param_groups]
        for rate in (recipe.learning_rate, recipe.lowest_learning_rate)
    )
    if recipe.schedule == "one_cycle":
        return OneCycleLR(
            inner,
            max_lr=highest,
            total_steps=recipe.epochs * steps_per_epoch,
            pct_start=0.3,
            div_factor=25,
            final_div_factor=recipe.learning_rate / 25 / recipe.lowest_learning_rate,
            cycle_momentum=False,
        )
    return CyclicLR(
        inner,
        base_lr=lowest,
        max_lr=highest,
        step_size_up=TRIANGLE_EPOCHS * steps_per_epoch,
        cycle_momentum=False,
    )


def ends_a_triangle(epoch: int) -> bool:
    """Whether the triangular rate is at a low after this epoch; the first low does not count.

    The weights at the first low are still poor, so averaging starts with the second.
    """
    return epoch % (2 * TRIANGLE_EPOCHS) == 0 and epoch >= 4 * TRIANGLE_EPOCHS
