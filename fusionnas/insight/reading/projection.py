"""A projection of compounds to a plane, and the agreement of neighbours before the projection.

Symbols: N compounds, d channels, k neighbours.
"""

from __future__ import annotations

import importlib.util
import warnings

import numpy as np

from fusionnas.errors import OptionError

NEIGHBOURS = 15
MIN_DISTANCE = 0.1
EPOCHS = 200
INSTALL = "pip install 'fusionnas[umap]'"


def has_umap() -> bool:
    """Whether umap-learn is installed; it is not imported."""
    return importlib.util.find_spec("umap") is not None


def project(features: np.ndarray, seed: int = 0) -> np.ndarray:
    """UMAP of features (N, d) to (N, 2), Euclidean; the same seed gives the same picture.

    McInnes, Healy and Melville, arXiv:1802.03426, with the package's defaults for neighbours (15)
    and minimal distance (0.1), and 200 epochs.

    Raises:
        OptionError: umap-learn is not installed, or there are too few compounds.
    """
    if not has_umap():
        raise OptionError(f"UMAP needs umap-learn; {INSTALL}")
    if len(features) <= NEIGHBOURS:
        raise OptionError(f"UMAP needs more than {NEIGHBOURS} compounds, but got {len(features)}.")
    from sklearn.neighbors import NearestNeighbors

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a seed means one thread, which causes a warning
        from umap import UMAP

        # with given neighbours it compiles only half as much, which is most of its time
        search = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(features)
        distances, neighbours = search.kneighbors(features)
        reducer = UMAP(
            n_neighbors=NEIGHBOURS,
            min_dist=MIN_DISTANCE,
            n_epochs=EPOCHS,
            random_state=seed,
            n_jobs=1,
            precomputed_knn=(neighbours, distances.astype(np.float32)),
            force_approximation_algorithm=True,
        )
        return np.asarray(reducer.fit_transform(features), dtype=np.float64)


def neighbour_agreement(features: np.ndarray, values: np.ndarray, neighbours: int = 10) -> float:
    """R2 of predicting each value (N,) by the mean over its k nearest in features (N, d).

    It is 1 if neighbours have equal values, and about 0 if they differ as much as any two
    compounds. It is computed from all channels, so it does not depend on a projection.
    """
    from sklearn.neighbors import NearestNeighbors

    k = min(neighbours, len(features) - 1)
    # without given points, it leaves each compound out of its own neighbours
    nearest = NearestNeighbors(n_neighbors=k).fit(features).kneighbors(return_distance=False)
    wrong = ((values[nearest].mean(axis=1) - values) ** 2).sum()
    spread = ((values - values.mean()) ** 2).sum()
    return float(1 - wrong / spread) if spread > 0 else float("nan")
