"""A projection of compounds to a plane, and the agreement of neighbours before the projection.

`python -m fusionnas.insight.reading.projection SEED` reads arrays of features as a NumPy archive
from standard input, and writes their projections as another one to standard output.

Symbols: N compounds, d channels, k neighbours.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from io import BytesIO

import numpy as np

from fusionnas.errors import OptionError
from fusionnas.processes import of_module

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
    _check([features])
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


def begin_projections(
    features: Sequence[np.ndarray], seed: int = 0
) -> Callable[[], list[np.ndarray]]:
    """Begin `project` of each array in a new process; the returned function waits for the results.

    umap-learn compiles for several seconds, in which other pictures can be drawn.

    Raises:
        OptionError: as by `project`; the returned function raises it, too.
    """
    _check(features)
    with tempfile.TemporaryFile() as given:
        np.savez(given, *features)
        given.seek(0)
        process = subprocess.Popen(
            **of_module("fusionnas.insight.reading.projection", str(seed)),
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def wait() -> list[np.ndarray]:
        out, told = process.communicate()
        if process.returncode != 0:
            last = (told.decode(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
            raise OptionError(f"UMAP failed in its process: {last}")
        with np.load(BytesIO(out)) as found:
            return [found[name] for name in found.files]

    return wait


def _check(features: Sequence[np.ndarray]) -> None:
    if not has_umap():
        raise OptionError(f"UMAP needs umap-learn; {INSTALL}")
    fewest = min(map(len, features))
    if fewest <= NEIGHBOURS:
        raise OptionError(f"UMAP needs more than {NEIGHBOURS} compounds, but got {fewest}.")


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


def main() -> None:
    with np.load(BytesIO(sys.stdin.buffer.read())) as given:
        found = [project(given[name], int(sys.argv[1])) for name in given.files]
    np.savez(sys.stdout.buffer, *found)


if __name__ == "__main__":
    main()
