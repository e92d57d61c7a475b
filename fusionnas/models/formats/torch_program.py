"""A network as a `torch.export` program (.pt2), which needs only torch."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from fusionnas.data.table import CompositionTable
from fusionnas.models.bundle import MANIFEST, Bundle
from fusionnas.models.formats.agreement import largest_difference
from fusionnas.models.formats.description import described
from fusionnas.models.formats.tracing import trace

FILE = "model.pt2"
DESCRIPTION = "description.json"  # in the program, beside the manifest


def write(
    folder: Path, bundle: Bundle, out: Path, rows: CompositionTable | None
) -> Mapping[str, Any]:
    """See `fusionnas.models.formats.Format.write`."""
    path = out / FILE
    files = {
        MANIFEST: (folder / MANIFEST).read_text(encoding="utf-8"),
        DESCRIPTION: json.dumps(described(bundle.manifest), ensure_ascii=False),
    }
    logging.getLogger("torch._export").setLevel(logging.ERROR)  # it warns of empty lists
    torch.export.save(trace(bundle), str(path), extra_files=files)
    program = torch.export.load(str(path)).module()
    return {
        "file": FILE,
        "largest_difference": largest_difference(program, bundle, "torch program", rows),
        "torch": torch.__version__,
    }
