"""Reading a target band from a JSON file of a user (band.json of a study).

Shapes: T thresholds, W widths; the curves `global` and `local` are (W, T).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.cecv.target_band import TargetBand
from fusionnas.cecv.vector import Provenance
from fusionnas.errors import CECVError

FIELDS = ("thresholds", "widths", "global", "local", "seed_deviation", "kept", "provenance")
WHAT_TO_DO = "Give the band.json of a finished study."


def read_band(path: str | Path) -> TargetBand:
    """The band in a JSON file.

    Raises:
        CECVError: the file is unreadable, not JSON, or not a band; one message lists all faults.
    """
    path = Path(path)
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as e:
        raise CECVError(f"The target band {path}: there is no such file. {WHAT_TO_DO}") from e
    except OSError as e:
        why = e.strerror or e
        raise CECVError(f"The target band {path} cannot be read: {why}. {WHAT_TO_DO}") from e
    except (ValueError, RecursionError) as e:
        raise CECVError(f"The target band {path} must be JSON, but: {e}. {WHAT_TO_DO}") from e
    if problems := list(_problems(plain)):
        raise CECVError(f"{path} is not a target band: {'; '.join(problems)}. {WHAT_TO_DO}")
    band = TargetBand.from_dict(plain)
    if crossed := np.array(band.thresholds)[band.kept & ~band.apart].tolist():
        raise CECVError(
            f"{path} is not a target band: where kept is true, local must be above global at all "
            f"widths, or below it at all widths, but they touch or cross at {crossed}. {WHAT_TO_DO}"
        )
    return band


def _problems(plain: Any) -> Iterator[str]:
    """All faults, each with the rule and then the value."""
    if not isinstance(plain, Mapping):
        yield f"it must be an object with the fields {', '.join(FIELDS)}, but is {_short(plain)}"
        return
    if missing := [name for name in FIELDS if name not in plain]:
        yield f"it has no {', '.join(missing)}"
        return
    thresholds, widths, kept = plain["thresholds"], plain["widths"], plain["kept"]
    if not (_ascending(thresholds) and len(thresholds) > 0):
        yield f"thresholds must be positive and ascending numbers, but got {_short(thresholds)}"
        return
    if not (_ascending(widths) and all(isinstance(w, int) for w in widths) and len(widths) > 0):
        yield f"widths must be positive and ascending whole numbers, but got {_short(widths)}"
        return
    columns = len(thresholds)
    for name in ("global", "local"):
        rows = plain[name]
        fits = isinstance(rows, list) and len(rows) == len(widths)
        if not (fits and all(_row(row, columns) for row in rows)):
            yield (
                f"{name} must have {len(widths)} rows (widths) of {columns} finite numbers from 0 "
                f"up (thresholds), but got {_short(rows)}"
            )
    noise = plain["seed_deviation"]
    if not _row(noise, columns):
        yield f"seed_deviation must be {columns} finite numbers from 0 up, but got {_short(noise)}"
    if not _flags(kept, columns):
        yield f"kept must be true or false for each of {columns} thresholds, got {_short(kept)}"
    yield from _provenance_problems(plain["provenance"])


def _provenance_problems(plain: Any) -> Iterator[str]:
    names = [field.name for field in fields(Provenance)]
    complete = isinstance(plain, Mapping) and sorted(plain) == sorted(names)
    if not (complete and all(isinstance(value, str) for value in plain.values())):
        yield f"provenance must hold the texts {', '.join(names)}, but is {_short(plain)}"


def _ascending(values: Any) -> bool:
    """Whether the values are positive numbers, each greater than the one before."""
    if not (isinstance(values, list) and all(map(_number, values))):
        return False
    return all(low < high for low, high in pairwise([0, *values]))


def _row(values: Any, columns: int) -> bool:
    """Whether the values are `columns` finite numbers from 0 up."""
    return (
        isinstance(values, list)
        and len(values) == columns
        and all(_number(value) and value >= 0 for value in values)
    )


def _flags(values: Any, columns: int) -> bool:
    return (
        isinstance(values, list)
        and len(values) == columns
        and all(isinstance(value, bool) for value in values)
    )


def _number(value: Any) -> bool:
    """Whether it is a finite number; JSON knows Infinity and NaN, and true is not a number."""
    real = isinstance(value, int | float) and not isinstance(value, bool)
    return real and abs(value) <= sys.float_info.max


def _short(value: Any) -> str:
    """The value as JSON, shortened if it is long."""
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
