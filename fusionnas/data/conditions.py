"""Conditions beside the formula, such as a temperature or a route, as numbers that models read.

A numeric condition is standardised on the training part. A category becomes one number for each of
its words: 1 or 0, less the share of the word in the training part. So zero always means the mean of
the training part, and a missing value is read as this mean. If the training part has missing
values, one more number marks them; a word that training never saw is read like a missing one.

Symbols: N rows, K columns of conditions, C numbers of all columns together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fusionnas.errors import DataError

NUMBER, CATEGORY = "number", "category"
MOST_WORDS = 100
_SHOWN = 5


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
        """The cells (N,) as text for people; the inverse of `encode`, to six digits."""
        missing = encoded[:, -1] == 1 if self.gaps else np.zeros(len(encoded), dtype=bool)
        if self.kind == NUMBER:
            values = encoded[:, 0].astype(np.float64) * self.std + self.mean
            told = [f"{value:.6g}" for value in values]
        else:
            found = encoded[:, : len(self.words)] + np.array(self.shares, dtype=np.float32)
            missing |= found.max(axis=1) < 0.999  # shares alone
            told = [self.words[place] for place in found.argmax(axis=1)]
        return ["" if gone else text for text, gone in zip(told, missing, strict=True)]

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
                out[row] = place.get(text, np.nan)
                if text not in place:
                    unseen[row] = f"{self.name}={text}"
            elif math.isfinite(value := _number(text)):
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
    def width(self) -> int:
        """C."""
        return sum(column.width for column in self.columns)

    def encode(self, values: np.ndarray) -> np.ndarray:
        """(N, K) as from `code` to (N, C) float32."""
        parts = [column.encode(values[:, k]) for k, column in enumerate(self.columns)]
        return np.concatenate(parts, axis=1)

    def decode(self, encoded: np.ndarray) -> dict[str, list[str]]:
        """The cells (N,) of each column as text, from (N, C)."""
        ends = np.cumsum([column.width for column in self.columns])
        parts = np.split(encoded, ends[:-1], axis=1)
        return {c.name: c.decode(part) for c, part in zip(self.columns, parts, strict=True)}

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


@dataclass(frozen=True, slots=True)
class Coded:
    """Conditions of a table before they are standardised."""

    names: tuple[str, ...]
    words: tuple[tuple[str, ...] | None, ...]  # of each category, by the alphabet; None: numbers
    values: np.ndarray  # (N, K) float64: numbers, or places in the words; NaN where missing


def code(cells: np.ndarray, names: Sequence[str], where: str) -> Coded:
    """Numbers and categories from cells (N, K).

    Raises:
        DataError: a column has numbers beside words, no value, one value alone, or a different
            word in every row; `where` is the table, for the message.
    """
    values = np.full(cells.shape, np.nan)
    words: list[tuple[str, ...] | None] = []
    for k, name in enumerate(names):
        column = f"{where}: the condition '{name}'"
        texts: list[str] = cells[:, k].tolist()
        given = [row for row, text in enumerate(texts) if text]
        if not given:
            raise DataError(f"{column} has no value in any row; leave it out of --input-columns.")
        numbers = np.array([_number(texts[row]) for row in given])
        finite = np.isfinite(numbers)
        if finite.all():
            values[given, k] = numbers + 0.0  # no negative zero
            words.append(None)
        elif finite.any():
            odd = texts[given[int(np.flatnonzero(~finite)[0])]]
            raise DataError(
                f"{column} has {finite.sum():,} numbers and {(~finite).sum():,} other values, such "
                f"as '{odd}'. Give numbers alone, with an empty cell where there is none, or words "
                "alone."
            )
        else:
            found = [texts[row] for row in given]
            levels = tuple(sorted(set(found)))
            if len(levels) == len(cells) or len(levels) > MOST_WORDS:
                raise DataError(
                    f"{column} has {len(levels):,} different words in {len(cells):,} rows, too "
                    "many for a category; leave it out of --input-columns, or join words."
                )
            place = {word: float(at) for at, word in enumerate(levels)}
            values[given, k] = [place[word] for word in found]
            words.append(levels)
    return Coded(tuple(names), tuple(words), values)


def encoded(
    coded: Coded, values: np.ndarray, train: np.ndarray, where: str
) -> tuple[Conditions, np.ndarray, list[str]]:
    """What encodes the conditions of a table by its training rows, all rows as (N, C), and words
    for the log.

    Args:
        coded: names and words.
        values: (N, K) of all rows.
        train: rows of the training part.
        where: the table, for errors.

    Raises:
        DataError: a condition is constant in the training part.
    """
    columns = []
    own = values.copy()
    for k, (name, words) in enumerate(zip(coded.names, coded.words, strict=True)):
        present = values[train, k]
        present = present[~np.isnan(present)]
        gaps = len(present) < len(train)
        different = np.unique(present)
        if len(different) == 0 or (len(different) == 1 and not gaps):
            value = "missing" if not len(different) else _told(different[0], words)
            raise DataError(
                f"{where}: the condition '{name}' is {value} in all {len(train):,} rows of the "
                "training part, so nothing can be learned from it; leave it out of "
                "--input-columns."
            )
        if words is None:
            low, high = float(present.min()), float(present.max())
            mean, std = float(present.mean()), float(present.std()) or 1.0
            columns.append(Condition(name, NUMBER, gaps, mean, std, low, high))
            continue
        # words that the training part lacks are read as missing ones
        kept = different.astype(int)
        shares = tuple(float((present == place).sum() / len(train)) for place in kept)
        told = tuple(words[place] for place in kept)
        columns.append(Condition(name, CATEGORY, gaps, words=told, shares=shares))
        place = np.full(len(words) + 1, np.nan)  # the last one is that of missing values
        place[kept] = np.arange(len(kept))
        own[:, k] = place[np.nan_to_num(values[:, k], nan=len(words)).astype(int)]
    conditions = Conditions(tuple(columns))
    notes = conditions.notes()
    for k, column in enumerate(columns):
        # those of the training part are known
        lacking = np.isnan(own[:, k]) & ~(np.isnan(values[:, k]) & column.gaps)
        if lacking.any():
            notes.append(
                f"condition '{column.name}': {lacking.sum():,} rows of validation and test have "
                "no value that training has, and are read as its mean"
            )
    return conditions, conditions.encode(own), notes


def _told(value: float, words: tuple[str, ...] | None) -> str:
    return f"{value:g}" if words is None else f"'{words[int(value)]}'"


def _number(text: str) -> float:
    """NaN if a text is no number, or an infinite one."""
    try:
        found = float(text)
    except ValueError:
        return math.nan
    return found if math.isfinite(found) else math.nan
