"""Scores of probabilities for three or more classes.

Symbols: P (N, K) probabilities of the classes, whose sum in a row is 1, and y (N,) codes from 0 to
K - 1. The most probable class is predicted. ROCAUC and PR-AUC are means over the classes, each
against all others; a class without a row, or with all rows, has none and is left out.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fusionnas.statistics import class_metrics
from fusionnas.statistics.class_metrics import TINY


def log_losses(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    """-log of the probability of the true class of each row: (..., N) of p (..., N, K)."""
    true = np.take_along_axis(
        p, np.broadcast_to(y.astype(int)[:, None], (*p.shape[:-1], 1)), axis=-1
    )
    return -np.log(np.clip(true[..., 0], TINY, 1))


def log_loss(p: np.ndarray, y: np.ndarray) -> float:
    """The mean of -log of the probability of the true class; log K for equal probabilities."""
    return float(log_losses(p, y).mean())


def roc_auc(p: np.ndarray, y: np.ndarray) -> float:
    """The mean ROCAUC of each class against the others; NaN if there is one class alone."""
    return _one_against_others(class_metrics.roc_auc, p, y)


def average_precision(p: np.ndarray, y: np.ndarray) -> float:
    """The mean area under precision against recall of each class against the others."""
    return _one_against_others(class_metrics.average_precision, p, y)


def balanced_accuracy(p: np.ndarray, y: np.ndarray) -> float:
    """The mean over the classes of the share of their rows that are predicted right."""
    right = predicted(p) == y
    return float(np.mean([right[y == code].mean() for code in np.unique(y)]))


def f1(p: np.ndarray, y: np.ndarray) -> float:
    """The mean over the classes of the harmonic mean of precision and recall (macro F1)."""
    from sklearn.metrics import f1_score

    return float(f1_score(y, predicted(p), average="macro", zero_division=0))


def mcc(p: np.ndarray, y: np.ndarray) -> float:
    """Matthews' correlation of predicted and true classes (Gorodkin, 2004), at most 1."""
    from sklearn.metrics import matthews_corrcoef

    return float(matthews_corrcoef(y, predicted(p)))


def predicted(p: np.ndarray) -> np.ndarray:
    """The code of the most probable class, (N,); of equal ones, the first."""
    return class_metrics.most_probable(p).astype(np.float64)


def _one_against_others(
    score: Callable[[np.ndarray, np.ndarray], float], p: np.ndarray, y: np.ndarray
) -> float:
    found = [
        score(p[:, code], own.astype(float))
        for code in range(p.shape[1])
        if 0 < (own := y == code).sum() < len(y)
    ]
    return float(np.mean(found)) if found else float("nan")
