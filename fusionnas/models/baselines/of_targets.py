"""A yardstick of several targets: one fit for each, to the rows that have it.

1/, 2/ ...   the `FittedYardstick` of the first target, of the second ...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fusionnas.files.whole_folder import whole_folder
from fusionnas.models.baselines.stored import StoredYardstick

if TYPE_CHECKING:
    from fusionnas.models.baselines.fitted import FittedYardstick  # imports scikit-learn


@dataclass(frozen=True, slots=True)
class YardstickOfTargets:
    """The fits of one yardstick to T targets."""

    each: tuple[FittedYardstick, ...]

    def save(self, folder: Path) -> None:
        """Write it to `folder`, which must be empty or not exist; the errors are those of
        `FittedYardstick.save`."""
        with whole_folder(folder, "yardstick") as part:
            for number, one in enumerate(self.each, start=1):
                one.save(part / str(number))


def load_each(folder: Path, targets: int) -> list[StoredYardstick]:
    """The yardsticks of so many targets in a folder; the errors are those of
    `StoredYardstick.load`."""
    return [StoredYardstick.load(folder / str(number)) for number in range(1, targets + 1)]


def joined(each: Sequence[FittedYardstick]) -> FittedYardstick | YardstickOfTargets:
    """The yardstick of one target or several, from the fit of each."""
    return each[0] if len(each) == 1 else YardstickOfTargets(tuple(each))
