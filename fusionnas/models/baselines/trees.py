"""Many regression trees as flat arrays, which predict and are stored without scikit-learn.

Symbols: T trees, M nodes of all trees together, N rows, F features. A row goes to the left if its
feature is not above the threshold. Leaves of trees with K outputs have K values. Features are
compared as float32 with float64 thresholds, as in scikit-learn, so that the leaves are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.data.scaling import Scaler
from fusionnas.errors import BundleError

LEAF = -1  # the feature of a node without children
_PAIRS = 200_000  # pairs of row and tree processed together; their number fits a processor's cache


@dataclass(frozen=True, slots=True)
class Trees:
    """The nodes of one tree after the other; children are indices among all M nodes."""

    roots: np.ndarray  # (T,) int64
    feature: np.ndarray  # (M,) int32, LEAF at a leaf
    left: np.ndarray  # (M,) int32
    right: np.ndarray  # (M,) int32
    number: np.ndarray  # (M,) float64: the threshold, or a leaf's value
    features: int  # F
    values: np.ndarray | None = None  # (M, K) float64: the values of leaves with K outputs

    @classmethod
    def of(cls, trees: Sequence[Any], scaler: Scaler) -> Trees:
        """Convert fitted trees of scikit-learn (`estimators_` of a forest).

        Args:
            trees: trees for one output or more.
            scaler: scaler that standardised the targets; leaves store them in their own unit.
        """
        parts = [tree.tree_ for tree in trees]
        counts = [part.node_count for part in parts]
        roots = np.concatenate([[0], np.cumsum(counts[:-1])]).astype(np.int64)
        leaf = np.concatenate([part.children_left for part in parts]) < 0
        start = np.repeat(roots, counts)

        def joined(name: str) -> np.ndarray:
            return np.concatenate([getattr(part, name) for part in parts])

        value = scaler.restore(np.concatenate([part.value[:, :, 0] for part in parts]))
        several = value.shape[1] > 1
        return cls(
            roots,
            np.where(leaf, LEAF, joined("feature")).astype(np.int32),
            np.where(leaf, LEAF, joined("children_left") + start).astype(np.int32),
            np.where(leaf, LEAF, joined("children_right") + start).astype(np.int32),
            np.where(leaf, value[:, 0], joined("threshold")),
            parts[0].n_features,
            np.where(leaf[:, None], value, 0) if several else None,
        )

    def __len__(self) -> int:
        return len(self.roots)

    def leaves(self, features: np.ndarray) -> np.ndarray:
        """The leaf that each row reaches in each tree, (N, T), of rows (N, F)."""
        flat = np.ascontiguousarray(features, dtype=np.float32).ravel()
        width, rows = features.shape[1], len(features)
        node = np.tile(self.roots, rows)
        at = np.repeat(np.arange(rows) * width, len(self))  # start of each row's features
        going = np.flatnonzero(self.feature[node] != LEAF)
        while len(going):
            here = node[going]
            low = flat[at[going] + self.feature[here]] <= self.number[here]
            below = np.where(low, self.left[here], self.right[here])
            node[going] = below
            going = going[self.feature[below] != LEAF]
        return node.reshape(rows, len(self))

    def over_trees(self, summary: Callable[..., np.ndarray], features: np.ndarray) -> np.ndarray:
        """A summary of the trees' values for rows (N, F); memory does not grow with N.

        Args:
            summary: function such as `np.median`; it is called with an `axis`.
            features: (N, F).

        Returns:
            (N,), or (N, K) of K outputs.

        Raises:
            ValueError: there are more or fewer features than in the training.
        """
        if features.shape[1] != self.features:
            width = features.shape[1]
            raise ValueError(f"{width} features were given, and the trees read {self.features}")
        step = max(1, _PAIRS // len(self))
        number = self.number if self.values is None else self.values
        out = np.empty((len(features), *number.shape[1:]))
        for start in range(0, len(features), step):
            block = slice(start, start + step)
            out[block] = summary(number[self.leaves(features[block])], axis=1)
        return out

    def write(self, path: Path) -> None:
        """Write as safetensors."""
        from safetensors.numpy import save_file

        given = {f.name: getattr(self, f.name) for f in fields(self)}
        save_file({n: np.atleast_1d(one) for n, one in given.items() if one is not None}, path)

    @classmethod
    def read(cls, path: Path) -> Trees:
        """Read a file of `write`; raises BundleError if it is not one.

        The arrays stay in the file until they are used, as those of forests are large and a few
        formulas need little of them.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            arrays = {name: tensor.numpy() for name, tensor in load_file(path).items()}
            return cls(**arrays | {"features": int(arrays["features"][0])})
        except (OSError, SafetensorError, KeyError, TypeError) as e:
            raise BundleError(f"{path} cannot be read as trees: {e}") from e
