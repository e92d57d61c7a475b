"""Conditions on rows, such as `value > 3 and not far`, evaluated without running any code.

A condition may contain names of columns, numbers, quoted texts, comparisons, `and`, `or`, `not` and
parentheses. A column with a bracket is written as it is, `value[metal] > 0.9`, or with quotes where
its inner name is more than a word: `value["non-metal"] > 0.9`. A condition is parsed as Python, and
everything else in it is refused.

A missing value is neither true nor false, and so is a comparison with it, as in SQL: `value != 3`
and `not value > 3` keep no row without a value, and `value > 3 or far` keeps it if it is far. An
empty text is a text. Compared with a number, a text that is no number is a missing value, too.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fusionnas.data.conditions import number_of
from fusionnas.data.reading.input_columns import BLANK
from fusionnas.errors import OptionError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
EXAMPLE = "such as --where 'value > 3 and not far'"
DEEPEST = 50  # levels of a condition
LARGEST = 10**18  # whole number


class _Truth(NamedTuple):
    """What is true and what is false of each row, (N,) or (); neither where it is not known."""

    yes: np.ndarray
    no: np.ndarray


class Condition:
    """A parsed condition.

    Args:
        text: the condition as the user wrote it.

    Raises:
        OptionError: it is not a condition, or contains something else.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self.tree = ast.parse(text.strip(), mode="eval").body
            self._check(self.tree, is_truth=True)
        except (SyntaxError, ValueError) as e:
            if isinstance(e, OptionError):
                raise
            raise OptionError(f"--where '{text}' is not a condition; write one {EXAMPLE}.") from e
        except (RecursionError, MemoryError) as e:
            raise self._too_deep() from e

    def of(self, frame: pd.DataFrame) -> np.ndarray:
        """Whether each row of a table fulfils it, (N,); a row without a value does not.

        Raises:
            OptionError: the table has no such column, a text is compared with a number, or a column
                of texts stands where a truth value must.
        """
        try:
            found = self._truth(self.tree, frame)
        except TypeError as e:
            raise OptionError(
                f"--where '{self.text}' compares a text with a number; put texts into quotes."
            ) from e
        return np.broadcast_to(found.yes, len(frame))

    def _check(self, node: ast.expr, is_truth: bool, depth: int = 0) -> None:
        """Refuse what is no part of a condition; `is_truth`: `node` must be true or false."""
        if depth > DEEPEST:
            raise self._too_deep()
        parts_are_truths = False
        match node:
            case ast.BoolOp():
                parts, parts_are_truths = node.values, True
            case ast.UnaryOp(op=ast.Not()):
                parts, parts_are_truths = [node.operand], True
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                parts = [node.operand]
            case ast.Compare() if all(type(op) in _COMPARISONS for op in node.ops):
                parts = [node.left, *node.comparators]
            case ast.Constant(value=str() as alone) if is_truth:
                raise OptionError(
                    f"--where '{self.text}': the text '{alone}' alone is neither true nor "
                    f"false; compare it with a column, {EXAMPLE}."
                )
            case ast.Constant(value=int() as number) if abs(number) > LARGEST:
                raise OptionError(f"--where '{self.text}' has a number with too many digits.")
            case ast.Name() | ast.Constant(value=bool() | int() | float() | str()):
                parts = []
            case ast.Subscript(value=ast.Name(), slice=ast.Name() | ast.Constant(value=str())):
                parts = []
            case _:
                raise OptionError(
                    f"--where '{self.text}': '{ast.unparse(node)}' cannot be part of a condition; "
                    f"use names of columns, numbers, comparisons, and, or, not, {EXAMPLE}."
                )
        for part in parts:
            self._check(part, parts_are_truths, depth + 1)

    def _too_deep(self) -> OptionError:
        return OptionError(f"--where '{self.text[:40]}...' has more than {DEEPEST} levels.")

    def _truth(self, node: ast.expr, frame: pd.DataFrame) -> _Truth:
        """Whether each row fulfils a part that is true or false."""
        match node:
            case ast.BoolOp():
                parts = [self._truth(part, frame) for part in node.values]
                return _all(parts) if isinstance(node.op, ast.And) else _any(parts)
            case ast.UnaryOp(op=ast.Not()):
                found = self._truth(node.operand, frame)
                return _Truth(found.no, found.yes)
            case ast.Compare():
                values = [self._value(part, frame) for part in (node.left, *node.comparators)]
                steps = zip(node.ops, values, values[1:], strict=False)
                return _all([_compared(type(op), left, right) for op, left, right in steps])
        value = self._value(node, frame)
        known = _known(value)
        if value.dtype == object and any(isinstance(one, str) for one in value[known]):
            raise OptionError(
                f"--where '{self.text}': '{ast.unparse(node)}' is a text, which is neither true "
                f"nor false; compare it, {EXAMPLE}."
            )
        yes = np.zeros(value.shape, dtype=bool)
        yes[known] = value[known].astype(bool)
        return _Truth(yes, known & ~yes)

    def _value(self, node: ast.expr, frame: pd.DataFrame) -> np.ndarray:
        """The values of a part of a comparison, (N,) or (); NaN or None where they are missing."""
        match node:
            case ast.UnaryOp(op=ast.USub()):
                return -self._value(node.operand, frame)
            case ast.UnaryOp(op=ast.UAdd()):
                return self._value(node.operand, frame)
            case ast.Constant(value=str()):
                return np.array(node.value, dtype=object)
            case ast.Constant():
                return np.asarray(node.value)
            case ast.Name():
                return self._column(node.id, frame)
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Name(id=inner)):
                return self._column(f"{name}[{inner}]", frame)
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(inner))):
                return self._column(f"{name}[{inner}]", frame)
        found = self._truth(node, frame)  # such as (value > 3) == far
        return np.where(found.yes | found.no, found.yes.astype(float), np.nan)

    def _column(self, name: str, frame: pd.DataFrame) -> np.ndarray:
        if name not in frame.columns:
            hint = did_you_mean(name, map(str, frame.columns))
            raise OptionError(f"--where '{self.text}': there is no column '{name}'; {hint}")
        if frame.columns.tolist().count(name) > 1:
            raise OptionError(
                f"--where '{self.text}': there is more than one column '{name}'; keep only one."
            )
        return frame[name].to_numpy()


