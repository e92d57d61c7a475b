"""The nearest of many known compositions, exactly.

The distance of two compositions is half the L1 distance of their atomic fractions, which is
1 - sum_z min(q_z, t_z): the share of atoms that must be exchanged to turn one into the other. 0 is
the same composition, 1 no element in common.

Symbols: Q queries, N known rows, c columns. There is one column for each element of the known rows,
the rarest first, and before these one column for all other elements. q and t are the fractions of a
query and of a known row; their overlap sum_z min(q_z, t_z) is maximised.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fusionnas.data.elements import MAX_Z
from fusionnas.data.table import CompositionTable

FEW = 10_000_000  # up to this number, comparing all queries with all rows is faster than lists
SLICE = 256  # queries that `find_several` compares at a time
SAMPLE = 10_000  # the largest number of rows that `usual_distance` uses


@dataclass(frozen=True, slots=True)
class Nearest:
    """For each query its nearest known row (-1 if no row shares an element) and the distance."""

    rows: np.ndarray  # (Q,) int64
    distances: np.ndarray  # (Q,) float64


class NearestComposition:
    """An index over known compositions.

    Among rows that share only one element with a query, the row richest in it is the nearest. All
    other rows are in the list of some pair of the query's elements. The lists are read from rare to
    common elements. The remaining atoms of a query limit the overlap that later lists can give, so
    the long lists (those with oxygen) are rarely read.
    """

    def __init__(self, table: CompositionTable) -> None:
        count = np.bincount(table.numbers, minlength=MAX_Z + 1)
        order = np.argsort(count, kind="stable")
        order = order[count[order] > 0]
        self.column = np.zeros(MAX_Z + 1, dtype=np.int64)  # of each element
        self.column[order] = np.arange(1, len(order) + 1)
        self.width = len(order) + 1
        self.table = table
        self.known = self._dense(table)
        # the two rows with most of each column's element, and how much, (2, c)
        self.richest = np.empty((2, self.width), dtype=np.int64)
        self.most = np.empty((2, self.width), dtype=np.float32)
        columns, masked = np.arange(self.width), self.known.copy()
        for rank in range(2):
            self.richest[rank] = masked.argmax(axis=0)
            self.most[rank] = masked[self.richest[rank], columns].clip(0)
            masked[self.richest[rank], columns] = -1

    def find(self, table: CompositionTable, leave_out: np.ndarray | None = None) -> Nearest:
        """The nearest known row of each composition; any of them if several are equally near.

        Args:
            table: the queries.
            leave_out: for each query, a known row that is ignored, (Q,) int64.
        """
        queries = self._dense(table)
        left = np.full(len(table), -1) if leave_out is None else leave_out
        rank = (self.richest[0] == left[:, None]).astype(np.int64)  # (Q, c)
        overlap = np.minimum(queries, self.most[rank, np.arange(self.width)])
        every, column = np.arange(len(queries)), overlap.argmax(axis=1)
        best, rows = overlap[every, column], self.richest[rank[every, column], column]
        if len(queries) * len(self.known) <= FEW:
            everywhere = np.arange(len(self.known))
            _improve(best, rows, self.known, queries, left, every, everywhere)
        else:
            for asking, listed in self._listed(table, queries, best):
                _improve(best, rows, self.known, queries, left, asking, listed)
        exact = np.minimum(queries, self.known[rows]).sum(axis=1, dtype=np.float64)
        # rounding errors of float32 are neither a distance nor an overlap
        distances, none = np.round((1 - exact).clip(0, 1), 6), exact < 1e-6
        return Nearest(np.where(none, -1, rows), np.where(none, 1.0, distances))

    def find_several(self, table: CompositionTable, count: int) -> Nearest:
        """The nearest known rows of each composition, the nearest first, by comparing with all.

        Args:
            table: the queries; thousands at most, since each is compared with each known row.
            count: how many rows of each, fewer where fewer are known.

        Returns:
            Rows (Q, count), -1 where a row shares no element, and distances (Q, count).
        """
        import torch

        known, queries = torch.from_numpy(self.known), torch.from_numpy(self._dense(table))
        count = min(count, len(known))
        rows, distances = [], []
        for start in range(0, len(queries), SLICE):
            apart = torch.cdist(queries[start : start + SLICE], known, p=1) / 2
            nearest, place = apart.topk(count, dim=1, largest=False)
            rows.append(place.numpy())
            distances.append(nearest.numpy().astype(np.float64).round(6).clip(0, 1))
        if not rows:
            return Nearest(np.zeros((0, count), np.int64), np.zeros((0, count)))
        found = np.concatenate(distances)
        return Nearest(np.where(found > 1 - 1e-6, -1, np.concatenate(rows)), found)

    @cached_property
    def _lists(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ascending keys of pairs; the start of each pair's list; the rows of all lists."""
        rows, first, second = self._pairs(self.table)
        key = first * self.width + second
        order = np.argsort(key, kind="stable")
        keys, starts = np.unique(key[order], return_index=True)
        return keys, np.append(starts, len(key)), rows[order]

    def _listed(
        self, table: CompositionTable, queries: np.ndarray, best: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Queries that could still improve on the current `best`, and the rows to try."""
        keys, begins, rows = self._lists
        asking, first, second = self._pairs(table)
        # a row that is in none of the earlier lists has at most the pair and elements after it
        after = queries[:, ::-1].cumsum(axis=1)[:, ::-1]
        bound = queries[asking, first] + after[asking, second] + 1e-6
        key = first * self.width + second
        order = np.argsort(key, kind="stable")
        key, asking, bound = key[order], asking[order], bound[order]
        asked, starts = np.unique(key, return_index=True)
        ends = np.append(starts[1:], len(key))
        place = np.searchsorted(keys, asked).clip(max=len(keys) - 1)
        there = keys[place] == asked if len(keys) else np.zeros(len(asked), dtype=bool)
        for i in np.flatnonzero(there):
            part = slice(starts[i], ends[i])
            able = asking[part][bound[part] > best[asking[part]]]
            if len(able):
                yield able, rows[begins[place[i]] : begins[place[i] + 1]]

    def _dense(self, table: CompositionTable) -> np.ndarray:
        """Fractions (rows, c), float32."""
        dense = np.zeros((len(table), self.width), dtype=np.float32)
        rows = np.repeat(np.arange(len(table)), table.lengths)
        np.add.at(dense, (rows, self.column[table.numbers]), table.fractions.astype(np.float32))
        return dense

    def _pairs(self, table: CompositionTable) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Each pair of elements of each row: the row and the two columns, the lower first."""
        found = [(np.empty(0, dtype=np.int64),) * 3]
        for n, (rows, numbers, _) in table.groups().items():
            columns = np.sort(self.column[numbers], axis=1)
            a, b = np.triu_indices(n, k=1)
            found.append((np.repeat(rows, len(a)), columns[:, a].ravel(), columns[:, b].ravel()))
        rows, first, second = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return rows, first, second


def usual_distance(table: CompositionTable, quantile: float) -> float:
    """A quantile of the distances between a composition and the nearest other one of its table.

    Args:
        table: at most 10,000 of its rows, evenly spaced, are used.
        quantile: 0.99 for the distance that one composition in a hundred exceeds.
    """
    rows = np.unique(np.linspace(0, len(table) - 1, min(len(table), SAMPLE)).astype(np.int64))
    found = NearestComposition(table).find(table.take(rows), leave_out=rows)
    return float(np.quantile(found.distances, quantile))


def _improve(
    best: np.ndarray,
    rows: np.ndarray,
    known: np.ndarray,
    queries: np.ndarray,
    left: np.ndarray,
    asking: np.ndarray,
    listed: np.ndarray,
) -> None:
    """Update `best` and `rows` in place: the queries `asking` try the known rows `listed`.

    At most `FEW` distances are in memory at a time.
    """
    import torch  # its cdist is by far the fastest for L1

    tried, size = torch.from_numpy(known[listed]), max(1, FEW // len(listed))
    for start in range(0, len(asking), size):
        some = asking[start : start + size]
        distance = torch.cdist(torch.from_numpy(queries[some]), tried, p=1).numpy()
        distance[listed[None, :] == left[some][:, None]] = 2
        nearest = distance.argmin(axis=1)
        overlap = 1 - distance[np.arange(len(some)), nearest] / 2
        better = overlap > best[some]
        best[some[better]] = overlap[better]
        rows[some[better]] = listed[nearest[better]]
