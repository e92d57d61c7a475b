"""Scores of probabilities for two classes.

Symbols: p (N,) probabilities of class 1, and y (N,) codes 0 and 1. A class is predicted if its
probability is at least one half.
"""

from __future__ import annotations

import numpy as np

TINY = 1e-7  # probabilities are kept so far from 0 and 1


def log_losses(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    """-log of the probability of the true class of each row, (..., N)."""
    p = np.clip(p, TINY, 1 - TINY)
    return -(y * np.log(p) + (1 - y) * np.log1p(-p))


def log_loss(p: np.ndarray, y: np.ndarray) -> float:
    """The mean of -log of the probability of the true class; 0.693 for p = 1/2."""
    return float(log_losses(p, y).mean())


def roc_auc(p: np.ndarray, y: np.ndarray) -> float:
    """The share of pairs, one row of each class, that p puts in order; NaN for one class alone."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(y, p)) if np.ptp(y) > 0 else float("nan")


def average_precision(p: np.ndarray, y: np.ndarray) -> float:
    """The area under precision against recall, as a sum of steps."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(y, p)) if (y == 1).any() else float("nan")


def balanced_accuracy(p: np.ndarray, y: np.ndarray) -> float:
    """The mean over the classes of the share of their rows that are predicted right."""
    right = predicted(p) == y
    return float(np.mean([right[y == code].mean() for code in np.unique(y)]))


def f1(p: np.ndarray, y: np.ndarray) -> float:
    """The harmonic mean of precision and recall of class 1; 0 if it is never predicted."""
    from sklearn.metrics import f1_score

    return float(f1_score(y, predicted(p), zero_division=0))


def mcc(p: np.ndarray, y: np.ndarray) -> float:
    """Matthews' correlation of predicted and true classes, from -1 to 1."""
    from sklearn.metrics import matthews_corrcoef

    return float(matthews_corrcoef(y, predicted(p)))


def predicted(p: np.ndarray) -> np.ndarray:
    """The more probable class, (N,)."""
    return (p >= 0.5).astype(np.float64)


def of_each_class(p: np.ndarray) -> np.ndarray:
    """The probability of each class, (N, K), of probabilities (N,) of class 1, or (N, K) of all."""
    return np.stack([1 - p, p], axis=1) if p.ndim == 1 else p


def most_probable(p: np.ndarray) -> np.ndarray:
    """The code of the most probable class, (N,) int, of probabilities as in `of_each_class`."""
    return (p >= 0.5).astype(int) if p.ndim == 1 else p.argmax(axis=1)
