"""A network as a `torch.export` program (.pt2), which needs only torch."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from fusionnas.models.bundle import Bundle
from fusionnas.models.formats.agreement import largest_difference
from fusionnas.models.formats.tracing import trace

FILE = "model.pt2"


def write(folder: Path, bundle: Bundle, out: Path) -> Mapping[str, Any]:
    """See `fusionnas.models.formats.Format.write`."""
    path = out / FILE
    manifest = (folder / "manifest.json").read_text(encoding="utf-8")
    logging.getLogger("torch._export").setLevel(logging.ERROR)  # it warns of empty lists
    torch.export.save(trace(bundle), str(path), extra_files={"manifest.json": manifest})
    program = torch.export.load(str(path)).module()
    return {
        "file": FILE,
        "largest_difference": largest_difference(program, bundle, "torch program"),
        "torch": torch.__version__,
    }
