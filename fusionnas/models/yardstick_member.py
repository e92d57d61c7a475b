"""A yardstick as a member of an ensemble: a folder that can predict alone.

    manifest.json    kind "yardstick", data and unit, metrics, how its uncertainty is scaled
    yardstick.json   its name and its parameters; beside it the fitted model, without pickle; of
                     several targets in 1/ for the first, and so on
    SHA256SUMS       a checksum of each file

Trees give no standard deviation. A forest knows how far its trees disagree; other yardsticks give
no uncertainty. In both cases the uncertainty is scaled to fit the errors on rows that the yardstick
was not fitted to. For a Laplace distribution of standard deviation d the expected |error| is d /
sqrt(2).
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fusionnas.data.elements import MAX_Z
from fusionnas.errors import BundleError
from fusionnas.files.checksums import write_checksums
from fusionnas.files.links import link_or_copy
from fusionnas.files.whole_folder import whole_folder
from fusionnas.models.baselines.of_targets import load_each
from fusionnas.models.baselines.stored import StoredYardstick
from fusionnas.models.bundle import (
    FORMAT,
    YARDSTICK,
    check_unchanged,
    manifest_of_target,
    read_manifest,
    write_manifest,
)
from fusionnas.models.member import SharedInputs
from fusionnas.tasks.kinds import stored_task
from fusionnas.training.inference import Precision

_TINY = float(np.finfo(np.float32).tiny)
SMALLEST_SHARE = 0.1  # share of the mean spread; trees that agree are not certain


@dataclass(frozen=True, slots=True)
class Spread:
    """Turns an estimator's own measure of uncertainty into a standard deviation."""

    factor: float
    smallest: float  # in the unit of the target

    @classmethod
    def fit(cls, spread: np.ndarray, errors: np.ndarray) -> Spread:
        """Fit to the spreads and absolute errors of held-out rows, in the same shape."""
        floored = np.maximum(spread, SMALLEST_SHARE * spread.mean())
        total = float(floored.mean())
        factor = math.sqrt(2) * float(errors.mean()) / total if total > 0 else 1.0
        return cls(factor, factor * SMALLEST_SHARE * float(spread.mean()))

    def deviation(self, spread: np.ndarray) -> np.ndarray:
        """Standard deviations, (N,), in the unit of the target."""
        return np.maximum(self.factor * spread, max(self.smallest, _TINY))


@dataclass(frozen=True, slots=True)
class YardstickMember:
    """A fitted yardstick with its uncertainty."""

    fitted: StoredYardstick
    spread: Spread
    manifest: Mapping[str, Any]
    compositions: None = None  # the ensemble stores them

    @property
    def covered(self) -> np.ndarray:
        """All elements, (119,): an element without properties gets the mean properties."""
        return np.ones(MAX_Z + 1, dtype=bool)

    def to(self, device: torch.device) -> None:
        """Do nothing: it computes on the CPU only."""

    def predict(
        self, inputs: SharedInputs, precision: Precision = "fp32"
    ) -> tuple[np.ndarray, np.ndarray]:
        """Values and standard deviations, (N,) each, in the unit of the target."""
        model, heads = self.fitted.model, stored_task(self.manifest).heads
        if not len(inputs.table):
            nothing = np.empty(0 if heads == 1 else (0, heads))
            return nothing, nothing
        deviation = self.spread.deviation(model.spread(inputs.features))
        return model.predict(inputs.features), deviation

    def of_target(self, place: int) -> YardstickMember:
        """Itself: it has one target."""
        return self

    def deviation(self, spread: np.ndarray) -> np.ndarray:
        """Standard deviations for what its estimator says about the uncertainty of rows."""
        return self.spread.deviation(spread)

    @property
    def plain_spread(self) -> Any:
        """Its uncertainty, for the manifest."""
        return asdict(self.spread)


