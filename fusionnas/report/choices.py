"""What an architecture chose, as a few named values that any two architectures can be compared by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fusionnas.architecture import Architecture, ComponentSpec

Choice = str | int
ABSENT = "none"


def choices(architecture: Mapping[str, Any]) -> dict[str, Choice]:
    """The choices of an architecture in its plain form, in the order of the data's way through it."""
    a = Architecture.from_dict(architecture)
    both = bool(a.global_stages and a.local_stages)
    return {
        "width": a.width,
        "global": _kinds([stage.component for stage in a.global_stages]),
        "attention": _kinds([stage.attention for stage in a.global_stages]),
        "residual": _kinds([stage.residual for stage in a.global_stages]),
        "local": _kinds([stage.component for stage in a.local_stages]),
        "blocks": sum(int(stage.component.get("blocks", 0)) for stage in a.local_stages),
        "fusion": a.fusion.kind if both else "one side",
        "pooling": a.pooling.kind.replace("_", " "),
        "dropout": f"{a.dropout:g}",
    }


def _kinds(specs: list[ComponentSpec]) -> str:
    """`gru › lstm`; what is absent in every stage is told once."""
    kinds = [spec.kind.replace("_", " ") for spec in specs]
    return " › ".join(kinds) if any(kind != ABSENT for kind in kinds) else ABSENT
