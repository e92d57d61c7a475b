"""The model card of a bundle: the facts of its manifest, for people. Unknown facts are left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fusionnas.data.conditions import Conditions
from fusionnas.models.baselines.yardsticks import fitted_words
from fusionnas.models.card_words import (
    bound_words,
    in_short,
    interval_words,
    kept_words,
    known_words,
    weight_words,
)
from fusionnas.models.class_words import error_lines, limit_lines
from fusionnas.models.target_words import each_manifest, lead_words, target_error_lines
from fusionnas.tasks.kinds import is_classifier, stored_task

MODEL_CARD = "model_card.md"


def model_card(manifest: Mapping[str, Any]) -> str:
    """The card as Markdown, from the facts of a bundle's manifest."""
    target, unit = manifest["target"], manifest["unit"]
    in_unit = f", in {unit}," if unit else ""
    sections = {
        "Use": use_lines(manifest),
        "Data": data_lines(manifest),
        "Errors": _errors_of(manifest),
        "How it was found": _origin(manifest),
        "Limits": _limits(manifest),
    }
    title = f"# {target[:1].upper()}{target[1:]}"
    lead = f"Predicts the {target}{in_unit} of a compound from its chemical {inputs_of(manifest)}."
    if manifest.get("targets"):
        lead = lead_words(manifest, inputs_of(manifest))
    elif is_classifier(manifest):
        names = " or ".join(manifest["classes"])
        lead = (
            f"Predicts the class '{target}' ({names}) of a compound from its {inputs_of(manifest)}."
        )
    body = "\n\n".join(f"## {name}\n\n" + "\n".join(lines) for name, lines in sections.items())
    return f"{title}\n\n{lead}\n\n{body}\n"


def inputs_of(manifest: Mapping[str, Any]) -> str:
    """What a model reads: `formula alone`, or `formula and its temperature and route`."""
    known = Conditions.of_facts(manifest)
    return "formula alone" if known is None else f"formula and {' and '.join(known.names)}"


def not_read(manifest: Mapping[str, Any]) -> str:
    """A line about what a model does not consider."""
    if Conditions.of_facts(manifest) is not None:
        return (
            f"- It reads only the {inputs_of(manifest)}. Polymorphs and all other conditions are "
            "not considered, unless they are fixed in the data."
        )
    return (
        "- It reads only the formula. Polymorphs, temperature, pressure and processing are not "
        "considered, unless they are fixed in the data."
    )


def _errors_of(manifest: Mapping[str, Any]) -> Iterator[str]:
    if manifest.get("targets"):
        return target_error_lines(manifest)
    return _class_errors(manifest) if is_classifier(manifest) else _errors(manifest)


def use_lines(manifest: Mapping[str, Any]) -> Iterator[str]:
    known = Conditions.of_facts(manifest)
    yield "```python"
    yield "import fusionnas"
    yield 'model = fusionnas.load("path/to/this/folder")'
    given = "" if known is None else f", conditions={known.baseline}"
    yield f'model.predict(["SrTiO3", "Na3PO4"]{given})'
    yield "```"
    yield ""
    options = "" if known is None else f" {known.as_options}"
    yield f"In a terminal: `fusionnas predict path/to/this/folder SrTiO3 Na3PO4{options}`."


def data_lines(manifest: Mapping[str, Any]) -> Iterator[str]:
    data = manifest["data"]
    parts = data["compositions"]
    split = f" ({data['split']} split)" if data.get("split") else ""
    yield f"- Data set: {data['name']}, {sum(parts.values()):,} distinct compositions"
    yield (
        f"- Parts{split}: {parts['train']:,} training, {parts['val']:,} validation, "
        f"{parts['test']:,} test"
    )
    if data["source"]:
        yield f"- Source{', to be cited' if 'doi:' in data['source'] else ''}: {data['source']}"
    if data["licence"]:
        yield f"- Licence of the data: {data['licence']}"
    for one in each_manifest(manifest) or [dict(manifest)]:
        yield from _noise_lines(one, "targets" in manifest)
    for note in () if (known := Conditions.of_facts(manifest)) is None else known.notes():
        yield f"- {note[:1].upper()}{note[1:]}"
    if weights := data.get("weights"):
        yield f"- {weight_words(weights, manifest['unit'])}"
    elements = manifest["elements_seen"].split()
    yield f"- Elements in training ({len(elements)}): {' '.join(elements)}"


