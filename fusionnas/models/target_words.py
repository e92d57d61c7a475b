"""What the card of a model of several targets says about each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fusionnas.models.bundle import manifest_of_target


def each_manifest(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The manifest of the model of each target; empty for a model of one."""
    return [manifest_of_target(manifest, k) for k in range(len(manifest.get("targets", ())))]


def lead_words(
    manifest: Mapping[str, Any],
    inputs: str,
    how: str = "The network has a head for each on top of common features.",
) -> str:
    """What the model predicts from its inputs, and how."""
    listed = [
        f"{one['target']} ({one['unit']})" if one["unit"] else one["target"]
        for one in manifest["targets"]
    ]
    return (
        f"Predicts {len(listed)} properties of a compound from its chemical {inputs}: "
        f"{', '.join(listed)}. {how}"
    )


def target_error_lines(manifest: Mapping[str, Any]) -> Iterator[str]:
    """The section of the card of a network about errors."""
    yield from target_error_table(manifest, "validation")
    yield (
        "The interval is over which compounds the test part holds (bootstrap); it says nothing "
        "about other training seeds. The validation part chose the epoch, by the mean of the last "
        "column over the targets: its errors are too low."
    )


def target_error_table(manifest: Mapping[str, Any], held_out: str) -> Iterator[str]:
    """The errors of each target on the test part and on held-out rows, and words about them."""
    yield f"| target | test MAE | 95% interval | test RMSE | {held_out} MAE | MAE / median's |"
    yield "|---|---:|---|---:|---:|---:|"
    for one in manifest["targets"]:
        metrics, unit = one["metrics"], f" {one['unit']}" if one["unit"] else ""
        if "test_mae" not in metrics:
            continue
        low, high = metrics["test_mae_interval"]
        facts = metrics["usefulness"]["facts"]
        yield (
            f"| {one['target']} | {metrics['test_mae']:.4g}{unit} | {low:.4g} to {high:.4g} | "
            f"{metrics['test_rmse']:.4g} | {metrics['val_mae']:.4g} | "
            f"{facts['mae'] / facts['median_mae']:.3f} |"
        )
    yield ""
    for one in manifest["targets"]:
        if use := one["metrics"].get("usefulness"):
            yield f"- {use['words']}"
    for one in manifest["targets"]:
        if alone := one.get("alone"):
            yield f"- {alone['words']}"
    yield ""


def use_of_all(targets: Sequence[Mapping[str, Any]], model: str) -> dict[str, Any]:
    """What a model of several targets can be used for: a sentence on each, as for one.

    Args:
        targets: facts about each, with its name as `target` and its `usefulness` by model.
        model: network or predictor.
    """
    uses = {one["target"]: one["usefulness"][model] for one in targets}
    return {
        "rule": "several targets",
        "words": "\n".join(use["words"] for use in uses.values()),
        "warns": any(use["warns"] for use in uses.values()),
        "facts": {name: use["facts"] for name, use in uses.items()},
    }
