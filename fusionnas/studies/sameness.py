"""Checks whether a study can be resumed: some settings must stay the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fusionnas.errors import StudyError
from fusionnas.searching.limits import Limits
from fusionnas.searching.objectives import DEFAULT
from fusionnas.searching.rungs import OFF
from fusionnas.studies.folder import StudyFolder

# settings that must not change, and their names in messages
_FIXED = {
    "space.hash": "the search space",
    "data.fingerprint": "the data",
    "data.unit": "the unit",
    "recipe": "the recipe",
    "probe.hash": "the probe set",
    "band.hash": "the target band",
    "seed": "the seed",
    "sampler": "the sampler",
    "verdict": "whether all random networks for the verdict are trained",
    "storage.url": "the storage",
    "objectives": "the objectives",
    "limits": "the limits",
    "rungs": "the rungs",
    "folds": "the folds",
    "warm_start": "the warm start",
}
# values in studies of earlier versions, which do not record them
_EARLIER: Mapping[str, Any] = {
    "verdict": False,  # earlier versions always had all random networks
    "objectives": list(DEFAULT),
    "limits": Limits().to_dict(),
    "rungs": OFF,
    "folds": 0,
    "warm_start": [],
}


def check_same(folder: StudyFolder, facts: Mapping[str, Any]) -> None:
    """Raise StudyError if a setting that must not change differs from `facts`."""
    recorded = folder.facts
    changed = []
    for field, words in _FIXED.items():
        before, now = (_nested(plain, field) for plain in ({**_EARLIER, **recorded}, facts))
        if before != now:
            changed.append(f"{words}{_told(field, before, now)}")
    if (before := _units(recorded)) != (now := _units(facts)):
        changed.append(f"the units (were {before}, are now {now})")
    if changed:
        raise StudyError(
            f"The study '{folder.name}' cannot be resumed: {', '.join(changed)} changed since "
            "it was started. Resume with the options of its study.yaml, or start a new study."
        )
    given = _nested(recorded, "band.hash")
    if given is not None and ((band := folder.band()) is None or band.hash != given):
        raise StudyError(
            f"{folder.path / 'band.json'} must be the target band that the study was started "
            "with, but it is missing or changed. Copy the file of --band there."
        )


def _units(plain: Mapping[str, Any]) -> str:
    """The unit of each of several targets; empty for one."""
    return ", ".join(
        f"{one['target']} {one['unit'] or 'none'}" for one in plain["data"].get("targets", ())
    )


def _told(field: str, before: Any, now: Any) -> str:
    """The old and the new value of a changed setting, if a person can read them."""
    values = (before, now)
    if field.endswith(("hash", "fingerprint")) or not all(isinstance(v, str | int) for v in values):
        return ""
    was, is_now = ("none" if value == "" else value for value in values)
    return f" (was {was}, is now {is_now})"


def _nested(plain: Mapping[str, Any], field: str) -> Any:
    value: Any = plain
    for key in field.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return dict(value) if isinstance(value, Mapping) else value
