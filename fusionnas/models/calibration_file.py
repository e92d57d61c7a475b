"""The files with the corrections of intervals: one, or one for each of several targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fusionnas.files.atomic import write_text
from fusionnas.statistics.calibration import Calibration

CALIBRATION = "calibration.json"


def read_calibration(folder: Path, name: str = CALIBRATION) -> Calibration | None:
    """The correction of a bundle or an ensemble; None if it has none."""
    file = folder / name
    return Calibration.from_json(file.read_text(encoding="utf-8")) if file.is_file() else None


def read_calibrations(folder: Path, manifest: Mapping[str, Any]) -> tuple[Calibration | None, ...]:
    """The corrections of several targets; empty for one."""
    names = calibration_files(manifest) if manifest.get("targets") else []
    return tuple(read_calibration(folder, name) for name in names)


def write_calibrations(folder: Path, calibrations: Sequence[Calibration | None]) -> None:
    """Write the corrections of several targets, each to a file with its number."""
    for number, one in enumerate(calibrations, start=1):
        if one is not None:
            write_text(folder / _numbered(number), one.to_json())


def calibration_files(manifest: Mapping[str, Any]) -> list[str]:
    """The names of the files that can hold corrections: one, or one for each of several targets."""
    several = manifest.get("targets", ())
    return [_numbered(n) for n in range(1, len(several) + 1)] or [CALIBRATION]


def _numbered(number: int) -> str:
    stem, suffix = CALIBRATION.split(".")
    return f"{stem}-{number}.{suffix}"
