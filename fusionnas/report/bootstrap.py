"""How sure a mean error is: percentile bootstrap over compounds (Efron, Ann. Stat. 7, 1979, 1).

It tells the scatter of the test part alone. Not the scatter between trainings from other seeds.
"""

from __future__ import annotations

import numpy as np

DRAWS = 2000
LEVEL = 0.95


def intervals(errors: np.ndarray, draws: int = DRAWS, seed: int = 0) -> np.ndarray:
    """95% intervals (K, 2) of the means of K columns of errors (N, K), drawn together.

    The same compounds are drawn for every column, so that the interval of a column of differences
    is that of a paired comparison.
    """
    rng = np.random.default_rng(seed)
    n = len(errors)
    means = np.empty((draws, errors.shape[1]))
    for draw in range(draws):
        # how often each compound is drawn; a product is faster than picking rows
        counts = np.bincount(rng.integers(n, size=n), minlength=n)
        means[draw] = counts @ errors / n
    tail = (1 - LEVEL) / 2
    return np.quantile(means, [tail, 1 - tail], axis=0).T
