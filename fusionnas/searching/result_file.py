"""The result file of a job; a folder with a readable result is complete."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from fusionnas.files.atomic import write_text
from fusionnas.searching.trial_result import TrialResult, TrialState

RESULT = "result.json"


def write_result(folder: Path, result: Mapping[str, Any]) -> None:
    """Write `result.json` into a folder, completely or not at all, synced to the disk."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / RESULT, json.dumps(result, ensure_ascii=False), synced=True)


def read_result(folder: Path) -> TrialResult | None:
    """The result in a folder; None if it is missing or incomplete."""
    try:
        result = json.loads((folder / RESULT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return cast(TrialResult, result) if isinstance(result, dict) else None


def failed_with(error: Exception) -> dict[str, Any]:
    """The result of a job that raised an error that nobody expected, with its place in the code."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(where.filename)}:{where.lineno}"
    return {"state": TrialState.FAILED, "reason": f"{type(error).__name__}: {error} ({place})"}
