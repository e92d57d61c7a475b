"""A page in a real browser: a script acts on it, and says what it found."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 60  # that pass for the page; they are not waited for


def tried(page: str, script: str, folder: Path) -> dict[str, Any]:
    """What a script found on a page; the test is skipped where there is no Chromium.

    Args:
        page: its HTML.
        script: sets fields of `found`; it runs before the scripts of the page.
        folder: for the page and the browser's own files.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("there is no Chromium")
    told = '<pre id="found"></pre>'
    keep = "setInterval(() => document.getElementById('found').textContent = JSON.stringify(found))"
    first = f"<script>const found = {{}};\n{script}\n{keep};</script>"
    file = folder / "page.html"
    text = page.replace("<head>", f"<head>{first}", 1).replace("</body>", f"{told}</body>")
    file.write_text(text, encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += [f"--user-data-dir={folder / 'profile'}", f"--virtual-time-budget={SECONDS * 1000}"]
    done = subprocess.run(
        [*command, file.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    said = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert said is not None, done.stderr
    return dict(json.loads(html.unescape(said[1])))
