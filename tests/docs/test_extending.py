"""The examples of docs/extending.md run, in their order, in a process of their own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
OPENING = f"""
from pathlib import Path
from fusionnas.studies.finished import FinishedStudy
from fusionnas.studies.folder import StudyFolder
study = FinishedStudy(StudyFolder(Path({str(ROOT / "tests/before/study")!r})))
"""


def test_every_example_runs(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert len(blocks) == 11
    script = tmp_path / "examples.py"
    script.write_text(OPENING + "\n".join(blocks), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "began mine\n"
