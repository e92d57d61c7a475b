"""A picture of two dots tells nothing that its numbers do not."""

from __future__ import annotations

from fusionnas.errors import ViewError

FEWEST = 3


def check_enough(count: int, what: str) -> None:
    """Raise ViewError where there are too few of what a picture shows.

    Args:
        count: how many there are.
        what: they are, in the plural.
    """
    if count < FEWEST:
        raise ViewError(f"a picture needs {FEWEST} {what}, and there are {count}")
