"""The finished runs: lines of results/runs.jsonl."""

from __future__ import annotations

import json
from typing import Any

from plan import HERE

RUNS = HERE / "results" / "runs.jsonl"


def read_runs() -> list[dict[str, Any]]:
    """Records in the order of their runs; a line that a cut-off left incomplete is passed over."""
    found = []
    lines = RUNS.read_text(encoding="utf-8").splitlines() if RUNS.is_file() else []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found
