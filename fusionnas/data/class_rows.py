"""The rows of a target of classes: merged compositions, parts that agree, and words for the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from fusionnas.data.reading.classes import Classes
from fusionnas.errors import DataError


def settled(codes: np.ndarray, classes: Classes) -> tuple[np.ndarray, int]:
    """Whole codes (N,) after a merge, and the number of ties; numbers stay as they are.

    The rows of a composition vote. A tie counts as the class that is more frequent elsewhere.
    """
    if not classes:
        return codes, 0
    tied = codes == 0.5
    frequent = float(codes[~tied].mean() > 0.5) if (~tied).any() else 0.0
    return np.where(tied, frequent, np.round(codes)), int(tied.sum())


def common_classes(of_parts: Sequence[Classes], where: str) -> Classes:
    """The classes of several files; DataError if these are not the same."""
    first, *others = of_parts
    for other in others:
        if other != first:
            told = " and ".join(", ".join(part) or "numbers" for part in (first, other))
            raise DataError(f"{where}: its files must have the same classes, but have {told}.")
    return first


def class_notes(codes: np.ndarray, classes: Classes, ties: int) -> Iterator[str]:
    """What the target was taken for; nothing for numbers."""
    if not classes:
        return
    counts = [int((codes == code).sum()) for code in (0, 1)]
    told = " and ".join(f"'{name}' ({n:,})" for name, n in zip(classes, counts, strict=True))
    yield (
        f"classification: the classes are {told}; a probability is that of '{classes[1]}' "
        "(--task regression for numbers)"
    )
    if ties:
        yield f"{ties} compositions have equally many rows of both classes; they got the commoner"
