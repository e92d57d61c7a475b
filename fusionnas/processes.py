"""How modules of this package are run in processes of their own."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any


def of_module(name: str, *arguments: str) -> dict[str, Any]:
    """The command and environment of a module, as arguments for `subprocess`.

    The process also finds a package that was not installed.

    Args:
        name: such as `fusionnas.models.fresh_process`.
        arguments: of its command line.
    """
    given = os.environ.get("PYTHONPATH", "")
    places = [str(Path(__file__).parents[1]), *([given] if given else [])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    return {"args": [sys.executable, "-m", name, *arguments], "env": environment}
