"""Optimisers, learning-rate schedules and weight averaging, as a recipe asks for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import CyclicLR, LRScheduler, OneCycleLR

from fusionnas.training.recipe import Recipe

TRIANGLE_EPOCHS = 10  # up, and as many down


def make_optimizer(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimiser. Weight decay acts on matrices alone, not on biases and scales."""
    groups: list[dict[str, Any]] = [
        {"params": _where(network, matrix=True), "weight_decay": recipe.weight_decay},
        {"params": _where(network, matrix=False), "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)
    # imported here: the package takes seconds and only the published recipe needs it
    from pytorch_optimizer import Lamb, Lookahead

    # `adam_debias=True` is this library's name for leaving the bias correction out
    lamb = Lamb(groups, lr=recipe.lowest_learning_rate, adam_debias=True)
    return Lookahead(lamb, k=6, alpha=0.5)


def make_schedule(
    optimizer: torch.optim.Optimizer, recipe: Recipe, steps_per_epoch: int
) -> LRScheduler:
    """The recipe's learning rate, advanced after every step."""
    # Lookahead wraps an optimiser; schedules want the torch one inside
    inner = getattr(optimizer, "optimizer", optimizer)
    if recipe.schedule == "one_cycle":
        return OneCycleLR(
            inner,
            max_lr=recipe.learning_rate,
            total_steps=recipe.epochs * steps_per_epoch,
            pct_start=0.3,
            div_factor=25,
            final_div_factor=recipe.learning_rate / 25 / recipe.lowest_learning_rate,
            cycle_momentum=False,
        )
    return CyclicLR(
        inner,
        base_lr=recipe.lowest_learning_rate,
        max_lr=recipe.learning_rate,
        step_size_up=TRIANGLE_EPOCHS * steps_per_epoch,
        cycle_momentum=False,
    )


def ends_a_triangle(epoch: int) -> bool:
    """Whether the triangular rate is at its lowest after this epoch, from the second low on.

    The weights of the first low are still far from good; averaging starts with the second.
    """
    return epoch % (2 * TRIANGLE_EPOCHS) == 0 and epoch >= 4 * TRIANGLE_EPOCHS


def _where(network: nn.Module, matrix: bool) -> Iterable[nn.Parameter]:
    return [p for p in network.parameters() if p.requires_grad and (p.ndim > 1) == matrix]
