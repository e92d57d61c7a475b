"""Chemical environments: the correlations between the elements of each compound.

Symbols as in `clustering.py`: a compound of n elements has an element feature matrix (EFM) F
(n, d), N compounds of equal n are a block (N, n, d), R is the correlation matrix of a compound's
elements (n, n), and P = n (n - 1) / 2 the number of its entries above the diagonal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np

from fusionnas.errors import CECVError, did_you_mean

Standardisation = Literal["within", "dataset", "none"]

STANDARDISATIONS = ("within", "dataset", "none")
FLAT = 1e-6  # a channel that varies less than this share of the largest |F| is ignored


@dataclass(frozen=True, slots=True)
class Environments:
    """The correlations of the compounds of a probe, by n."""

    entries: Mapping[int, np.ndarray]  # entries of R above the diagonal, (N_n, P)
    places: Mapping[int, np.ndarray]  # indices of the compounds in their block, (N_n,)
    too_small: int
    degenerate: int

    @property
    def compounds(self) -> int:
        return sum(map(len, self.entries.values()))


def environments(
    blocks: Mapping[int, np.ndarray], standardise: Standardisation, sizes: range | None = None
) -> Environments:
    """Correlations of the elements of each compound that can be clustered.

    Args:
        blocks: (N_n, n, d) by n.
        standardise: the features over the elements of each compound, over all, or not at all.
        sizes: the n that are used; by default n >= 2, but n >= 3 with `within`, where the
            correlation of two elements is always -1.

    Raises:
        CECVError: non-finite values, an unknown standardisation, or no compound that remains.
    """
    check_standardisation(standardise)
    smallest = 3 if standardise == "within" else 2
    entries: dict[int, np.ndarray] = {}
    places: dict[int, np.ndarray] = {}
    too_small = degenerate = 0
    centre, scale = _over_all(blocks) if standardise == "dataset" else (0.0, 1.0)
    for n, block in sorted(blocks.items()):
        if not np.isfinite(block).all():
            raise CECVError("An element feature matrix contains a value that is not finite.")
        if n < smallest or (sizes is not None and n not in sizes):
            too_small += len(block)
            continue
        features = np.asarray(block, dtype=np.float64)
        if standardise == "within":
            features, used = _within(features)
        else:
            features, used = (features - centre) / scale, np.ones(1, dtype=bool)
        r, defined = _correlations(features, used)
        degenerate += int((~defined).sum())
        upper = np.triu_indices(n, k=1)
        if defined.any():
            entries[n] = r[defined][:, upper[0], upper[1]]
            places[n] = np.flatnonzero(defined)
    if not entries:
        raise CECVError(
            "No compound can be clustered: a probe needs compounds with three or more elements "
            f"({too_small} have fewer, {degenerate} have constant features)."
        )
    return Environments(entries, places, too_small, degenerate)


def check_standardisation(name: str) -> Standardisation:
    """The standardisation with this name; raise CECVError if there is none."""
    if name not in STANDARDISATIONS:
        hint = did_you_mean(name, STANDARDISATIONS)
        raise CECVError(f"There is no standardisation '{name}'; {hint}")
    return cast(Standardisation, name)


def _within(f: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standardise each channel of each compound over its elements; which vary, (N, 1, d)."""
    spread = f.std(axis=1, ddof=1, keepdims=True)
    largest = np.abs(f).max(axis=(1, 2), keepdims=True)
    used = spread > FLAT * largest
    standard = (f - f.mean(axis=1, keepdims=True)) / np.where(used, spread, 1)
    return np.where(used, standard, 0), used


def _over_all(blocks: Mapping[int, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel over all elements of all compounds, (d,)."""
    rows = np.concatenate([block.reshape(-1, block.shape[-1]) for block in blocks.values()])
    spread = rows.std(axis=0, ddof=1)
    return rows.mean(axis=0), np.where(spread > 0, spread, 1)


def _correlations(f: np.ndarray, used: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pearson correlations over the used channels between the rows of each compound, (N, n, n).

    The second value says for which compounds they are defined, (N,) bool.
    """
    channels = np.broadcast_to(used, (len(f), 1, f.shape[2])).sum(axis=2, keepdims=True)
    centred = f - f.sum(axis=2, keepdims=True) / np.maximum(channels, 1)
    centred = np.where(used, centred, 0)
    norm = np.sqrt((centred**2).sum(axis=2))
    # a row with the same value in all channels has no correlation
    defined = (norm > FLAT * np.sqrt(np.maximum(channels[:, :, 0], 1))).all(axis=1)
    unit = centred / np.where(norm > 0, norm, 1)[:, :, None]
    return unit @ unit.transpose(0, 2, 1), defined
