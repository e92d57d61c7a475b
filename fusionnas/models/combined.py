"""Members that predict together: the distribution of the property of each composition."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch

from fusionnas.data.conditions import Conditions
from fusionnas.data.elements import NUMBERS
from fusionnas.data.table import CompositionTable
from fusionnas.errors import OptionError, did_you_mean
from fusionnas.models.bundle import (
    ENSEMBLE,
    Bundle,
    lower_bound_of,
    manifest_of_target,
    read_manifest,
)
from fusionnas.models.ensemble import load_ensemble, load_member
from fusionnas.models.flags import Flags
from fusionnas.models.known_values import KnownValues
from fusionnas.models.member import Member, SharedInputs
from fusionnas.models.ranking import Window
from fusionnas.statistics.calibration import Calibration
from fusionnas.statistics.combination import Combination
from fusionnas.statistics.mixture import Mixture, check_level, joined_targets
from fusionnas.tasks.kinds import check_one_target
from fusionnas.training.device import pick_device
from fusionnas.training.inference import PRECISIONS, Precision


class CombinedMembers:
    """One model, or several whose distributions are combined into one.

    Args:
        members: one model, or several of the same data that predict together.
        manifest: manifest of the ensemble; a single model has its own.
        calibration: correction of the ensemble's intervals; a bundle has its own.
        device: device of torch; by default a GPU if there is one.
        precision: fp32, or bf16 for products in bfloat16 on hardware that is fast at them.
        weights: weights of the members, (K,), with the sum 1; None means equal weights.
        how: how the members' values are combined: mean or median.
        compositions: compositions that they were fitted to; None means those of the first member.
        known: known values to be shown beside predictions.
        calibrations: corrections of an ensemble of several targets; a bundle has its own.
        one_class: code of the class that is predicted against all others (`of_class`).
    """

    def __init__(
        self,
        *members: Member,
        manifest: Mapping[str, Any] | None = None,
        calibration: Calibration | None = None,
        device: torch.device | str | None = None,
        precision: str = "fp32",
        weights: np.ndarray | None = None,
        how: Combination = "mean",
        compositions: CompositionTable | None = None,
        known: KnownValues | None = None,
        calibrations: Sequence[Calibration | None] = (),
        one_class: int | None = None,
    ) -> None:
        self.members = members
        self.one_class = one_class
        self.known = known
        first = members[0]
        own = first.calibration if isinstance(first, Bundle) else None
        if one_class is not None:
            own = None  # prediction sets are those of all classes
        self.calibration = calibration if len(members) > 1 else calibration or own
        self.calibrations = tuple(calibrations)
        if len(members) == 1 and isinstance(first, Bundle) and not calibrations:
            self.calibrations = first.calibrations
        self.manifest = first.manifest if manifest is None else manifest
        self.weights = np.full(len(members), 1 / len(members)) if weights is None else weights
        self.how = how
        self.compositions = first.compositions if compositions is None else compositions
        self.precision = check_precision(precision)
        self.device = pick_device(device)
        try:
            for member in members:
                member.to(self.device)
        except RuntimeError as e:
            why = str(e).splitlines()[0]
            raise OptionError(f"The device '{self.device}' cannot be used: {why}") from e
        # (119,) whether every member can read each element
        self.covered = np.all([member.covered for member in members], axis=0)

    @classmethod
    def load(
        cls,
        folder: str | Path,
        device: torch.device | str | None = None,
        precision: str = "fp32",
    ) -> Self:
        """Load the model in a folder; raises BundleError if it is no intact bundle or ensemble."""
        check_precision(precision)
        folder = Path(folder)
        manifest = read_manifest(folder)
        if manifest.get("kind") != ENSEMBLE:
            return cls(load_member(folder), device=device, precision=precision)
        found = load_ensemble(folder)
        # if the ensemble does not list its elements, they are those of all members
        manifest = {**found.members[0].manifest, **manifest}
        return cls(
            *found.members,
            manifest=manifest,
            calibration=found.calibration,
            device=device,
            precision=precision,
            weights=found.weights,
            how=found.how,
            compositions=found.compositions,
            calibrations=found.calibrations,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with weights on the CPU, so that a machine without the device can read it."""
        members = tuple(
            replace(
                m, network=copy.deepcopy(m.network).cpu(), manifest=dict(m.manifest), joint=None
            )
            if isinstance(m, Bundle)
            else m
            for m in self.members
        )
        given = {
            "manifest": dict(self.manifest),
            "calibration": self.calibration,
            "precision": self.precision,
            "weights": self.weights,
            "how": self.how,
            "compositions": self.compositions,
            "known": self.known,
            "calibrations": self.calibrations,
            "one_class": self.one_class,
        }
        return _unpickled, (type(self), members, given)

    @property
    def networks(self) -> tuple[Bundle, ...]:
        """The members as networks, whose features can be examined.

        Raises:
            OptionError: a member is not a network, or the members are not combined by their equal
                mean, so that the shares of elements do not add up to the prediction.
        """
        found = tuple(member for member in self.members if isinstance(member, Bundle))
        equal = self.how == "mean" and np.ptp(self.weights) < 1e-9
        if len(found) < len(self.members) or not equal:
            raise OptionError(
                "Only networks can be looked into, and this is an ensemble of several models; use "
                "the study's recommended network (its folder best), or one of the ensemble's "
                "networks (a folder in members)."
            )
        return found

    @property
    def bundle(self) -> Bundle:
        """The single network; raises OptionError as `networks`."""
        return self.networks[0]

    @property
    def unit(self) -> str:
        return str(self.manifest["unit"])

    @property
    def is_ensemble(self) -> bool:
        return len(self.members) > 1

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, by their codes; empty for a model of numbers."""
        return tuple(self.manifest.get("classes", ()))

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the targets, if there are several; empty for one."""
        return tuple(str(one["target"]) for one in self.manifest.get("targets", ()))

    @cached_property
    def each(self) -> tuple[Self, ...]:
        """The model of each of several targets; empty for one."""
        return tuple(map(self._of_target, range(len(self.targets))))

    def _of_target(self, place: int) -> Self:
        corrections = self.calibrations
        return type(self)(
            *(member.of_target(place) for member in self.members),
            manifest=manifest_of_target(self.manifest, place),
            calibration=corrections[place] if corrections else None,
            device=self.device,
            precision=self.precision,
            weights=self.weights,
            how=self.how,
            compositions=self.compositions,
            known=None if self.known is None else self.known.of_target(place),
        )

    def of_class(self, name: str) -> Self:
        """The model of one class against all others: a model of two classes, this one the second.

        The first of its classes is `not NAME`, or the other one of two.

        Raises:
            OptionError: there is no such class, or it is the model of another class already.
        """
        if name not in self.classes:
            hint = did_you_mean(name, self.classes)
            raise OptionError(f"The model has no class '{name}'; {hint}")
        if self.one_class is not None:
            if name == self.classes[1]:
                return self
            raise OptionError(
                f"The model is that of '{self.classes[1]}' alone; for '{name}' take the one of all "
                "classes."
            )
        code = self.classes.index(name)
        two = len(self.classes) == 2
        others = self.classes[1 - code] if two else f"not {name}"
        facts = {key: value for key, value in self.manifest.items() if key != "metrics"}
        return type(self)(
            *self.members,
            manifest=facts | {"classes": [others, name]},
            device=self.device,
            precision=self.precision,
            weights=self.weights,
            how=self.how,
            compositions=self.compositions,
            known=None if self.known is None else self.known.of_class(code),
            one_class=code,
        )

    @property
    def elements_seen(self) -> frozenset[int]:
        """Atomic numbers of the elements in the training part."""
        return frozenset(NUMBERS[symbol] for symbol in str(self.manifest["elements_seen"]).split())

    @property
    def lower_bound(self) -> float:
        """The lower bound of the property, in `unit`: 0 if no training target was below zero."""
        return lower_bound_of(self.manifest)

    @property
    def temperature(self) -> float:
        """Temperature of the combined probabilities; that of a single network is in its scale."""
        facts = self.manifest.get("temperature")
        joined = self.manifest.get("kind") == ENSEMBLE
        return float(facts["value"]) if joined and facts is not None else 1.0

    @property
    def is_corrected(self) -> bool:
        """Whether its intervals are corrected, or it has none, as for classes."""
        models = self.each or (self,)
        return bool(self.classes) or all(one.calibration is not None for one in models)

    @cached_property
    def flags(self) -> Flags:
        facts = self.manifest.get("training_compositions")
        far = None if facts is None else float(facts["far_distance"])
        return Flags(self.elements_seen, self.compositions, far)

    @cached_property
    def conditions(self) -> Conditions | None:
        """The conditions that it reads beside the formula."""
        return Conditions.of_facts(self.manifest)

    def mixture(self, table: CompositionTable) -> Mixture:
        """The predicted distribution of each row, in the unit of the target.

        Raises:
            OptionError: the table lacks the conditions that the model reads, or the model has
                several targets.
        """
        check_one_target(self.manifest, "this")
        wanted = 0 if self.conditions is None else self.conditions.width
        given = 0 if table.conditions is None else table.conditions.shape[1]
        if wanted != given:
            names = ", ".join(self.conditions.names) if self.conditions else "none"
            raise OptionError(
                f"The model reads these conditions beside the formula: {names}; the table does not "
                "have the same ones."
            )
        return self.mixture_of(SharedInputs(table, self.device))

    def mixture_of_all(self, table: CompositionTable) -> Mixture:
        """`mixture`; of several targets, values and deviations are (K, N, T)."""
        if not self.each:
            return self.mixture(table)
        inputs = SharedInputs(table, self.device)
        return joined_targets([one.mixture_of(inputs) for one in self.each])

    def mixture_of(self, inputs: SharedInputs) -> Mixture:
        """`mixture`, for inputs that other models read, too."""
        found = [member.predict(inputs, self.precision) for member in self.members]
        values, deviations = (np.stack(kind) for kind in zip(*found, strict=True))
        joined = Mixture(
            values, deviations, self.weights, self.how, self.lower_bound, self.temperature
        )
        return joined if self.one_class is None else joined.of_class(self.one_class)

    def interval(self, found: Mixture, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper ends (N,) for the result of `mixture`, corrected if possible."""
        if self.calibration is None:
            return found.interval(level)
        return self.calibration.interval(found, level)

    def chance(self, found: Mixture, window: Window) -> np.ndarray:
        """Chance that the true value lies in a window, (N,), by the intervals' distribution."""

        def up_to(y: float) -> np.ndarray:
            if math.isinf(y):
                return np.full_like(found.value, float(y > 0))
            if self.calibration is None:
                return found.distribution(y)
            return self.calibration.distribution(found, y)

        low, high = window
        if not low < high:  # one of them may be NaN
            raise OptionError(f"A window goes from a lower to a higher value, not {low} to {high}.")
        return up_to(high) - up_to(low)

    def check_interval(self, level: float) -> None:
        """Raise OptionError if an interval of this level is not possible."""
        check_level(level)
        for one in self.each:
            one.check_interval(level)
        if self.calibration is not None:
            self.calibration.factor(level)


def check_precision(name: str) -> Precision:
    """Return `name`, or raise OptionError if it is not a precision."""
    for known in PRECISIONS:
        if name == known:
            return known
    raise OptionError(f"There is no precision '{name}'; {did_you_mean(name, PRECISIONS)}")


def _unpickled(
    kind: type[CombinedMembers], members: tuple[Member, ...], given: Mapping[str, Any]
) -> CombinedMembers:
    return kind(*members, **given)
