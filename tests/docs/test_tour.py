"""The tour runs from its first cell to its last, and is kept as it ran."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.slow
def test_the_tour_runs() -> None:
    done = subprocess.run(
        [sys.executable, str(DOCS / "run_tour.py"), "--check"],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr


def test_the_tour_is_kept_with_its_outputs() -> None:
    path = DOCS / "tour.ipynb"
    assert path.stat().st_size < 500_000
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert not any(output.output_type == "error" for output in outputs)
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 3
    assert "/tmp/" not in path.read_text(encoding="utf-8")  # nothing of one machine
    assert " at 0x" not in path.read_text(encoding="utf-8")
