"""Many compositions as flat arrays, cached on disk by the texts of their formulas.

Symbols: N rows (compositions), E elements in all of them together, n elements of one row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fusionnas.data.cache import read_arrays, write_arrays
from fusionnas.data.composition import DECIMALS, Composition, parse_formula
from fusionnas.errors import FormulaError

PARSER_VERSION = "3"  # increase it when the same text can give another composition
_CACHED = ("numbers", "fractions", "offsets")


@dataclass(frozen=True, slots=True)
class CompositionTable:
    """Compositions; row i has the elements `offsets[i]` to `offsets[i + 1]` of the flat arrays."""

    numbers: np.ndarray  # (E,) int16, atomic numbers in element order
    fractions: np.ndarray  # (E,) float64
    offsets: np.ndarray  # (N + 1,) int64
    # (N, C) float32 beside the formulas, such as a temperature (`fusionnas.data.conditions`)
    conditions: np.ndarray | None = None

    @classmethod
    def of(cls, compositions: Iterable[Composition]) -> CompositionTable:
        rows = list(compositions)
        return cls(
            np.array([z for row in rows for z in row.numbers], dtype=np.int16),
            np.array([x for row in rows for x in row.fractions], dtype=np.float64),
            np.concatenate([[0], np.cumsum([len(row.numbers) for row in rows])]).astype(np.int64),
        )

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> Composition:
        part = slice(self.offsets[row], self.offsets[row + 1])
        return Composition(tuple(self.numbers[part].tolist()), tuple(self.fractions[part].tolist()))

    @property
    def lengths(self) -> np.ndarray:
        """Elements of each row, (N,)."""
        return np.diff(self.offsets)

    def formulas(self) -> list[str]:
        return [self[row].formula for row in range(len(self))]

    def take(self, rows: np.ndarray) -> CompositionTable:
        """The given rows, in the given order."""
        lengths = self.lengths[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        # index of each selected element: the start of its row plus its index within the row
        within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
        place = np.repeat(self.offsets[:-1][rows], lengths) + within
        conditions = None if self.conditions is None else self.conditions[rows]
        return CompositionTable(self.numbers[place], self.fractions[place], offsets, conditions)

    def groups(self) -> dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Rows by their number of elements n: (rows (N_n,), numbers and fractions (N_n, n))."""
        lengths = self.lengths
        found = {}
        for n in np.unique(lengths).tolist():
            rows = np.flatnonzero(lengths == n)
            place = self.offsets[:-1][rows][:, None] + np.arange(n)
            found[n] = (rows, self.numbers[place], self.fractions[place])
        return found

    def contains(self, z: int) -> np.ndarray:
        """Whether each row contains the element, (N,) bool."""
        return self.row_any(self.numbers == z)

    def row_any(self, of_elements: np.ndarray) -> np.ndarray:
        """Whether each row has a true value among its elements; (E,) bool to (N,) bool."""
        found = np.zeros(len(self), dtype=bool)
        found[np.repeat(np.arange(len(self)), self.lengths)[of_elements]] = True
        return found

    def keys(self) -> np.ndarray:
        """A 64-bit key of each row, (N,) uint64, equal for equal compositions.

        In a million compositions, two different ones share a key with a probability of 3e-8.
        """
        whole = np.round(self.fractions * 10**DECIMALS).astype(np.uint64)
        within = np.arange(len(self.numbers)) - np.repeat(self.offsets[:-1], self.lengths)
        place = self.numbers.astype(np.uint64) << np.uint64(8) | within.astype(np.uint64)
        mixed = _mix(whole ^ _mix(place))
        if not len(self):
            return np.empty(0, dtype=np.uint64)
        return _mix(np.add.reduceat(mixed, self.offsets[:-1]) + self.lengths.astype(np.uint64))

    def distinct(self) -> CompositionTable:
        """Each composition once, without conditions, in the order of the keys."""
        _, first = np.unique(self.keys(), return_index=True)
        return replace(self.take(first), conditions=None)

    def row_keys(self) -> np.ndarray:
        """Like `keys`, but equal only if the conditions are equal, too; (N,) uint64."""
        keys = self.keys()
        if self.conditions is None:
            return keys
        for column in self.conditions.T:
            bits = np.ascontiguousarray(column, dtype=np.float64).view(np.uint64)
            keys = _mix(keys ^ _mix(bits))
        return keys

    def elements(self) -> list[int]:
        """The atomic numbers in the table, ascending."""
        return [int(z) for z in np.unique(self.numbers)]


def concatenate(tables: Sequence[CompositionTable]) -> CompositionTable:
    """The rows of several tables, one after the other: all with the same conditions, or none."""
    conditions = [table.conditions for table in tables if table.conditions is not None]
    if conditions and len(conditions) < len(tables):
        raise ValueError("tables with and without conditions cannot be joined")
    return CompositionTable(
        np.concatenate([table.numbers for table in tables]),
        np.concatenate([table.fractions for table in tables]),
        np.concatenate([[0], np.cumsum(np.concatenate([t.lengths for t in tables]))]),
        np.concatenate(conditions) if conditions else None,
    )


def parse_formulas(texts: Sequence[str]) -> tuple[CompositionTable, np.ndarray, dict[int, str]]:
    """Parse formulas without the cache.

    Returns:
        The compositions of the formulas that can be read, their indices in `texts` (N,), and the
        messages for the others by index.
    """
    found: list[Composition] = []
    places: list[int] = []
    errors: dict[int, str] = {}
    for place, text in enumerate(texts):
        try:
            found.append(parse_formula(text))
        except FormulaError as e:
            errors[place] = str(e)
        else:
            places.append(place)
    return CompositionTable.of(found), np.array(places, dtype=np.int64), errors


def encode_formulas(texts: Sequence[str], origin: str = "", first_row: int = 1) -> CompositionTable:
    """Parse formulas, or read them from the cache if the same texts were parsed before.

    Args:
        texts: the formulas.
        origin: their source, for errors.
        first_row: the row number of the first formula there, for errors.

    Raises:
        FormulaError: a formula cannot be read; the message gives origin, row and text.
    """
    # with the number of texts, because a text with a NUL would look like two
    content = "\0".join((PARSER_VERSION, str(len(texts)), *texts)).encode("utf-8", "surrogatepass")
    name = f"compositions-{hashlib.sha256(content).hexdigest()[:32]}"
    cached = read_arrays(name)
    if cached is not None and cached.keys() == set(_CACHED):
        return CompositionTable(**cached)
    rows = []
    for place, text in enumerate(texts):
        try:
            rows.append(parse_formula(text))
        except FormulaError as e:
            where = f"{origin}, row {first_row + place}: " if origin else ""
            raise FormulaError(f"{where}{e}") from e
    table = CompositionTable.of(rows)
    write_arrays(name, {slot: getattr(table, slot) for slot in _CACHED})
    return table


def _mix(x: np.ndarray) -> np.ndarray:
    """The finaliser of splitmix64 (Steele et al., OOPSLA 2014): every bit affects all others."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