def _noise_lines(manifest: Mapping[str, Any], several: bool) -> Iterator[str]:
    noise, unit = manifest["data"]["noise_floor"], manifest["unit"]
    if noise["merged"]:
        of = f" of {manifest['target']}" if several else ""
        yield (
            f"- Noise floor{of}: {noise['merged']:,} of {noise['rows']:,} rows repeat a "
            "composition; "
            + (
                f"{noise['deviation']:.1%} of such rows have another class than most"
                if is_classifier(manifest)
                else f"such rows differ from their median by {in_short(noise['deviation'], unit)} "
                "on average"
            )
            + ", and no model of compositions does better on them"
        )


def _class_errors(manifest: Mapping[str, Any]) -> Iterator[str]:
    yield from error_lines(manifest)
    beside = manifest["metrics"].get("yardsticks", {})
    if words := beside.get("words"):
        yield ""
        yield from test_rows(manifest, "this network")
        yield ""
        yield f"{words} {fitted_words(beside)}"


def _errors(manifest: Mapping[str, Any]) -> Iterator[str]:
    metrics, unit = manifest["metrics"], manifest["unit"]
    yield from test_rows(manifest, "this network")
    yield f"| this network, validation | {in_short(metrics['val_mae'])} | |"
    yield ""
    yield from use_words(metrics)
    beside = metrics.get("yardsticks", {})
    if words := beside.get("words"):
        yield f"{words} {fitted_words(beside)}"
        yield ""
    if "test_rmse" in metrics:
        rmse = in_short(metrics["test_rmse"], unit)
        yield f"The root mean square error of the test part is {rmse}."
    if "test_weighted_mae" in metrics:
        weighted = in_short(metrics["test_weighted_mae"], unit)
        yield f"Weighted like the rows of the data, the test MAE is {weighted}."
    if "test_mae_interval" in metrics:
        yield (
            "The interval is over which compounds the test part holds (bootstrap); it says nothing "
            "about other training seeds."
        )
    if "test_mae" not in metrics:
        yield (
            "No test error is known for this network; in a search it is computed for the "
            "recommended network alone."
        )
    yield "The validation part chose the epoch and, in a search, the network: its error is too low."


def use_words(metrics: Mapping[str, Any]) -> Iterator[str]:
    """What the model can be used for; empty for a bundle of version 0.1."""
    if use := metrics.get("usefulness"):
        yield f"**{use['words']}**" if use["warns"] else str(use["words"])
        yield ""


def test_rows(manifest: Mapping[str, Any], subject: str) -> Iterator[str]:
    """The head of a table of errors, and its rows for the test part if it was evaluated."""
    metrics, unit, error = manifest["metrics"], manifest["unit"], stored_task(manifest).error
    test = error.key("test")
    yield f"| | {error.label}{f' ({unit})' if unit else ''} | 95% interval |"
    yield "|---|---:|---|"
    if test in metrics:
        low_high = metrics.get(f"{test}_interval")
        interval = f"{in_short(low_high[0])} to {in_short(low_high[1])}" if low_high else ""
        yield f"| **{subject}, test** | **{in_short(metrics[test])}** | {interval} |"
        for row in metrics.get("yardsticks", {}).get("rows", ()):
            ends = row["interval"]
            interval = f"{in_short(ends[0])} to {in_short(ends[1])}" if ends else ""
            yield f"| {row['label']}, test | {in_short(row[test])} | {interval} |"


