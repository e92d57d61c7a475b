"""What an architecture chose: a few named values by which any two can be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from fusionnas.networks.architecture import Architecture, ComponentSpec

Choice = str | int | float
ABSENT = "none"
_SHORT = {"self_attention": "self-attn"}


def choices(architecture: Mapping[str, Any]) -> dict[str, Choice]:
    """The choices of an architecture in its plain form, in the order of the data's way through."""
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
        "dropout": a.dropout,
        "vectors": a.element_vectors.replace("+", " + "),
        "fractions": _fractions(a.embedding),
        "descriptor": a.descriptor.kind,
        "output": a.output.kind,
    }


def _fractions(embedding: ComponentSpec) -> str:
    """How fractions are embedded."""
    if embedding.kind == "smooth_fraction":
        return f"waves {embedding.get('wavelength', 0.5):g}"
    return f"{embedding.get('resolution', 5000)} steps"


def _kinds(specs: list[ComponentSpec]) -> str:
    """`gru + lstm` or `2 lstm`: which kinds, in any order, that of absence left out."""
    counts = Counter(_SHORT.get(spec.kind, spec.kind) for spec in specs if spec.kind != ABSENT)
    parts = [f"{n} {kind}" if n > 1 else kind for kind, n in sorted(counts.items())]
    return " + ".join(parts).replace("_", " ") or ABSENT
