"""Conditions on rows, such as `value > 3 and not far`, evaluated without running any code.

A condition may contain names of columns, numbers, quoted texts, comparisons, `and`, `or`, `not` and
parentheses. A column with a bracket is written as it is, `value[metal] > 0.9`, or with quotes where
its inner name is more than a word: `value["non-metal"] > 0.9`. A condition is parsed as Python, and
everything else in it is refused.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

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
        except (SyntaxError, ValueError) as e:
            raise OptionError(f"--where '{text}' is not a condition; write one {EXAMPLE}.") from e
        self._check(self.tree)

    def of(self, frame: pd.DataFrame) -> np.ndarray:
        """Whether each row of a table fulfils it, (N,); a row without a value does not.

        Raises:
            OptionError: the table has no such column, or a text is compared with a number.
        """
        try:
            found = self._value(self.tree, frame)
        except TypeError as e:
            raise OptionError(
                f"--where '{self.text}' compares a text with a number; put texts into quotes."
            ) from e
        return np.broadcast_to(_truth(found), len(frame))

    def _check(self, node: ast.expr) -> None:
        match node:
            case ast.BoolOp():
                parts = node.values
            case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.UAdd()):
                parts = [node.operand]
            case ast.Compare() if all(type(op) in _COMPARISONS for op in node.ops):
                parts = [node.left, *node.comparators]
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
            self._check(part)

    def _value(self, node: ast.expr, frame: pd.DataFrame) -> Any:
        match node:
            case ast.BoolOp():
                parts = [_truth(self._value(part, frame)) for part in node.values]
                return (
                    np.logical_and.reduce(np.broadcast_arrays(*parts))
                    if isinstance(node.op, ast.And)
                    else np.logical_or.reduce(np.broadcast_arrays(*parts))
                )
            case ast.UnaryOp(op=ast.Not()):
                return ~_truth(self._value(node.operand, frame))
            case ast.UnaryOp(op=ast.USub()):
                return -self._value(node.operand, frame)
            case ast.UnaryOp():
                return self._value(node.operand, frame)
            case ast.Compare():
                values = [self._value(part, frame) for part in (node.left, *node.comparators)]
                steps = [
                    _truth(_COMPARISONS[type(op)](left, right))
                    for op, left, right in zip(node.ops, values, values[1:], strict=False)
                ]
                return np.logical_and.reduce(np.broadcast_arrays(*steps))
            case ast.Constant():
                return node.value
            case ast.Name():
                return self._column(node.id, frame)
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Name(id=inner)):
                return self._column(f"{name}[{inner}]", frame)
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(inner))):
                return self._column(f"{name}[{inner}]", frame)
        raise AssertionError(node)  # `_check` should have refused it

    def _column(self, name: str, frame: pd.DataFrame) -> np.ndarray:
        if name not in frame.columns:
            hint = did_you_mean(name, map(str, frame.columns))
            raise OptionError(f"--where '{self.text}': there is no column '{name}'; {hint}")
        return frame[name].to_numpy()


def _truth(value: Any) -> np.ndarray:
    """Whether each value is true; a missing value is not."""
    found = np.asarray(value)
    if found.dtype == object:
        return np.array(
            [one is True or (isinstance(one, np.bool_) and bool(one)) for one in found.ravel()]
        ).reshape(found.shape)
    if found.dtype.kind == "f":
        return np.where(np.isnan(found), False, found != 0)
    return found.astype(bool)
