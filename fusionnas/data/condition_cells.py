"""Columns of conditions as a table gives them: cells to numbers and categories, fitted to a split.

Symbols: N rows, K columns of conditions, C numbers of all columns together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fusionnas.data.conditions import CATEGORY, NUMBER, Condition, Conditions, number_of, same_word
from fusionnas.data.reading.input_columns import CATEGORY as SUFFIX
from fusionnas.data.reading.input_columns import name_of
from fusionnas.data.reading.outliers import LARGEST
from fusionnas.data.reading.targets import decimal_points
from fusionnas.errors import DataError

MOST_WORDS = 100


@dataclass(frozen=True, slots=True)
class Coded:
    """Conditions of a table before they are standardised."""

    names: tuple[str, ...]
    words: tuple[tuple[str, ...] | None, ...]  # of each category, by the alphabet; None: numbers
    values: np.ndarray  # (N, K) float64: numbers, or places in the words; NaN where missing


def code(cells: np.ndarray, given: Sequence[str], where: str) -> Coded:
    """Numbers and categories from cells (N, K) of columns such as `temperature`, `site:category`.

    Raises:
        DataError: a column has numbers beside words, no value, one value alone, or a different
            word in every row; `where` is the table, for the message.
    """
    values = np.full(cells.shape, np.nan)
    words: list[tuple[str, ...] | None] = []
    names = [name_of(one) for one in given]
    for k, name in enumerate(names):
        column = f"{where}: the condition '{name}'"
        texts: list[str] = cells[:, k].tolist()
        if given[k] == name:
            texts = decimal_points(texts, column)
        else:
            texts = [same_word(text) for text in texts]
        filled = [row for row, text in enumerate(texts) if text]
        if not filled:
            raise DataError(f"{column} has no value in any row; leave it out of --input-columns.")
        numbers = np.array([number_of(texts[row]) for row in filled])
        finite = np.isfinite(numbers)
        if finite.all() and given[k] == name:
            if (far := float(np.abs(numbers).max())) > LARGEST:
                raise DataError(
                    f"{column} has the value {far:g}, and the largest that can be learned from is "
                    f"{LARGEST:.2g}. Use another unit, or the logarithm."
                )
            values[filled, k] = numbers + 0.0  # no negative zero
            words.append(None)
        elif finite.any() and given[k] == name:
            odd = texts[filled[int(np.flatnonzero(~finite)[0])]]
            raise DataError(
                f"{column} has {finite.sum():,} numbers and {(~finite).sum():,} other values, such "
                f"as '{odd}'. Give numbers alone, with an empty cell where there is none, or words "
                f"alone; codes are a category with --input-columns {name}{SUFFIX}."
            )
        else:
            found = [texts[row] for row in filled]
            levels = tuple(sorted(set(found)))
            if len(levels) == len(cells) or len(levels) > MOST_WORDS:
                raise DataError(
                    f"{column} has {len(levels):,} different words in {len(cells):,} rows, too "
                    "many for a category; leave it out of --input-columns, or join words."
                )
            place = {word: float(at) for at, word in enumerate(levels)}
            values[filled, k] = [place[word] for word in found]
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
            # that of one value may be a rounding error
            mean, std = float(present.mean()), float(present.std()) if len(different) > 1 else 1.0
            middle = float(np.quantile(present, 0.5, method="lower"))  # a value that occurs
            columns.append(Condition(name, NUMBER, gaps, mean, std, low, high, median=middle))
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