def _origin(manifest: Mapping[str, Any]) -> Iterator[str]:
    origin, recipe, metrics = manifest["origin"], manifest["recipe"], manifest["metrics"]
    if "study" in origin:
        yield (
            f"- Trial {origin['trial']} of the study '{origin['study']}' ({origin['trials']} "
            f"trials in the search space '{origin['space']}', sampler {origin['sampler']}, seed "
            f"{origin['seed']})"
        )
        yield f"- Chosen as: {origin['rule']}"
    else:
        yield f"- Trained without a search: {origin['trained']}, seed {origin['seed']}"
    if "init_from" in origin:
        start = origin["init_from"]
        yield (
            f"- Started from the weights of '{start['name']}' (`{start['weights']}`), trained for "
            f"{start['target']} on '{start['data']}'"
        )
    for sentence in known_words(origin.get("known", {})):
        yield f"- {sentence}"
    if origin.get("readout") == "fresh":
        yield "- The readout was a fresh one, since that network predicts something else"
    judged = stored_task(manifest).error
    if judged.key("start") in metrics:
        scale = {
            "first network": "as they are",
            "training part": "on the scale of the new training part, which they do not predict "
            "better than its median, or in another unit",
            "target by target": "for some targets as they are, for others on the scale of the new "
            "training part",
        }[origin["output_scale"]]
        if is_classifier(manifest):
            scale = "with the shares of the classes in the new training part"
        yield (
            f"- The predictions of that network, {scale}, have a validation {judged.label} of "
            f"{in_short(metrics[judged.key('start')], manifest['unit'])}"
        )
    rates = origin.get("rates", {})
    if frozen := [part for part, rate in rates.items() if rate == 0]:
        yield f"- Parts that were not trained (frozen): {', '.join(frozen)}"
    if other := [f"{part} {rate:g}" for part, rate in rates.items() if rate]:
        yield f"- Factors on the learning rate: {', '.join(other)}"
    yield f"- Architecture: `{manifest['line']}`"
    yield f"- Trainable parameters: {metrics['parameters']:,}"
    yield (
        f"- Recipe '{recipe['name']}': {recipe['epochs']} epochs at most, {kept_words(metrics)}; "
        f"optimiser {recipe['optimizer']}, loss {recipe['loss']}"
    )
    made_with = origin.get("versions", manifest["versions"])
    known = [
        f"{name} {made_with[name]}"
        for name in ("fusionnas", "torch", "python")
        if name in made_with
    ]
    yield f"- Software: {', '.join(known)}"


def _limits(manifest: Mapping[str, Any]) -> Iterator[str]:
    yield not_read(manifest)
    yield (
        "- A prediction for elements that are not listed above is an extrapolation; `predict` "
        "marks it."
    )
    if is_classifier(manifest):
        yield from limit_lines(manifest)
        if manifest["metrics"]["collapsed"]:
            yield "- **It learned nothing**: its log loss is that of the shares of the classes."
        return
    yield (
        "- The uncertainty is the network's own, a standard deviation learned together with the "
        "prediction. It does not cover compounds that are unlike its data."
    )
    each = each_manifest(manifest)
    for one in each or [dict(manifest)]:
        name = f"{one['target']}: " if each else ""
        yield from (f"- {name}{line}" for line in _output_limits(one))


def _output_limits(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What is known of the intervals, the bound and the order of elements of one target."""
    unit, gap = manifest["unit"], manifest["metrics"].get("order_gap")
    if "interval" in manifest:
        yield interval_words(manifest["interval"], unit)
    else:
        yield "The intervals of `predict` are the network's own, uncorrected."
    if words := bound_words(manifest):
        yield words
    if gap:
        yield (
            "The network reads elements in an order (falling fraction, then rising "
            "electronegativity); in another order its prediction would change by "
            f"{in_short(gap, unit)} in the median. `predict` always puts them into that order."
        )
    if manifest["metrics"]["collapsed"]:
        yield "**It learned nothing**: its error is that of the median predictor."
