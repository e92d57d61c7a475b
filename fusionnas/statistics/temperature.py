"""Temperature: probabilities are corrected by a factor on their logits (Guo et al., ICML 2017).

Symbols: z logits, y (N,) codes, T the temperature. Of two classes, z (N,) is the logit of class 1,
and p = 1 / (1 + exp(-z / T)); of K classes, z (N, K) has one for each, and p = softmax(z / T).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fusionnas.statistics import class_metrics, several_class_metrics
from fusionnas.statistics.class_metrics import TINY

FEWEST = 40  # rows for a correction and its check
RANGE = (np.log(0.1), np.log(10))  # of log T


@dataclass(frozen=True, slots=True)
class Temperature:
    """A temperature, with the log losses of its check."""

    value: float  # 1 changes nothing
    rows: int
    log_loss_own: float  # without a correction
    log_loss_corrected: float  # of each half, corrected by the other one

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def fit_temperature(z: np.ndarray, y: np.ndarray) -> Temperature | None:
    """The temperature with the lowest log loss, checked by two halves that correct each other.

    It is 1 if the check finds no gain.

    Args:
        z: logits of rows that chose nothing, (N,) or (N, K).
        y: their codes, (N,).

    Returns:
        None if there are fewer than `FEWEST` rows, or one class in a half.
    """
    halves = np.arange(len(y)) % 2 == 0, np.arange(len(y)) % 2 == 1
    if len(y) < FEWEST or any(np.ptp(y[half]) == 0 for half in halves):
        return None
    corrected = z.copy()
    for half, other in (halves, halves[::-1]):
        corrected[other] = z[other] / _best(z[half], y[half])
    own, checked = _error(z, y), _error(corrected, y)
    return Temperature(_best(z, y) if checked < own else 1.0, len(y), own, checked)


def at_temperature(p: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities, (N,) or (N, K), whose logits are divided by a temperature."""
    return probabilities(logits(p) / temperature)


def probabilities(z: np.ndarray) -> np.ndarray:
    """Of logits (N,) of class 1, or (N, K) of all classes; in the same shape."""
    return sigmoid(z) if z.ndim == 1 else softmax(z)


def logits(p: np.ndarray) -> np.ndarray:
    """The inverse of `probabilities`; probabilities too near to 0 or 1 are moved away from it."""
    inside = np.clip(p, TINY, 1 - TINY)
    return logit(inside) if p.ndim == 1 else np.log(inside)


def softmax(z: np.ndarray) -> np.ndarray:
    """exp(z) over its sum over the last axis, without overflow."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def sigmoid(z: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-z)), without overflow."""
    return 0.5 * (1 + np.tanh(z / 2))


def logit(p: np.ndarray) -> np.ndarray:
    """The inverse of `sigmoid`."""
    return np.log(p) - np.log1p(-p)


def _error(z: np.ndarray, y: np.ndarray) -> float:
    kind = class_metrics if z.ndim == 1 else several_class_metrics
    return kind.log_loss(probabilities(z), y)


def _best(z: np.ndarray, y: np.ndarray) -> float:
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda log_t: _error(z / np.exp(log_t), y), bounds=RANGE, method="bounded"
    )
    return float(np.exp(found.x))
