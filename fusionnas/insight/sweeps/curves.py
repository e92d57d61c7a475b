"""What is swept: the models of numbers, and those of each class, at given conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.data.reading.classes import CLASSIFICATION
from fusionnas.data.sources import load_dataset
from fusionnas.errors import BundleError, DataError, OptionError
from fusionnas.insight.known_data import KnownData, check_unit, load_known, trained_on
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.trained_network import TrainedNetwork, check_same_conditions
from fusionnas.tasks.kinds import check_one_target

MOST = 6  # classes that are shown together


def curves_of(networks: Sequence[TrainedNetwork]) -> list[TrainedNetwork]:
    """A curve for each model of numbers or of two classes, and for each of several classes.

    A curve of classes is the probability of one of them: of two the second one.

    Raises:
        OptionError: there are several targets, too many classes, or classes beside numbers.
    """
    for one in networks:
        check_one_target(one.manifest, "a sweep")
    if len({bool(one.predictor.classes) for one in networks}) > 1:
        raise OptionError("Models of classes and of numbers cannot be swept together.")
    found: list[TrainedNetwork] = []
    for one in networks:
        classes = one.predictor.classes
        if one.predictor.one_class is not None or not classes:
            found.append(one)
            continue
        wanted = classes[1:] if len(classes) == 2 else classes
        for name in wanted:
            own = one.predictor.of_class(name)
            found.append(replace(one, name=f"{one.name}:{name}", predictor=own))
    if found[0].predictor.classes and len(found) > MOST:
        raise OptionError(
            f"{len(found)} classes are too many for one picture; name some of them after a colon, "
            f"such as {found[0].name}."
        )
    return found


def at_conditions(
    networks: Sequence[TrainedNetwork], given: Mapping[str, Any]
) -> tuple[list[TrainedNetwork], dict[str, str]]:
    """The models with conditions beside the formula, and all conditions by name.

    Those that are not given are at the baseline of the first model.

    Raises:
        OptionError: models read other conditions, or none of the given name.
    """
    check_same_conditions(networks)
    first = networks[0].predictor.conditions
    if first is None:
        if given:
            raise OptionError(
                f"'{networks[0].name}' reads formulas alone, so it has no condition "
                f"'{next(iter(given))}'."
            )
        return list(networks), {}
    cells = first.baseline | first.checked(given)
    return [replace(one, given=cells) for one in networks], first.normal(cells)


def known_of(
    networks: Sequence[TrainedNetwork],
    data: Any,
    study: str | Path | None,
    runs: Path,
    seed: int,
    reading: Mapping[str, Any],
) -> KnownData | None:
    """Known values from a source or a study; of neither, from the data of the first network.

    They have the classes and the conditions of the models. None if the data are not available.

    Raises:
        BundleError: they are of another property, in another unit, or lack a condition. Other
            InputErrors: as for `load_dataset`.
    """
    first = networks[0]
    if study is not None:
        found = KnownData.of_study(StudyFolder.find(study, runs), first.target)
        if found.target != first.target:
            raise BundleError(
                f"'{first.name}' predicts {first.target}, and the data of '{study}' are values of "
                f"{found.target}."
            )
        _check_conditions(found, first)
    elif data is not None:
        found = _read(first, data, seed, reading)
    else:
        return trained_on(first, runs)
    check_unit(found, first)
    return found


def _check_conditions(found: KnownData, network: TrainedNetwork) -> None:
    """Raise BundleError if known rows lack a condition that a network reads."""
    wanted, read = network.predictor.conditions, found.conditions
    lacking = set(wanted.names if wanted else ()) - set(read.names if read else ())
    if lacking:
        raise BundleError(
            f"'{network.name}' reads '{min(lacking)}' beside the formula, which the data of "
            f"{found.name} lack."
        )


def _read(first: TrainedNetwork, data: Any, seed: int, reading: Mapping[str, Any]) -> KnownData:
    conditions = first.predictor.conditions
    if not first.predictor.classes:
        return load_known(data, seed, conditions=conditions, **reading)
    options: dict[str, Any] = {"task": CLASSIFICATION, **reading}
    if conditions is not None:
        options["input_columns"] = conditions.columns_as_given
    return KnownData.of_dataset(load_dataset(data, seed=seed, **options))


def at_fixed(source: KnownData, fixed: Mapping[str, str]) -> np.ndarray:
    """Whether the conditions of each known row are the fixed ones, (N,); so are all without any."""
    fits = np.ones(len(source.table), dtype=bool)
    cells = source.cells
    for name, cell in fixed.items():
        if name in cells:
            fits &= np.array(cells[name]) == cell
    return fits


def known_values(network: TrainedNetwork, source: KnownData) -> np.ndarray:
    """The known value of each row, (N,): for a class 1 if the row has it, otherwise 0.

    Raises:
        DataError: a model of classes and a source of numbers, or the other way round.
    """
    classes = network.predictor.classes
    if bool(classes) != bool(source.classes):
        raise DataError(
            f"'{network.name}' predicts {'a class' if classes else 'a number'}, and the target of "
            f"{source.name} is {'a class' if source.classes else 'a number'}."
        )
    if not classes:
        return source.targets
    names = np.array(source.classes, dtype=object)
    return (names[source.targets.astype(int)] == classes[1]).astype(float)


def target_of(networks: Sequence[TrainedNetwork]) -> str:
    """The name of what is drawn."""
    first = networks[0]
    if not first.predictor.classes:
        return first.target
    wanted = {one.predictor.classes[1] for one in networks}
    return f"probability of {wanted.pop() if len(wanted) == 1 else f'each {first.target}'}"


def condition_notes(fixed: Mapping[str, str], given: Mapping[str, Any]) -> list[str]:
    """Which conditions are at the baseline because they were not given."""
    chosen = {name: cell for name, cell in fixed.items() if name not in given}
    if not chosen:
        return []
    told = ", ".join(f"{name}={cell}" for name, cell in chosen.items())
    return [f"Not given, so at the median or the most frequent word of training: {told}"]
