"""An ensemble on disk: a folder with models that predict together.

    manifest.json     kind "ensemble", data and unit, how the members' values are combined, and
                      the name, kind and weight of each member
    compositions.npz  the compositions that the members were fitted to
    calibration.json  its errors on compounds that no member was fitted to; of several targets
                      calibration-1.json for the first, and so on
    model_card.md     the same facts for people
    SHA256SUMS        a checksum of every file, including those of the members
    members/1/        a bundle, or a yardstick (`fusionnas.models.tree_member`); each can be
    members/2/ ...    loaded alone

`fusionnas.models.predictor.Predictor` predicts with it; the mixture of the members' distributions
is `fusionnas.statistics.mixture.Mixture`.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.data.composition_file import read_compositions, write_compositions
from fusionnas.data.table import CompositionTable
from fusionnas.errors import BundleError
from fusionnas.files.atomic import write_text
from fusionnas.files.checksums import write_checksums
from fusionnas.files.whole_folder import whole_folder
from fusionnas.models.bundle import (
    COMPOSITIONS,
    ENSEMBLE,
    FORMAT,
    MANIFEST,
    YARDSTICK,
    check_unchanged,
    load_bundle,
    read_manifest,
    write_manifest,
)
from fusionnas.models.calibration_file import (
    read_calibration,
    read_calibrations,
    write_calibrations,
)
from fusionnas.models.member import Member
from fusionnas.models.yardstick_member import load_yardstick_member
from fusionnas.statistics.calibration import Calibration
from fusionnas.statistics.combination import COMBINATIONS, Combination

MEMBERS = "members"


@dataclass(frozen=True, slots=True)
class Ensemble:
    """The content of an ensemble's folder."""

    members: tuple[Member, ...]
    weights: np.ndarray  # (K,), with the sum 1
    how: Combination
    compositions: CompositionTable | None
    calibration: Calibration | None
    calibrations: tuple[Calibration | None, ...] = ()  # one for each of several targets


def save_ensemble(
    folder: Path,
    members: Sequence[Path],
    facts: Mapping[str, Any],
    texts: Mapping[str, str] | None = None,
    compositions: CompositionTable | None = None,
    calibrations: Sequence[Calibration | None] = (),
) -> None:
    """Join models to an ensemble at `folder`, which must be empty or not exist.

    Args:
        folder: folder to make; it appears complete or not at all.
        members: folders of models of the same data; they are moved into the ensemble.
        facts: facts for the manifest: `combination` (mean or median), under `members` a mapping
            with a `weight` for each, in the same order, and the target's `unit`.
        texts: further files by name.
        compositions: compositions that the members were fitted to.
        calibrations: correction of the intervals of each of several targets, where there is one.

    Raises:
        BundleError: the folder exists and is not empty, or cannot be written.
    """
    with whole_folder(folder, "ensemble") as part:
        (part / MEMBERS).mkdir()
        for number, member in enumerate(members, start=1):
            shutil.move(member, part / MEMBERS / str(number))
        write_manifest(part, {"format": FORMAT, "kind": ENSEMBLE, **facts})
        if compositions is not None:
            write_compositions(part / COMPOSITIONS, compositions)
        for name, content in (texts or {}).items():
            write_text(part / name, content)
        write_calibrations(part, calibrations)
        write_checksums(part)


def load_ensemble(folder: Path) -> Ensemble:
    """Read and verify an ensemble.

    Args:
        folder: folder of the ensemble.

    Raises:
        BundleError: a member is missing, damaged or changed.
    """
    check_unchanged(folder)
    manifest = read_manifest(folder)
    count = sum(1 for _ in (folder / MEMBERS).glob("*"))
    told = manifest.get("members") or [{}] * count  # version 0.1: equal members without weights
    weights = np.array([member.get("weight", 1 / max(count, 1)) for member in told], dtype=float)
    how = manifest.get("combination", "mean")
    fits = how in COMBINATIONS and count == len(weights) > 0 and bool((weights > 0).all())
    if not fits or abs(weights.sum() - 1) > 1e-6:
        raise BundleError(f"{folder} is damaged: its manifest does not fit its {count} members.")
    places = [folder / MEMBERS / str(number) for number in range(1, count + 1)]
    members = tuple(load_member(place, checked=True) for place in places)
    known = folder / COMPOSITIONS
    compositions = read_compositions(known) if known.is_file() else members[0].compositions
    corrections = (read_calibration(folder), read_calibrations(folder, manifest))
    return Ensemble(members, weights, how, compositions, *corrections)


def load_member(folder: Path, *, checked: bool = False) -> Member:
    """A network or a yardstick from its folder; BundleError if it is damaged or changed.

    Args:
        folder: folder of the member.
        checked: its files were compared with their checksums already.
    """
    if (folder / MANIFEST).is_file() and read_manifest(folder).get("kind") == YARDSTICK:
        return load_yardstick_member(folder, checked=checked)
    return load_bundle(folder, checked=checked)
