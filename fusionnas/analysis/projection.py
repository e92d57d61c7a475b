"""Compounds of many channels in a plane, and how well neighbours agree before they go there."""

from __future__ import annotations

import importlib.util
import warnings

import numpy as np

from fusionnas.errors import OptionError

NEIGHBOURS = 15  # UMAP's defaults, named here because a caption states them
MIN_DISTANCE = 0.1
INSTALL = "pip install 'fusionnas[umap]'"


def has_umap() -> bool:
    """Whether umap-learn is installed; nothing is imported."""
    return importlib.util.find_spec("umap") is not None


def project(features: np.ndarray, seed: int = 0) -> np.ndarray:
    """UMAP of features (N, d) to (N, 2), Euclidean; the same seed gives the same picture.

    McInnes, Healy and Melville, arXiv:1802.03426.

    Raises:
        OptionError: umap-learn is not installed, or there are fewer than four compounds.
    """
    if len(features) < 4:
        raise OptionError(f"UMAP needs at least four compounds, but got {len(features)}.")
    if not has_umap():
        raise OptionError(f"UMAP needs umap-learn: {INSTALL}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a seed means one thread, which it warns about
        from umap import UMAP

        reducer = UMAP(
            n_neighbors=min(NEIGHBOURS, len(features) - 1),
            min_dist=MIN_DISTANCE,
            random_state=seed,
            n_jobs=1,
        )
        return np.asarray(reducer.fit_transform(features), dtype=np.float64)


def neighbour_agreement(features: np.ndarray, values: np.ndarray, neighbours: int = 10) -> float:
    """R2 of predicting each value (N,) by the mean over the nearest compounds in features (N, d).

    1 where neighbours have equal values, about 0 where they are as different as any two compounds.
    It is measured in all channels, so it does not depend on a projection.
    """
    from sklearn.neighbors import NearestNeighbors

    k = min(neighbours, len(features) - 1)
    # without points to ask for, a compound is no neighbour of its own
    nearest = NearestNeighbors(n_neighbors=k).fit(features).kneighbors(return_distance=False)
    wrong = ((values[nearest].mean(axis=1) - values) ** 2).sum()
    spread = ((values - values.mean()) ** 2).sum()
    return float(1 - wrong / spread) if spread > 0 else float("nan")
