"""Conditions beside the formula, such as a temperature or a route, as numbers that models read.

A numeric condition is standardised on the training part. A category becomes one number for each of
its words: 1 or 0, less the share of the word in the training part. So zero always means the mean of
the training part, and a missing value is read as this mean. If the training part has missing
values, one more number marks them; a word that training never saw is read like a missing one.

Symbols: N rows, K columns of conditions, C numbers of all columns together.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.reading.input_columns import CATEGORY as _AS_CATEGORY
from fusionnas.data.reading.outliers import LARGEST
from fusionnas.data.reading.targets import parsed, without_comma
from fusionnas.errors import OptionError, did_you_mean

if TYPE_CHECKING:
    from fusionnas.data.table import CompositionTable

NUMBER, CATEGORY = "number", "category"
_SHOWN = 5
_DIGITS = (6, 9, 12)


@dataclass(frozen=True, slots=True)
class Condition:
    """One column, with what encodes it."""

    name: str
    kind: str  # number or category
    gaps: bool  # whether the training part has missing values
    mean: float = 0.0
    std: float = 1.0
    low: float = 0.0  # range in the training part
    high: float = 0.0
    words: tuple[str, ...] = ()  # that the training part has
    shares: tuple[float, ...] = ()  # of these words
    median: float | None = None  # in the training part; models of earlier versions lack it

    @property
    def baseline(self) -> str:
        """The cell of its median, or of its most frequent word."""
        if self.kind == CATEGORY:
            return self.words[int(np.argmax(self.shares))]
        return f"{self.mean if self.median is None else self.median:.9g}"

    @property
    def width(self) -> int:
        """Its part of C."""
        return (1 if self.kind == NUMBER else len(self.words)) + self.gaps

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Numbers, or places in `words` (N,), NaN where missing, to (N, width) float32."""
        missing = np.isnan(values)
        if self.kind == NUMBER:
            columns = [np.where(missing, 0.0, (values - self.mean) / self.std)]
        else:
            columns = [
                np.where(missing, 0.0, (values == place) - share)
                for place, share in enumerate(self.shares)
            ]
        if self.gaps:
            columns.append(missing.astype(float))
        return np.stack(columns, axis=1).astype(np.float32)

    def decode(self, encoded: np.ndarray) -> list[str]:
        """The cells (N,) as text: the inverse of `encode`, with as few digits as give the same."""
        missing = encoded[:, -1] == 1 if self.gaps else np.zeros(len(encoded), dtype=bool)
        if self.kind == NUMBER:
            different, place = np.unique(encoded[:, 0], return_inverse=True)
            shown = [self._shortest(one) for one in different]
            told = [shown[at] for at in place]
        else:
            found = encoded[:, : len(self.words)] + np.array(self.shares, dtype=np.float32)
            missing |= found.max(axis=1) < 0.999  # shares alone
            told = [self.words[place] for place in found.argmax(axis=1)]
        return ["" if gone else text for text, gone in zip(told, missing, strict=True)]

    def _shortest(self, standardised: np.float32) -> str:
        value = float(standardised) * self.std + self.mean
        for digits in _DIGITS:
            text = f"{value:.{digits}g}"
            if np.float32((float(text) - self.mean) / self.std) == standardised:
                return text
        return repr(value)

    def values(self, cells: Sequence[str]) -> tuple[np.ndarray, dict[int, str], dict[int, str]]:
        """Numbers, or places in `words` (N,), of the cells of new rows; errors by row; and by row
        what training never saw: a word, which is read as a missing one, or a number beyond the
        range of the training part."""
        out = np.full(len(cells), np.nan)
        errors: dict[int, str] = {}
        unseen: dict[int, str] = {}
        place = {word: at for at, word in enumerate(self.words)}
        for row, text in enumerate(cells):
            if not text:
                if not self.gaps:
                    errors[row] = f"there is no value of the condition '{self.name}'."
            elif self.kind == CATEGORY:
                word = text if text in place else same_word(text)
                out[row] = place.get(word, np.nan)
                if word not in place:
                    unseen[row] = f"{self.name}={text}"
            elif abs(value := number_of(without_comma(text))) > LARGEST:
                errors[row] = f"the condition '{self.name}' is {text}, which is too large."
            elif math.isfinite(value):
                out[row] = value
                if not self.low <= value <= self.high:
                    unseen[row] = f"{self.name}={text}"
            else:
                errors[row] = f"the condition '{self.name}' is '{text}', which is not a number."
        return out, errors, unseen

    @property
    def words_for_people(self) -> str:
        if self.kind == NUMBER:
            told = f"number, {self.low:g} to {self.high:g} in the training part"
        else:
            more = ", ..." if len(self.words) > _SHOWN else ""
            told = f"category: {', '.join(self.words[:_SHOWN])}{more}"
        return told + (", missing in some rows" if self.gaps else "")


