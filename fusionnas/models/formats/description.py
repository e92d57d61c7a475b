"""What an exported network tells of itself to somebody without this package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fusionnas.data.conditions import Conditions
from fusionnas.data.units import with_unit
from fusionnas.models.formats import condition_values


def described(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Texts and plain data by name; what is empty is left out.

    `targets` are the columns of the outputs of a network of several targets, and `classes` those of
    a network of classes.
    """
    conditions = Conditions.of_facts(manifest)
    found = {
        "target": manifest["target"],
        "unit": manifest["unit"],
        "architecture": manifest.get("line", ""),
        "elements_seen": manifest.get("elements_seen", ""),
        "classes": manifest.get("classes", ()),
        "targets": [
            {"name": one["target"], "unit": one["unit"]} for one in manifest.get("targets", ())
        ],
        "conditions": [] if conditions is None else condition_values.described(conditions),
    }
    return {name: value for name, value in found.items() if value}


def outputs_in_words(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The `shape`, `prediction` and `uncertainty` of the outputs."""
    if classes := manifest.get("classes"):
        listed = ", ".join(f"'{name}'" for name in classes)
        return {
            "shape": f"(B, {len(classes)})",
            "prediction": f"probability p of each class, in the order {listed}",
            "uncertainty": "sqrt(p (1 - p))",
        }
    learned = "standard deviation that the network learned"
    if several := manifest.get("targets"):
        listed = ", ".join(with_unit(one["target"], one["unit"]) for one in several)
        return {
            "shape": f"(B, {len(several)})",
            "prediction": f"each target, in the order {listed}",
            "uncertainty": f"{learned} for each, in the same units",
        }
    in_unit = f", in {manifest['unit']}" if manifest["unit"] else ""
    return {
        "shape": "(B,)",
        "prediction": f"{manifest['target']}{in_unit}",
        "uncertainty": f"{learned}{in_unit}",
    }


def in_words(manifest: Mapping[str, Any]) -> str:
    """What the model predicts, from what."""
    conditions = Conditions.of_facts(manifest)
    given = "" if conditions is None else f" and its conditions ({', '.join(conditions.names)})"
    return f"{outputs_in_words(manifest)['prediction']}; from a composition{given}"
