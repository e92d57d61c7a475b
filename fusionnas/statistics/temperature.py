"""Temperature: probabilities are corrected by a factor on their logits (Guo et al., ICML 2017).

Symbols: z (N,) logits of class 1, y (N,) codes 0 and 1, T the temperature. p = 1 / (1 + exp(-z/T)).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fusionnas.statistics.class_metrics import TINY, log_loss

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
        z: logits of rows that chose nothing, (N,).
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
    own, checked = log_loss(sigmoid(z), y), log_loss(sigmoid(corrected), y)
    return Temperature(_best(z, y) if checked < own else 1.0, len(y), own, checked)


def at_temperature(p: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities (N,) whose logits are divided by a temperature."""
    return sigmoid(logit(np.clip(p, TINY, 1 - TINY)) / temperature)


def sigmoid(z: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-z)), without overflow."""
    return 0.5 * (1 + np.tanh(z / 2))


def logit(p: np.ndarray) -> np.ndarray:
    """The inverse of `sigmoid`."""
    return np.log(p) - np.log1p(-p)


def _best(z: np.ndarray, y: np.ndarray) -> float:
    from scipy.optimize import minimize_scalar

    found = minimize_scalar(
        lambda log_t: log_loss(sigmoid(z / np.exp(log_t)), y), bounds=RANGE, method="bounded"
    )
    return float(np.exp(found.x))
