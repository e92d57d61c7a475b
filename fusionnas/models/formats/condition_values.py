"""Conditions as other software gives them to an exported network, which encodes them itself.

A number is given as it is, and a word of a category as its place in the list of words, from 0. NaN
is a missing value, or a word that the list lacks.

Symbols: B compounds, C conditions, M numbers of all conditions together, which a network reads.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from fusionnas.data.conditions import NUMBER, Condition, Conditions


class EncodedConditions(nn.Module):
    """`Conditions.encode` as a part of an exported network."""

    place: Tensor
    mean: Tensor
    std: Tensor
    code: Tensor
    last: Tensor
    share: Tensor
    marks: Tensor

    def __init__(self, conditions: Conditions) -> None:
        super().__init__()
        rows = [(k, *row) for k, c in enumerate(conditions.columns) for row in _rows(c)]
        names = ("place", "mean", "std", "code", "last", "share", "marks")
        for name, values in zip(names, zip(*rows, strict=True), strict=True):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float64))  # (M,)
        self.place, self.marks = self.place.long(), self.marks.bool()

    def forward(self, values: Tensor) -> Tensor:
        """Values (B, C) float64 to (B, M) float32."""
        given = values.index_select(1, self.place)  # (B, M)
        is_word = self.code >= 0
        outside = is_word & ((given < 0) | (given > self.last))
        missing = torch.isnan(given) | outside
        word = (given == self.code).double() - self.share
        encoded = torch.where(is_word, word, (given - self.mean) / self.std)
        encoded = torch.where(missing, torch.zeros_like(encoded), encoded)
        return torch.where(self.marks, missing.double(), encoded).float()


def _rows(column: Condition) -> list[tuple[float, ...]]:
    """Mean, std, code, last code, share, and whether it marks gaps, of each number of a column.

    The code of a number is -1.
    """
    rows: list[tuple[float, ...]]
    if column.kind == NUMBER:
        rows = [(column.mean, column.std, -1.0, math.inf, 0.0, 0.0)]
    else:
        last = len(column.words) - 1.0
        rows = [(0.0, 1.0, float(k), last, share, 0.0) for k, share in enumerate(column.shares)]
    if column.gaps:
        rows.append((*rows[0][:-1], 1.0))
    return rows


def described(conditions: Conditions) -> list[dict[str, Any]]:
    """How to write each condition as a number, for the metadata of an exported network."""
    found = []
    for column in conditions.columns:
        own: dict[str, Any] = {"name": column.name, "kind": column.kind}
        if column.kind == NUMBER:
            own |= {"lowest_in_training": column.low, "highest_in_training": column.high}
        else:
            own["codes"] = {word: code for code, word in enumerate(column.words)}
        found.append(own | {"missing": "NaN" if column.gaps else "not in training"})
    return found


def examples(conditions: Conditions, batch: int, generator: torch.Generator) -> Tensor:
    """Values (batch, C) over what the training part had, with NaN where there can be one."""
    columns = []
    for column in conditions.columns:
        drawn = torch.rand(batch, generator=generator, dtype=torch.float64)
        if column.kind == NUMBER:
            values = column.low + drawn * (column.high - column.low)
        else:
            values = torch.floor(drawn * len(column.words))
        if column.gaps or column.kind != NUMBER:  # a word can be an unknown one
            values = torch.where(torch.rand(batch, generator=generator) < 0.2, torch.nan, values)
        columns.append(values)
    return torch.stack(columns, dim=1)
