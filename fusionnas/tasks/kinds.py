"""The tasks by name, and that of a data set or of a stored model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.reading.classes import CLASSIFICATION as CLASSES
from fusionnas.data.reading.classes import MULTI_TARGET as SEVERAL
from fusionnas.data.reading.classes import REGRESSION as NUMBERS
from fusionnas.errors import OptionError
from fusionnas.tasks.classification import CLASSIFICATION
from fusionnas.tasks.multi_target import multi_target
from fusionnas.tasks.regression import REGRESSION
from fusionnas.tasks.several_classes import several_classes
from fusionnas.tasks.task import Task

# by the kind of the target; classification is that of two classes here, with the keys of all, and
# that of several targets has the error of all, and no target
TASKS: Mapping[str, Task] = {
    NUMBERS: REGRESSION,
    CLASSES: CLASSIFICATION,
    SEVERAL: multi_target((), np.empty(0)),
}


def _task(kind: str, classes: Sequence[str]) -> Task:
    return several_classes(len(classes)) if len(classes) > 2 else TASKS[kind]


def task_of(dataset: Dataset) -> Task:
    """The task of a data set."""
    if dataset.several:
        known = dataset.targets[dataset.parts.train]
        return multi_target(dataset.target_names, np.nanmedian(known, axis=0))
    return _task(dataset.task, dataset.classes)


def stored_task(manifest: Mapping[str, Any]) -> Task:
    """The task of a model by its manifest; those without an entry are regressions."""
    if several := manifest.get("targets"):
        medians = np.array([one["median"] for one in several])
        return multi_target([one["target"] for one in several], medians)
    return _task(manifest.get("task", NUMBERS), manifest.get("classes", ()))


def is_classifier(manifest: Mapping[str, Any]) -> bool:
    """Whether a model predicts classes."""
    return bool(manifest.get("task") == CLASSES)


def check_one_target(manifest: Mapping[str, Any], what: str) -> None:
    """Raise OptionError if a model predicts several targets, which `what` cannot do."""
    if several := manifest.get("targets"):
        names = [one["target"] for one in several]
        raise OptionError(
            f"The model predicts several targets ({', '.join(names)}), and {what} needs one: name "
            f"it after a colon, such as MODEL:{names[0]}."
        )


def check_one_class(manifest: Mapping[str, Any], what: str) -> None:
    """Raise OptionError if a model predicts more than two classes, of which `what` needs one."""
    classes = manifest.get("classes", ())
    if len(classes) > 2:
        raise OptionError(
            f"The model predicts one of {len(classes)} classes ({', '.join(classes)}), and {what} "
            f"needs one of them: name it after a colon, such as MODEL:{classes[0]}."
        )


def check_predicts_numbers(manifest: Mapping[str, Any], what: str) -> None:
    """Raise OptionError if a model predicts classes or several targets, which `what` cannot do."""
    check_one_target(manifest, what)
    if is_classifier(manifest):
        raise OptionError(
            f"The model predicts a class ({' or '.join(manifest['classes'])}), and {what} needs a "
            "model of numbers. Use `fusionnas predict` for classes."
        )
