"""Rank correlations that leave a third quantity out."""

from __future__ import annotations

import numpy as np
from scipy import stats


def partial_correlation(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> float:
    """Rank correlation of x and y, (N,) each, after both were regressed on the rank of z."""
    ranks = [stats.rankdata(one) for one in (x, y, z)]
    design = np.column_stack([ranks[2], np.ones(len(z))])
    left = [r - design @ np.linalg.lstsq(design, r, rcond=None)[0] for r in ranks[:2]]
    return float(np.corrcoef(*left)[0, 1])