def _all(parts: Sequence[_Truth]) -> _Truth:
    """True if all parts are, false if one is."""
    yes, no = zip(*parts, strict=True)
    return _Truth(_reduced(np.logical_and, yes), _reduced(np.logical_or, no))


def _any(parts: Sequence[_Truth]) -> _Truth:
    """True if one part is, false if all are."""
    yes, no = zip(*parts, strict=True)
    return _Truth(_reduced(np.logical_or, yes), _reduced(np.logical_and, no))


def _reduced(how: np.ufunc, parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.asarray(how.reduce(np.broadcast_arrays(*parts)))


def _compared(how: type[ast.cmpop], left: np.ndarray, right: np.ndarray) -> _Truth:
    """A comparison of values, which is neither true nor false where one of them is missing."""
    left, right = np.broadcast_arrays(_beside(left, right), _beside(right, left))
    known = _known(left) & _known(right)
    yes = np.zeros(known.shape, dtype=bool)
    yes[known] = _COMPARISONS[how](left[known], right[known])
    return _Truth(yes, known & ~yes)


def numbers_of(values: np.ndarray) -> np.ndarray:
    """The numbers of a column of texts, NaN for gaps; the column itself if it has other texts."""
    if not _are_texts(values):
        return values
    numbers, others = _cells(values)
    return values if others.any() else numbers


def _are_texts(values: np.ndarray) -> bool:
    return values.dtype == object and all(isinstance(value, str) for value in values)


def _cells(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The number in each text, NaN if it is none; and which texts are neither number nor gap."""
    texts = [value.strip() for value in values]
    numbers = np.array([number_of(text) for text in texts], dtype=float)
    return numbers, np.isnan(numbers) & np.array([text not in BLANK for text in texts], dtype=bool)


def _beside(values: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Values that are compared with others; a file's own columns are texts, perhaps of numbers.

    Each cell that is compared with a number is read for itself, since a long file comes in parts.
    A text that is no number is then like a missing value, unless the column has no number at all.
    """
    if other.dtype == object or not values.ndim or not _are_texts(values):
        return values
    numbers, others = _cells(values)
    if others.any() and np.isnan(numbers).all():
        raise TypeError("a column of texts beside a number")
    return numbers


def _known(values: np.ndarray) -> np.ndarray:
    """Whether each value is there."""
    import pandas as pd

    return np.asarray(pd.notna(values))
