"""A yardstick of several targets: one fit for each, to the rows that have it.

1/, 2/ ...   the `FittedYardstick` of the first target, of the second ...
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from fusionnas.files.whole_folder import whole_folder
from fusionnas.models.baselines.fitted import FittedYardstick


@dataclass(frozen=True, slots=True)
class YardstickOfTargets:
    """The fits of one yardstick to T targets."""

    each: tuple[FittedYardstick, ...]

    def save(self, folder: Path) -> None:
        """Write it to `folder`, which must be empty or not exist; the errors are those of
        `FittedYardstick.save`."""
        with whole_folder(folder, "yardstick") as part:
            for one, place in zip(self.each, _places(part), strict=False):
                one.save(place)

    @classmethod
    def load(cls, folder: Path, targets: int) -> YardstickOfTargets:
        """Read a folder written by `save`, of so many targets; raises BundleError as
        `FittedYardstick.load`."""
        return cls(
            tuple(
                FittedYardstick.load(place)
                for place, _ in zip(_places(folder), range(targets), strict=False)
            )
        )


Saved = FittedYardstick | YardstickOfTargets


def joined(each: Sequence[FittedYardstick]) -> Saved:
    """The yardstick of one target or several, from the fit of each."""
    return each[0] if len(each) == 1 else YardstickOfTargets(tuple(each))


def _places(folder: Path) -> Iterator[Path]:
    return (folder / str(number) for number in count(1))
