"""The log-odds of a class against all others, split into what each element adds.

Symbols: N compounds, E elements in all of them together, K classes, m (K,) the outputs of a network
without any element, c (E, K) the contributions of the elements, z (N, K) their sums with m. The
log-odds of class k are f(z) = z_k - log of the sum of exp(z_j) over all other classes j.

For two classes f is linear, and so a sum over the elements. For more it is not. An element then
adds its contribution times the gradient of f, which is averaged over the straight way from m to z
(Aumann and Shapley, Values of Non-Atomic Games, 1974; in networks Sundararajan et al., ICML 2017).
What all elements add is f(z) - f(m). The gradient is 1 for class k, and for another class minus its
share among the others.
"""

from __future__ import annotations

import numpy as np

from fusionnas.statistics.temperature import softmax

_NODES, _PIECES = 8, 16  # of the integral: Gauss-Legendre in each piece of the way


def of_class(z: np.ndarray, code: int) -> np.ndarray:
    """The log-odds (N,) of a class, from (N, K), or from (N,) of the second of two classes."""
    if z.ndim == 1:
        return z if code else -z
    others = np.delete(z, code, axis=1)
    largest = others.max(axis=1)
    return z[:, code] - largest - np.log(np.exp(others - largest[:, None]).sum(axis=1))


def split(
    mean: float | tuple[float, ...], parts: np.ndarray, starts: np.ndarray, code: int
) -> tuple[float, np.ndarray]:
    """The log-odds of a class without any element, and what each element adds to it (E,).

    Args:
        mean: m, or the one output for two classes.
        parts: c, or (E,) for two classes.
        starts: the first element of each compound, (N,).
        code: the class.
    """
    base = float(of_class(np.array([mean]), code)[0])
    if parts.ndim == 1:
        return base, of_class(parts, code)
    ends = np.add.reduceat(parts, starts, axis=0)
    others = np.delete(np.arange(parts.shape[1]), code)
    shares = np.zeros((len(starts), len(others)))
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    for piece in range(_PIECES):
        for node, weight in zip(nodes, weights, strict=True):
            at = (piece + (node + 1) / 2) / _PIECES
            shares += weight / (2 * _PIECES) * softmax((np.asarray(mean) + at * ends)[:, others])
    of_rows = np.repeat(shares, np.diff([*starts, len(parts)]), axis=0)
    return base, parts[:, code] - (of_rows * parts[:, others]).sum(axis=1)
