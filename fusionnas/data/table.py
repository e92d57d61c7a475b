"""Many compositions as flat arrays, cached on disk by the texts that they were parsed from.

Symbols: N rows (compositions), E elements in all of them together, n elements of one row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from fusionnas.data.cache import read_arrays, write_arrays
from fusionnas.data.composition import DECIMALS, Composition, parse_formula
from fusionnas.errors import FormulaError

PARSER_VERSION = "3"  # raise it when the same text can give another composition


@dataclass(frozen=True, slots=True)
class CompositionTable:
    """Row i holds elements `offsets[i]` to `offsets[i + 1]` of the flat arrays."""

    numbers: np.ndarray  # (E,) int16, atomic numbers in element order
    fractions: np.ndarray  # (E,) float64
    offsets: np.ndarray  # (N + 1,) int64

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
        # place of each taken element: its row's start, plus its place within the row
        within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
        place = np.repeat(self.offsets[:-1][rows], lengths) + within
        return CompositionTable(self.numbers[place], self.fractions[place], offsets)

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
        """Which rows hold the element, (N,) bool."""
        return self.row_any(self.numbers == z)

    def row_any(self, of_elements: np.ndarray) -> np.ndarray:
        """Which rows have a true value among their elements; (E,) bool to (N,) bool."""
        found = np.zeros(len(self), dtype=bool)
        found[np.repeat(np.arange(len(self)), self.lengths)[of_elements]] = True
        return found

    def keys(self) -> np.ndarray:
        """A 64-bit key of each row, (N,) uint64: equal for equal compositions.

        Two different compositions among a million share a key with a chance of 3e-8.
        """
        whole = np.round(self.fractions * 10**DECIMALS).astype(np.uint64)
        within = np.arange(len(self.numbers)) - np.repeat(self.offsets[:-1], self.lengths)
        place = self.numbers.astype(np.uint64) << np.uint64(8) | within.astype(np.uint64)
        mixed = _mix(whole ^ _mix(place))
        if not len(self):
            return np.empty(0, dtype=np.uint64)
        return _mix(np.add.reduceat(mixed, self.offsets[:-1]) + self.lengths.astype(np.uint64))

    def elements(self) -> list[int]:
        """Atomic numbers that occur."""
        return [int(z) for z in np.unique(self.numbers)]


def concatenate(tables: Sequence[CompositionTable]) -> CompositionTable:
    """The rows of several tables, one after the other."""
    return CompositionTable(
        np.concatenate([table.numbers for table in tables]),
        np.concatenate([table.fractions for table in tables]),
        np.concatenate([[0], np.cumsum(np.concatenate([t.lengths for t in tables]))]),
    )


def parse_formulas(texts: Sequence[str]) -> tuple[CompositionTable, np.ndarray, dict[int, str]]:
    """Parse formulas that are seen once; nothing is cached.

    Returns:
        The compositions of those that can be read, their places in `texts` (N,), and the message
        for each of the others by its place.
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
    """Parse formulas, or take them from the cache where the same texts were parsed before.

    Args:
        texts: the formulas.
        origin: where they come from, for the error.
        first_row: the number of the first one there, for the error.

    Raises:
        FormulaError: a formula cannot be read; it names origin, row and text.
    """
    # with their number, since a text that holds a NUL would pass for two
    content = "\0".join((PARSER_VERSION, str(len(texts)), *texts)).encode("utf-8", "surrogatepass")
    name = f"compositions-{hashlib.sha256(content).hexdigest()[:32]}"
    cached = read_arrays(name)
    if cached is not None and cached.keys() == set(CompositionTable.__slots__):
        return CompositionTable(**cached)
    rows = []
    for place, text in enumerate(texts):
        try:
            rows.append(parse_formula(text))
        except FormulaError as e:
            where = f"{origin}, row {first_row + place}: " if origin else ""
            raise FormulaError(f"{where}{e}") from e
    table = CompositionTable.of(rows)
    write_arrays(name, {slot: getattr(table, slot) for slot in CompositionTable.__slots__})
    return table


def _mix(x: np.ndarray) -> np.ndarray:
    """The finaliser of splitmix64 (Steele et al., OOPSLA 2014): every bit moves every other."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
