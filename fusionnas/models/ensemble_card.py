"""The model card of an ensemble: the facts of its manifest, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fusionnas.models.card_words import bound_words, in_short, interval_words
from fusionnas.models.class_words import limit_lines
from fusionnas.models.model_card import (
    data_lines,
    inputs_of,
    not_read,
    test_rows,
    use_lines,
    use_words,
)
from fusionnas.models.target_words import each_manifest, lead_words, target_error_table
from fusionnas.tasks.kinds import is_classifier, stored_task
from fusionnas.tasks.multi_target import MEANING


def ensemble_card(manifest: Mapping[str, Any]) -> str:
    """The card as Markdown, from the facts of an ensemble's manifest."""
    target, unit = manifest["target"], manifest["unit"]
    in_unit = f", in {unit}," if unit else ""
    sections = {
        "Use": use_lines(manifest),
        "Data": data_lines(manifest),
        "Errors": _errors(manifest, unit),
        "Members": _members(manifest, unit),
        "Limits": _limits(manifest),
    }
    title = f"# {target[:1].upper()}{target[1:]}"
    lead = (
        f"Predicts the {target}{in_unit} of a compound from its chemical {inputs_of(manifest)}, by "
        "several models together."
    )
    if manifest.get("targets"):
        how = "Several models together predict each of them."
        lead = lead_words(manifest, inputs_of(manifest), how)
    body = "\n\n".join(f"## {name}\n\n" + "\n".join(lines) for name, lines in sections.items())
    return f"{title}\n\n{lead}\n\n{body}\n"


def _errors(manifest: Mapping[str, Any], unit: str) -> Iterator[str]:
    if manifest.get("targets"):
        yield from target_error_table(manifest, "held-out")
        yield f"Of all targets together: {MEANING}"
        yield ""
    metrics = manifest["metrics"]
    yield from test_rows(manifest, "these models together")
    best = manifest["best_network"]
    error = stored_task(manifest).error
    of_best, held_out = best[error.key("test")], metrics[error.key("val")]
    yield f"| the study's recommended network, test | {in_short(of_best)} | |"
    yield f"| these models together, rows held out from them | {in_short(held_out)} | |"
    yield ""
    if not manifest.get("targets"):  # whose words stand with each of them
        yield from use_words(metrics)
    yield (
        "The held-out rows chose the members and their weights: that error is a little too low. "
        "The interval is over which compounds the test part holds (bootstrap)."
    )


def _members(manifest: Mapping[str, Any], unit: str) -> Iterator[str]:
    error = stored_task(manifest).error
    yield f"The {manifest['combination']} of the members, weighted; chosen by: {manifest['rule']}."
    yield ""
    yield f"| part | model | held-out {error.label}{f' ({unit})' if unit else ''} | |"
    yield "|---:|---|---:|---|"
    for part in manifest["parts"]:
        line = part["line"].replace("|", r"\|")  # which would end the cell
        models = f"{part['models']} models" if part["models"] > 1 else "1 model"
        told = part["name"] if part["line"] == part["name"] else f"{part['name']}: `{line}`"
        yield f"| {part['weight']:.0%} | {told} | {in_short(part[error.key('val')])} | {models} |"
    for one in manifest["left_out"]:
        yield ""
        yield f"Left out: {one['name']} ({one['reason']})."
    origin = manifest["origin"]
    yield ""
    yield f"They come from the study '{origin['study']}'."


def _limits(manifest: Mapping[str, Any]) -> Iterator[str]:
    yield not_read(manifest)
    yield (
        "- A prediction for elements that are not listed above is an extrapolation; `predict` "
        "marks it."
    )
    if is_classifier(manifest):
        yield from limit_lines(manifest)
        return
    yield (
        "- The uncertainty has two parts: the spread that the members expect in the data, and how "
        "far they disagree."
    )
    each = each_manifest(manifest)
    for one in each or [dict(manifest)]:
        name = f"{one['target']}: " if each else ""
        yield from (f"- {name}{line}" for line in _output_limits(one))


def _output_limits(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What is known of the intervals and the bound of one target."""
    if "interval" in manifest:
        yield interval_words(manifest["interval"], manifest["unit"])
    else:
        yield "The intervals of `predict` are the members' own, uncorrected."
    if words := bound_words(manifest):
        yield words
