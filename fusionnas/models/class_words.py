"""What people read about a model of classes: on its card, in a terminal, and how useful it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.models.usefulness import Gap, gap_words
from fusionnas.statistics.prediction_sets import HELD_OUT
from fusionnas.tasks.kinds import stored_task, task_of
from fusionnas.tasks.task import Task

LEARNED, WEAK = 0.02, 0.2  # gain over the shares of the classes


def scores_in_words(task: Task, metrics: Mapping[str, Any], part: str) -> Iterator[tuple[str, str]]:
    """Label and value of each score of a part that is known."""
    for metric in (task.error, *task.beside):
        if metric.key(part) in metrics:
            yield metric.label, f"{metrics[metric.key(part)]:.4g}"
    if (weighted := task.weighted_key(part)) in metrics:
        yield f"weighted {task.error.label}", f"{metrics[weighted]:.4g}"


def class_usefulness(
    dataset: Dataset,
    probability: np.ndarray,
    subject: str = "The network",
    best: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What a model of classes can be used for, like `Usefulness.to_dict`.

    Args:
        dataset: its data.
        probability: its probabilities for the test part: (N,) of class 1, or (N, K) of each class.
        subject: name of the model in the sentences: The predictor, The network.
        best: comparison with the best yardstick: label, difference and difference_interval.
    """
    parts, task = dataset.parts, task_of(dataset)
    known = dataset.targets[np.concatenate([parts.train, parts.val])]
    truth = dataset.targets[parts.test]
    error, constant = task.error.measure(probability, truth), task.constant_error(known, truth)
    skill = task.skill(error, constant)
    if skill < LEARNED:
        rule, warns, advice = "nothing learned", True, "It learned nothing that helps: do not use."
    elif skill < WEAK:
        rule, warns, advice = "ranking", False, "Use it to rank candidates, not for single classes."
    else:
        rule, warns, advice = "classes", False, "Use its classes with their probabilities."
    words = (
        f"{subject} has a log loss of {error:.4g} on the test part; always giving the shares of "
        f"the classes has {constant:.4g}."
    )
    facts: dict[str, Any] = {"log_loss": error, "constant_log_loss": constant, "skill": skill}
    if best is not None:
        low, high = best["difference_interval"]
        gap = Gap(str(best["label"]), float(best["difference"]), float(low), float(high))
        words, warns = f"{words} {gap_words(gap)}", warns or gap.low > 0
        facts |= {"yardstick": gap.yardstick, "difference": gap.difference}
        facts |= {"low": gap.low, "high": gap.high}
    return {"rule": rule, "words": f"{words} {advice}", "warns": warns, "facts": facts}


def error_lines(manifest: Mapping[str, Any]) -> Iterator[str]:
    """The section of the card about errors."""
    metrics, task = manifest["metrics"], stored_task(manifest)
    test, val = (dict(scores_in_words(task, metrics, part)) for part in ("test", "val"))
    yield "| | test | validation |"
    yield "|---|---:|---:|"
    for label in val or test:
        yield f"| {label} | {test.get(label, '')} | {val.get(label, '')} |"
    yield ""
    if use := metrics.get("usefulness"):
        yield f"**{use['words']}**" if use["warns"] else str(use["words"])
        yield ""
    yield (
        "A low log loss is good, and of the others a high one. All but the log loss, ROCAUC and "
        "PR-AUC judge the most probable class. The validation part chose the epoch: its scores are "
        "too good. The test scores are those before a correction of the probabilities."
    )


def limit_lines(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Limits that only models of classes have."""
    names = manifest["classes"]
    told = ", ".join(f"'{name}'" for name in names[:-1]) + f" and '{names[-1]}'"
    yield f"- Its classes are {told}; it always answers with one of them."
    found = manifest.get("temperature")
    yield f"- {temperature_words(found)}"
    if "sets" in manifest:
        yield f"- {set_words(manifest['sets'])}"


def temperature_words(found: Mapping[str, Any] | None) -> str:
    """What was done to the probabilities, in a sentence."""
    if found is None:
        return "Its probabilities are the network's own, uncorrected."
    rows = "held-out" if found.get("held_out") else "test"
    check = (
        f"on {found['rows']:,} {rows} compositions, halves that correct each other have a log loss "
        f"of {found['log_loss_corrected']:.4g} instead of {found['log_loss_own']:.4g}"
    )
    if found["value"] == 1:
        return f"Its probabilities are the network's own; a temperature does not help: {check}."
    return f"Its probabilities are corrected by a temperature of {found['value']:.3g}: {check}."


def set_words(facts: Mapping[str, Any]) -> str:
    """How often the 90% sets held the true class and how large they are, in sentences."""
    from_folds = facts["method"] == HELD_OUT
    whose = "compositions held out from folds" if from_folds else "test compositions"
    made = f"The 90% sets of `predict` are made by {facts['rows']:,} {whose}"
    if "coverage_90" not in facts:
        return f"{made}; on others they were not checked."
    others = "of the test part" if from_folds else "others"
    return (
        f"{made} and hold the true class of {facts['coverage_90']:.1%} of the "
        f"{facts['checked_on']:,} {others}; they have {facts['size_90']:.2f} classes on average. "
        "That is for compounds like those of the test part, all classes together."
    )
