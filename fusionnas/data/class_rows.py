"""The rows of a target of classes: merged compositions, parts that agree, and words for the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from fusionnas.data.reading.classes import Classes
from fusionnas.errors import DataError


def votes(
    codes: np.ndarray, group: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, int]:
    """The class of each group by the votes of its rows, (G,), and the number of ties.

    A tie counts as that of its classes that most groups without a tie have.

    Args:
        codes: class codes of rows, (N,).
        group: the group of each row, (N,), from 0 to G - 1.
        weights: how much the vote of each row counts, (N,); None: all alike.
    """
    codes = codes.astype(int)
    count = np.zeros((int(group.max()) + 1, int(codes.max()) + 1), dtype=np.float64)
    np.add.at(count, (group, codes), 1.0 if weights is None else weights)
    leads = count == count.max(axis=1, keepdims=True)
    tied = leads.sum(axis=1) > 1
    frequent = leads[~tied].sum(axis=0)
    return np.where(leads, frequent + 1, 0).argmax(axis=1).astype(np.float64), int(tied.sum())


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
    counts = [int((codes == code).sum()) for code in range(len(classes))]
    each = [f"'{name}' ({n:,})" for name, n in zip(classes, counts, strict=True)]
    told = f"{', '.join(each[:-1])} and {each[-1]}"
    one = f"; a probability is that of '{classes[1]}'" if len(classes) == 2 else ""
    yield f"classification: the classes are {told}{one} (--task regression for numbers)"
    if ties:
        both = "both" if len(classes) == 2 else "several"
        yield f"{ties} compositions have equally many rows of {both} classes; they got the commoner"