@dataclass(frozen=True, slots=True)
class Conditions:
    """The columns of conditions of a data set."""

    columns: tuple[Condition, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def count(self) -> int:
        """K."""
        return len(self.columns)

    @property
    def width(self) -> int:
        """C."""
        return sum(column.width for column in self.columns)

    @property
    def baseline(self) -> dict[str, str]:
        """For each column the cell of its median, or of its most frequent word."""
        return {column.name: column.baseline for column in self.columns}

    def column(self, name: str) -> Condition:
        """The column of that name; raises OptionError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        hint = did_you_mean(name, self.names)
        raise OptionError(f"The model has no condition '{name}'; {hint}")

    def checked(self, given: Mapping[str, Any]) -> dict[str, str]:
        """Values by name as cells.

        Raises:
            OptionError: there is no such condition, a value is not a number, or training never saw
                a word.
        """
        cells = {name: str(value) for name, value in given.items()}
        for name, cell in cells.items():
            column = self.column(name)
            _, errors, unseen = column.values([cell])
            if errors:
                raise OptionError(f"{name}={cell}: {errors[0]}")
            if unseen and column.kind == CATEGORY:
                hint = did_you_mean(cell, column.words)
                raise OptionError(f"Training never saw {name}={cell}; {hint}")
        return cells

    @property
    def columns_as_given(self) -> list[str]:
        """The columns as `--input-columns` names them, so that they are read as the same kinds."""
        return [c.name if c.kind == NUMBER else f"{c.name}{_AS_CATEGORY}" for c in self.columns]

    def normal(self, given: Mapping[str, str]) -> dict[str, str]:
        """Cells by name as `decode` writes them, such as 300 for 300.0."""
        cells = self.checked(given)
        values = {name: self.column(name).values([cell])[0] for name, cell in cells.items()}
        return {n: self.column(n).decode(self.column(n).encode(v))[0] for n, v in values.items()}

    @property
    def as_options(self) -> str:
        """Options of `fusionnas predict` that set every condition to its baseline."""
        return shlex.join(
            word for name, cell in self.baseline.items() for word in ("--set", f"{name}={cell}")
        )

    def with_cells(
        self, table: CompositionTable, cells: Mapping[str, Sequence[str]]
    ) -> CompositionTable:
        """A table (N,) with the conditions in these cells, (N,) of each column by its name.

        A cell that cannot be read counts as the mean of the training part.
        """
        given = np.array([cells[name] for name in self.names], dtype=object)
        return replace(table, conditions=self.read(given.reshape(self.count, -1).T)[0])

    def at(
        self, table: CompositionTable, given: Mapping[str, str] | None = None
    ) -> CompositionTable:
        """The compositions of a table, all at the same conditions: `baseline`, where `given` has
        no other value."""
        cells = self.baseline | dict(given or {})
        return self.with_cells(table, {name: [cells[name]] * len(table) for name in self.names})

    def encode(self, values: np.ndarray) -> np.ndarray:
        """(N, K) as from `code` to (N, C) float32."""
        parts = [column.encode(values[:, k]) for k, column in enumerate(self.columns)]
        return np.concatenate(parts, axis=1)

    def decode(self, encoded: np.ndarray) -> dict[str, list[str]]:
        """The cells (N,) of each column as text, from (N, C)."""
        ends = np.cumsum([column.width for column in self.columns])
        parts = np.split(encoded, ends[:-1], axis=1)
        return {c.name: c.decode(part) for c, part in zip(self.columns, parts, strict=True)}

    def values_of(self, encoded: np.ndarray) -> np.ndarray:
        """(N, C) to (N, K): the inverse of `encode`."""
        cells = self.decode(encoded)
        return np.stack([column.values(cells[column.name])[0] for column in self.columns], axis=1)

    def read(self, cells: np.ndarray) -> tuple[np.ndarray, dict[int, str], list[str]]:
        """Cells of new rows (N, K) to (N, C) float32.

        Also errors by row, and for each row what training never saw, such as `route=spin`.
        """
        found = [column.values(cells[:, k].tolist()) for k, column in enumerate(self.columns)]
        errors: dict[int, str] = {}
        unseen = [""] * len(cells)
        for _, wrong, new in found:
            errors = wrong | errors
            for row, told in new.items():
                unseen[row] = f"{unseen[row]} {told}".strip()
        return self.encode(np.stack([values for values, _, _ in found], axis=1)), errors, unseen

    def to_plain(self) -> list[dict[str, Any]]:
        """For a manifest."""
        return [asdict(column) for column in self.columns]

    @classmethod
    def from_plain(cls, plain: Sequence[Mapping[str, Any]]) -> Conditions:
        return cls(
            tuple(
                Condition(**{**one, "words": tuple(one["words"]), "shares": tuple(one["shares"])})
                for one in plain
            )
        )

    @classmethod
    def of_facts(cls, facts: Mapping[str, Any]) -> Conditions | None:
        """Those in a manifest or in the facts about data; None if there are none."""
        plain = facts.get("conditions")
        return None if not plain else cls.from_plain(plain)

    def notes(self) -> list[str]:
        """What each column was taken for, for the log."""
        return [f"condition '{c.name}': {c.words_for_people}" for c in self.columns]


def same_word(text: str) -> str:
    """A word of a category; a number, which is a code there, is written in one way."""
    value = number_of(text)
    return text if math.isnan(value) else f"{value:.12g}"


def number_of(text: str) -> float:
    """NaN if a text is no number, or an infinite one."""
    found = parsed(text)
    return math.nan if found is None or not math.isfinite(found) else found
