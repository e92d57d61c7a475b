"""Classification of three or more classes: probabilities are predicted, the log loss judges them.

Symbols: B compounds, K classes, u (B, K) the network's outputs, y (B,) the class codes from 0 to
K - 1, q (K,) the shares of the classes in the training part, m = log q. The probabilities are
softmax(u + m), so that a fresh network starts near the shares. `Scaler` stores m as `mean`. A
class that a training part lacks counts as half a row.

If the rarest class has less than `UNEQUAL` 2 / K of the rows, all classes get the same weight in
the loss, which then fits u alone: see `fusionnas.tasks.classification`, whose case K = 2 this is.
The loss of a row is log(1 + exp(e)), for e the logit of all wrong classes together.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.scaling import Scaler
from fusionnas.statistics import several_class_metrics as metrics
from fusionnas.statistics.temperature import softmax
from fusionnas.tasks.classification import LOG_LOSS, UNEQUAL, log_loss
from fusionnas.tasks.task import Metric, Task

if TYPE_CHECKING:
    from torch import Tensor


def prior(codes: np.ndarray, count: int) -> Scaler:
    """The scale of the logits of `count` classes: `mean` is m, and `std` is 1."""
    rows = np.maximum(np.bincount(codes.astype(int), minlength=count), 0.5)
    return Scaler(tuple(np.log(rows / rows.sum()).tolist()), 1.0)


def is_weighted(scaler: Scaler) -> bool:
    """Whether the classes are so unequal that the loss weights them."""
    return float(np.exp(min(scaler.mean))) < UNEQUAL * 2 / len(scaler.mean)


def _wrong(
    network: Callable[..., Any], inputs: Any, target: Tensor, scaler: Scaler
) -> tuple[Tensor, Tensor, None]:
    """The logit of all wrong classes together, and the log of the row's weight, (B,) each."""
    import torch

    output = network(inputs)[0]
    codes = target.long()[:, None]
    m = torch.tensor(scaler.mean, dtype=output.dtype, device=output.device)
    weighted = is_weighted(scaler)
    z = output if weighted else output + m
    others = z.scatter(1, codes, float("-inf")).logsumexp(dim=1)
    weight = -np.log(len(scaler.mean)) - m if weighted else torch.zeros_like(m)
    return others - z.gather(1, codes)[:, 0], weight[codes[:, 0]], None


def _probabilities(
    value: np.ndarray, log_scale: np.ndarray, scaler: Scaler
) -> tuple[np.ndarray, np.ndarray]:
    p = softmax(scaler.restore(value))
    return p, np.sqrt(p * (1 - p))


def indicators(codes: np.ndarray, count: int) -> np.ndarray:
    """1 for the class of each row and 0 elsewhere, (N, K)."""
    return (codes[:, None] == np.arange(count)).astype(np.float64)


def _codes(codes: np.ndarray, scaler: Scaler) -> np.ndarray:
    return codes


def _shares(values: np.ndarray) -> np.ndarray:
    return values.mean(axis=0)


@cache
def several_classes(count: int) -> Task:
    """The task of `count` classes."""
    return Task(
        losses={LOG_LOSS: log_loss},
        fit_scale=partial(prior, count=count),
        encode=_codes,
        decode=_probabilities,
        error=Metric(LOG_LOSS, "log loss", metrics.log_loss, metrics.log_losses),
        beside=(
            Metric("roc_auc", "ROCAUC (one against others)", metrics.roc_auc),
            Metric("pr_auc", "PR-AUC (one against others)", metrics.average_precision),
            Metric("balanced_accuracy", "balanced accuracy", metrics.balanced_accuracy),
            Metric("f1", "macro F1", metrics.f1),
            Metric("mcc", "MCC", metrics.mcc),
        ),
        ways=("mean",),
        as_values=partial(indicators, count=count),
        best_constant=_shares,
        least_skill=0.02,
        residuals=_wrong,
        heads=count,
        weighs=is_weighted,
    )
