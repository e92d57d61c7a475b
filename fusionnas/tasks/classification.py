"""Classification of two classes: a probability is predicted, and the log loss judges it.

Three or more classes are in `fusionnas.tasks.several_classes`.

Symbols: B compounds, u the network's output, y the class code 0 or 1, q the share of class 1 in the
training part, m = log(q / (1 - q)). The logit of class 1 is u + m, so that a fresh network starts
near the share of the classes. `Scaler` stores m as `mean`.

If the rarer class has less than `UNEQUAL` of the rows, both classes get the same weight in the
loss, which then fits u alone. This is the logit for classes of equal size, and adding m gives the
logit for their true shares (Menon et al., ICLR 2021).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.scaling import Scaler
from fusionnas.statistics import class_metrics
from fusionnas.statistics.temperature import sigmoid
from fusionnas.tasks.task import Metric, Task

if TYPE_CHECKING:
    from torch import Tensor

UNEQUAL = 0.2  # share of the rarer class below which classes are weighted
LOG_LOSS = "log_loss"


def log_loss(wrong: Tensor, log_weight: Tensor) -> Tensor:
    """w log(1 + exp(e)) of each row: e the logit of the wrong class, w the weight of the class."""
    from torch.nn.functional import softplus

    return log_weight.exp() * softplus(wrong)


def prior(codes: np.ndarray) -> Scaler:
    """The scale of the logit: `mean` is m, and `std` is 1."""
    share = float(np.mean(codes))
    if not 0 < share < 1:
        raise ValueError("Both classes are needed.")
    return Scaler(math.log(share / (1 - share)), 1.0)


def share_of(scaler: Scaler) -> float:
    """The share of class 1 in the training part, of a scaler that no temperature changed."""
    return 1 / (1 + math.exp(-scaler.mean))


def is_weighted(scaler: Scaler) -> bool:
    """Whether the classes are so unequal that the loss weights them."""
    share = share_of(scaler)
    return min(share, 1 - share) < UNEQUAL


def _wrong(
    network: Callable[..., Any], inputs: Any, target: Tensor, scaler: Scaler
) -> tuple[Tensor, Tensor, None]:
    """The logit of the wrong class, and the log of the weight, (B,) each."""
    import torch

    output = network(inputs)[0]
    is_one = target + scaler.mean > 0.5  # the codes, which the scaler shifted
    weighted, share = is_weighted(scaler), share_of(scaler)
    z = output if weighted else output + scaler.mean
    of_one, of_zero = (math.log(0.5 / share), math.log(0.5 / (1 - share))) if weighted else (0, 0)
    weight = torch.where(is_one, torch.full_like(z, of_one), torch.full_like(z, of_zero))
    return torch.where(is_one, -z, z), weight, None


def _probability(
    value: np.ndarray, log_scale: np.ndarray, scaler: Scaler
) -> tuple[np.ndarray, np.ndarray]:
    p = sigmoid(scaler.restore(value))
    return p, np.sqrt(p * (1 - p))


CLASSIFICATION = Task(
    losses={LOG_LOSS: log_loss},
    fit_scale=prior,
    decode=_probability,
    error=Metric("log_loss", "log loss", class_metrics.log_loss, class_metrics.log_losses),
    beside=(
        Metric("roc_auc", "ROCAUC", class_metrics.roc_auc),
        Metric("pr_auc", "PR-AUC", class_metrics.average_precision),
        Metric("balanced_accuracy", "balanced accuracy", class_metrics.balanced_accuracy),
        Metric("f1", "F1", class_metrics.f1),
        Metric("mcc", "MCC", class_metrics.mcc),
    ),
    ways=("mean",),  # a mean of probabilities is a probability
    best_constant=np.mean,
    least_skill=0.02,
    residuals=_wrong,
    weighs=is_weighted,
)
