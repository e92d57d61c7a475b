"""Selects and sorts the predicted rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fusionnas.errors import OptionError, did_you_mean
from fusionnas.models.added_columns import added_name
from fusionnas.models.condition import Condition, numbers_of

if TYPE_CHECKING:
    import pandas as pd

RISING = ":rising"
Window = tuple[float, float]  # lower and upper end of the wanted values; an end may be infinite


@dataclass(frozen=True, slots=True)
class Ranking:
    """Which rows are kept, and in which order; by default all in their original order."""

    where: Condition | None = None
    by: str | None = None  # column to sort by; None: the predicted probability of a window
    rising: bool = False
    window: Window | None = None  # range of values whose probability is given

    @classmethod
    def of(cls, where: str | None, sort: str | None, window: Window | None) -> Ranking:
        """Read the options; `sort` is a column (the largest first), or COLUMN:rising.

        Raises:
            OptionError: see `Condition`.
        """
        by = sort.removesuffix(RISING) if sort else None
        rising = bool(sort) and str(sort).endswith(RISING)
        return cls(Condition(where) if where else None, by, rising, window)

    @property
    def needs_all(self) -> bool:
        """Whether the last row must be known before the first can be shown."""
        return self.by is not None or self.window is not None

    def keep(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows that fulfil the condition; a row without a prediction does not."""
        if self.where is None:
            return frame
        failed = frame[added_name("error", frame.columns)] != ""
        return frame[self.where.of(frame) & ~failed]

    def order(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Sort the rows; rows without a value come last, and equal ones keep their order.

        Raises:
            OptionError: the table has no such column.
        """
        import pandas as pd

        if not self.needs_all:
            return frame
        by = self.by or str(added_name("probability", frame.columns))
        if by not in frame.columns:
            hint = did_you_mean(by, map(str, frame.columns))
            raise OptionError(f"--sort {by}: there is no such column; {hint}")
        if frame.columns.tolist().count(by) > 1:
            raise OptionError(f"--sort {by}: there is more than one column '{by}'; keep only one.")
        return frame.sort_values(
            by,
            ascending=self.rising,
            kind="stable",
            na_position="last",
            key=lambda column: pd.Series(numbers_of(column.to_numpy()), column.index),
        )


def window_of(
    target: float | None,
    within: float | None,
    above: float | None,
    below: float | None,
    manifest: Mapping[str, Any],
) -> Window | None:
    """The range of values that the options ask for; None if they ask for none.

    Args:
        target: middle of the range.
        within: distance to either side; by default the test MAE in the manifest.
        above, below: ends of the range.
        manifest: manifest of the model.

    Raises:
        OptionError: both kinds are given, there is no width, the range is empty, or an end is no
            number.
    """
    ends = [end for end in (target, within, above, below) if end is not None]
    width = [end for end in (target, within) if end is not None]
    if any(map(math.isnan, ends)) or any(map(math.isinf, width)):
        raise OptionError("A wanted value must be a number, such as --above 3 or --target 1.5.")
    if target is None:
        if within is not None:
            raise OptionError("--within needs --target.")
        if above is None and below is None:
            return None
        window = (-math.inf if above is None else above, math.inf if below is None else below)
        if window[0] >= window[1]:
            raise OptionError(f"No value is above {window[0]:g} and below {window[1]:g}.")
        return window
    if above is not None or below is not None:
        raise OptionError("Give either --target, or --above and --below.")
    reach = manifest.get("metrics", {}).get("test_mae") if within is None else within
    if reach is None or reach <= 0:
        raise OptionError("--target needs --within WIDTH, a positive number in the target's unit.")
    return target - reach, target + reach
