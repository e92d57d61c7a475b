"""Put a default search's figures into README.md, and its report's picture beside it.

`python docs/default_search.py STUDY`, where STUDY is the folder that `fusionnas search --space
default` left. The picture, docs/report.png, is taken where Chromium is there. So all figures and
the picture come from one run.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
SIZE = "1400,1650"  # of the picture, in pixels


def lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """The table of errors and what follows from it."""
    mine, chosen, rows = (
        summary["predictor"],
        summary["chosen"],
        summary["beside_yardsticks"]["rows"],
    )
    unit = summary["unit"]
    heads = [f"predictor ({mine['models']} models)", "best network"]
    yield f"| {' | '.join([*heads, *(row['label'] for row in rows)])} |"
    yield "|---:" * (len(rows) + 2) + "|"
    errors = [mine["test_mae"], chosen["test_mae"], *(row["test_mae"] for row in rows)]
    first, *others = (f"{error:.4g}" for error in errors)
    yield f"| {first} {unit} | {' | '.join(others)} |"
    yield ""
    yield f"> {summary['usefulness']['predictor']['words']}"
    yield ""
    yield f"> {summary['usefulness']['network']['words']}"


def picture(page: Path, out: Path) -> bool:
    """The first screen of a report; False where there is no browser."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        return False
    with tempfile.TemporaryDirectory() as own:
        subprocess.run(
            [
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                f"--user-data-dir={own}",
                f"--window-size={SIZE}",
                f"--screenshot={out}",
                page.absolute().as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
    return True


def main() -> None:
    study = Path(sys.argv[1])
    summary = json.loads((study / "summary.json").read_text(encoding="utf-8"))
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    text = "\n".join([before + BEGIN, *lines(summary), END + after])
    README.write_text(text, encoding="utf-8")
    if not picture(study / "report.html", HERE / "report.png"):
        print("no Chromium: docs/report.png stays as it is")


if __name__ == "__main__":
    main()