@dataclass(frozen=True, slots=True)
class MemberOfTargets:
    """A yardstick of several targets: a fitted yardstick with its uncertainty for each."""

    each: tuple[YardstickMember, ...]
    manifest: Mapping[str, Any]
    compositions: None = None

    @property
    def covered(self) -> np.ndarray:
        """All elements, (119,)."""
        return self.each[0].covered

    def to(self, device: torch.device) -> None:
        """Do nothing: it computes on the CPU only."""

    def predict(
        self, inputs: SharedInputs, precision: Precision = "fp32"
    ) -> tuple[np.ndarray, np.ndarray]:
        """Values and standard deviations, (N, T) each, in the units of the targets."""
        found = [one.predict(inputs, precision) for one in self.each]
        values, deviations = (np.stack(kind, axis=-1) for kind in zip(*found, strict=True))
        return values, deviations

    def of_target(self, place: int) -> YardstickMember:
        """The yardstick of one target."""
        return self.each[place]

    def deviation(self, spread: np.ndarray) -> np.ndarray:
        """`YardstickMember.deviation` for each target, (N, T)."""
        return np.stack(
            [one.deviation(spread[:, place]) for place, one in enumerate(self.each)], axis=1
        )

    @property
    def plain_spread(self) -> Any:
        """The uncertainty of each, for the manifest."""
        return [one.plain_spread for one in self.each]


def fitted_member(
    folder: Path,
    values: np.ndarray,
    spread: np.ndarray,
    target: np.ndarray,
    data: Mapping[str, Any],
) -> YardstickMember | MemberOfTargets:
    """A stored yardstick, whose uncertainty is fitted to rows that it was not fitted to.

    Args:
        folder: where a search saved it.
        values: predictions of these rows, (N,), or (N, K) of K classes or targets.
        spread: its own measure of their uncertainty, in the same shape.
        target: `Task.as_values` of their targets, in the same shape; NaN for gaps.
        data: facts about the data of the study.
    """
    if not data.get("targets"):
        own = Spread.fit(spread, np.abs(values - target))
        return YardstickMember(StoredYardstick.load(folder), own, data)
    each = []
    for place, one in enumerate(load_each(folder, target.shape[1])):
        known = np.isfinite(target[:, place])
        errors = np.abs(values - target)[known, place]
        own = Spread.fit(spread[known, place], errors)
        each.append(YardstickMember(one, own, manifest_of_target(data, place)))
    return MemberOfTargets(tuple(each), data)


def save_yardstick_member(
    folder: Path, stored: Path, spread: Any, facts: Mapping[str, Any]
) -> None:
    """Write a member to `folder`, which must be empty or not exist.

    Args:
        folder: folder to make; it appears complete or not at all.
        stored: folder in which a `FittedYardstick` was saved.
        spread: its uncertainty, the `plain_spread` of a member.
        facts: facts for the manifest, including `target`, `unit` and `elements_seen`.

    Raises:
        BundleError: the folder cannot be written.
    """
    with whole_folder(folder, "member") as part:
        shutil.copytree(stored, part, dirs_exist_ok=True, copy_function=link_or_copy)
        write_manifest(part, {"format": FORMAT, "kind": YARDSTICK, "spread": spread, **facts})
        write_checksums(part)


def load_yardstick_member(
    folder: Path, *, checked: bool = False
) -> YardstickMember | MemberOfTargets:
    """Read and verify a member; raises BundleError if it is damaged or changed.

    Args:
        folder: folder of the member.
        checked: its files were compared with their checksums already.
    """
    if not checked:
        check_unchanged(folder)
    manifest = read_manifest(folder)
    try:
        if not manifest.get("targets"):
            spread = Spread(**manifest["spread"])
            return YardstickMember(StoredYardstick.load(folder), spread, manifest)
        spreads = [Spread(**one) for one in manifest["spread"]]
    except (KeyError, TypeError) as e:
        raise BundleError(f"{folder} is damaged: {e}") from e
    each = (
        YardstickMember(one, spread, manifest_of_target(manifest, place))
        for place, (one, spread) in enumerate(
            zip(load_each(folder, len(spreads)), spreads, strict=True)
        )
    )
    return MemberOfTargets(tuple(each), manifest)
