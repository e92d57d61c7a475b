"""Rows of a table that cannot be used for training: without a target or a readable formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from fusionnas.errors import DataError, FormulaError

if TYPE_CHECKING:
    import pandas as pd

SKIPPED_ROWS = "skipped_rows.csv"  # in a study's folder, and in a bundle
_LISTED = f"search and train list them in {SKIPPED_ROWS}"
OFFER = f" --skip-bad-rows leaves such rows out; {_LISTED}."


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out."""

    file: str
    row: int  # as in messages: the header of a file is row 1, a DataFrame begins with row 0
    formula: str
    target: str
    reason: str
    of_formula: bool  # whether the reason is the formula, not the target

    @property
    def message(self) -> str:
        return f"{self.file}, row {self.row}: {self.reason}"


def refuse(bad: Sequence[BadRow], offer: str = "") -> None:
    """Raise DataError or FormulaError with the first bad row, if there is one.

    `offer` says how to continue without the bad rows.
    """
    if not bad:
        return
    first = bad[0]
    others = len(bad) - 1
    more = f" ({others} more row{'s' if others > 1 else ''} cannot be read.)" if others else ""
    raise (FormulaError if first.of_formula else DataError)(f"{first.message}{more}{offer}")


def note(bad: Sequence[BadRow]) -> str:
    """A sentence for the log about rows that were left out."""
    rows = "1 row" if len(bad) == 1 else f"{len(bad)} rows"
    return f"{rows} skipped ({_LISTED}); the first is {bad[0].message.removesuffix('.')}"


def table_of(bad: Sequence[BadRow]) -> pd.DataFrame:
    """A table of bad rows: `file`, `row`, `formula`, `target` and `reason`."""
    import pandas as pd

    return pd.DataFrame([asdict(one) for one in bad]).drop(columns="of_formula")
