"""All systems of a benchmark; a new one is a file with `SYSTEMS`, and one line here."""

from __future__ import annotations

from collections.abc import Sequence

from fusionnas.benchmarking.systems import (
    autogluon,
    in_context,
    networks,
    roost,
    searches,
    yardsticks,
)
from fusionnas.benchmarking.systems.system import Fitted, System, WithIntervals
from fusionnas.errors import OptionError, did_you_mean

__all__ = ["ALL", "DEFAULT", "Fitted", "System", "WithIntervals", "choose_systems", "find_system"]

ALL: tuple[System, ...] = (
    *yardsticks.SYSTEMS,
    *in_context.SYSTEMS,
    *networks.SYSTEMS,
    *autogluon.SYSTEMS,
    *roost.SYSTEMS,
    *searches.SYSTEMS,
)
DEFAULT = f"{yardsticks.GROUP},{networks.GROUP}"


def find_system(name: str) -> System:
    """The system with a name; raises OptionError if there is none."""
    found = {row.name: row for row in ALL}
    if name not in found:
        raise OptionError(f"There is no system '{name}'; {did_you_mean(name, (*found, *groups()))}")
    return found[name]


def groups() -> list[str]:
    """Names that stand for several systems."""
    return list(dict.fromkeys(row.group for row in ALL if row.group))


def choose_systems(text: str) -> Sequence[System]:
    """Systems by names and groups, separated by commas, without repeats, the quick ones first.

    Raises:
        OptionError: a name is none of these.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise OptionError(f"--systems must name at least one of: {', '.join(groups())}.")
    single = [word for word in words if word not in groups()]
    named = {find_system(word).name for word in single}
    return [row for row in ALL if row.group in words or row.name in named]
