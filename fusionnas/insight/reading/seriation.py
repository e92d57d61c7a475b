"""An order of channels in which similar channels are next to each other."""

from __future__ import annotations

import numpy as np

# above this number the exact order of leaves takes too long
_MOST_FOR_OPTIMAL = 600


def seriate(rows: np.ndarray) -> np.ndarray:
    """An order (d,) of the channels of rows (R, d).

    It uses average linkage of the channels' values over the rows. The leaves are ordered so that
    neighbours are as similar as the tree allows (Bar-Joseph et al., Bioinformatics 17 (2001) S22).
    The end with the larger mean comes last, so that the order does not depend on how the tree was
    drawn.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import pdist

    channels = np.asarray(rows, dtype=np.float64).T
    if len(channels) < 3:
        order = np.arange(len(channels))
    else:
        distances = pdist(channels)
        optimal = len(channels) <= _MOST_FOR_OPTIMAL
        order = leaves_list(linkage(distances, "average", optimal_ordering=optimal))
    means = channels.mean(axis=1)[order]
    half = len(order) // 2
    return order[::-1] if means[:half].sum() > means[len(order) - half :].sum() else order
