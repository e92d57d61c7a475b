"""A bundle: a folder with a network and everything that it needs to predict.

    architecture.yaml     the network's description
    weights.safetensors   its weights, including the element vectors
    compositions.npz      the training compositions, used to mark compositions far from them
    before.npz            only after fine-tuning: the compositions of earlier trainings
    calibration.json      its errors on compounds that nothing was fitted to; of several targets
                          calibration-1.json for the first, and so on
    manifest.json         scaling, data, metrics, versions, elements seen
    model_card.md         the same facts for people
    SHA256SUMS            a checksum of each file; `sha256sum --check SHA256SUMS` reads it too

There is no pickle: loading a bundle runs no code except this package's own.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from fusionnas.data.composition_file import read_compositions, write_compositions
from fusionnas.data.elements import NUMBERS
from fusionnas.data.scaling import Scaler
from fusionnas.data.table import CompositionTable
from fusionnas.errors import BundleError
from fusionnas.files.atomic import write_text
from fusionnas.files.checksums import CHECKSUMS, added_files, changed_file, write_checksums
from fusionnas.files.whole_folder import whole_folder
from fusionnas.models.calibration_file import (
    CALIBRATION,
    read_calibration,
    read_calibrations,
    write_calibrations,
)
from fusionnas.models.member import SharedInputs
from fusionnas.networks.file_names import ARCHITECTURE, WEIGHTS
from fusionnas.networks.network_file import read_network, write_network
from fusionnas.statistics.calibration import Calibration
from fusionnas.tasks.kinds import stored_task
from fusionnas.training.inference import Precision

if TYPE_CHECKING:
    from fusionnas.networks.network import Network

FORMAT = 2
MANIFEST, COMPOSITIONS, BEFORE = "manifest.json", "compositions.npz", "before.npz"
# `kind` in the manifest of folders that are not bundles of one network:
# `fusionnas.models.ensemble`, `fusionnas.models.yardstick_member`
ENSEMBLE, YARDSTICK = "ensemble", "yardstick"
# facts about data that the manifest of each of their models repeats, where there are any
OF_KIND = ("task", "classes", "conditions", "targets")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A trained network with everything that is needed to interpret its output.

    That of several targets lists them in its manifest; `of_target` is the model of one.
    """

    network: Network
    scaler: Scaler
    manifest: Mapping[str, Any]
    compositions: CompositionTable | None = None  # of the training part, if known
    calibration: Calibration | None = None  # None: the intervals are the network's own
    before: CompositionTable | None = None  # those of trainings before a fine-tuning
    calibrations: tuple[Calibration | None, ...] = ()  # one for each of several targets
    joint: Network | None = None  # the network for all targets, if this is the model of one
    place: int = 0  # of this target among them

    @classmethod
    def stored(cls, folder: Path, data: Mapping[str, Any]) -> Bundle:
        """The network in a folder of a study, which stores the facts about its data only once.

        Args:
            folder: folder of a trial, a reference, or a final training.
            data: facts that the study records about its data: scaling, target, unit, elements_seen.

        Raises:
            BundleError: there is no network, or it is damaged.
        """
        manifest = {name: data[name] for name in ("target", "unit", "elements_seen")}
        manifest["lower_bound"] = data.get("lower_bound")
        manifest |= {name: data[name] for name in OF_KIND if name in data}
        return cls(read_network(folder), Scaler.from_plain(data["scaling"]), manifest)

    def of_target(self, place: int) -> Bundle:
        """The model of one of several targets."""
        return Bundle(
            self.network.of_targets([place]),
            self.scaler.of_target(place),
            manifest_of_target(self.manifest, place),
            self.compositions,
            self.calibrations[place] if self.calibrations else None,
            self.before,
            joint=self.network,
            place=place,
        )

    @property
    def unit(self) -> str:
        return str(self.manifest["unit"])

    @property
    def covered(self) -> np.ndarray:
        """Whether each element has a vector, (119,), by atomic number."""
        return torch.isfinite(self.network.vectors).all(dim=1).cpu().numpy()

    def to(self, device: torch.device) -> None:
        """Move the network to a device and set it ready to predict."""
        if self.joint is not None:
            self.joint.to(device).eval()
        self.network.to(device).eval()

    def predict(
        self, inputs: SharedInputs, precision: Precision = "fp32"
    ) -> tuple[np.ndarray, np.ndarray]:
        """Values and standard deviations, (N,) each, in the unit of the target."""
        if self.joint is None:
            outputs = inputs.outputs(self.network, precision)
        else:  # computed once for all targets
            value, log_scale = inputs.outputs(self.joint, precision)
            outputs = (value[:, self.place], log_scale[:, self.place])
        return stored_task(self.manifest).decode(*outputs, self.scaler)

    @property
    def elements_seen(self) -> frozenset[int]:
        """Atomic numbers of the elements in the training part."""
        return frozenset(NUMBERS[symbol] for symbol in self.manifest["elements_seen"].split())

    @property
    def far_distance(self) -> float | None:
        """Distance above which a composition is far from all training compositions."""
        facts = self.manifest.get("training_compositions")
        return None if facts is None else float(facts["far_distance"])


def save_bundle(
    folder: Path,
    network: Network,
    scaler: Scaler,
    facts: Mapping[str, Any],
    compositions: CompositionTable | None = None,
    texts: Mapping[str, str] | None = None,
    calibration: Calibration | None = None,
    before: CompositionTable | None = None,
    calibrations: Sequence[Calibration | None] = (),
) -> None:
    """Write a bundle to `folder`, which must be empty or not exist.

    Args:
        folder: folder to make; it appears complete or not at all.
        network: network with its final weights.
        scaler: scaler of the target.
        facts: `target`, `unit`, `elements_seen` (symbols, separated by spaces), and all other facts
            for the manifest; with `compositions` also `training_compositions`, which contains
            `far_distance`.
        compositions: compositions of the training part, if known.
        texts: further files by name.
        calibration: correction of its intervals, if there is one.
        before: compositions that earlier trainings used, if it was fine-tuned.
        calibrations: correction of the intervals of each of several targets, where there is one.

    Raises:
        BundleError: the folder exists and is not empty, or cannot be written.
    """
    with whole_folder(folder, "bundle") as part:
        write_network(part, network)
        if compositions is not None:
            write_compositions(part / COMPOSITIONS, compositions)
        if before is not None:
            write_compositions(part / BEFORE, before)
        write_manifest(part, {"format": FORMAT, "scaling": scaler.to_plain(), **facts})
        for name, content in (texts or {}).items():
            write_text(part / name, content)
        if calibration is not None:
            write_text(part / CALIBRATION, calibration.to_json())
        write_calibrations(part, calibrations)
        write_checksums(part)


def manifest_of_target(manifest: Mapping[str, Any], place: int) -> dict[str, Any]:
    """The manifest of the model of one of several targets, from that of all."""
    own = dict(manifest["targets"][place])
    data = dict(manifest.get("data", {})) | own.pop("data", {})
    others = {k: v for k, v in manifest.items() if k not in ("targets", "task", "metrics")}
    return others | own | ({"data": data} if data else {})


def lower_bound_of(facts: Mapping[str, Any]) -> float:
    """The lower bound of a property by a manifest or the facts about data; minus infinity if there
    is none, as in those that version 0.1 wrote."""
    bound = facts.get("lower_bound")
    return -math.inf if bound is None else float(bound)


def bounds_of(facts: Mapping[str, Any]) -> float | np.ndarray:
    """`lower_bound_of`; of several targets that of each, (T,)."""
    if several := facts.get("targets"):
        return np.array([lower_bound_of(one) for one in several])
    return lower_bound_of(facts)


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    write_text(folder / MANIFEST, text + "\n")


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a bundle or an ensemble.

    Raises:
        BundleError: there is none, or it is damaged or of another format.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleError(f"{folder} is not a bundle: it has no {MANIFEST}.")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        version = int(manifest["format"])
    except (ValueError, KeyError, TypeError, OSError) as e:
        raise BundleError(f"{path} is damaged: {e}") from e
    if version != FORMAT:
        what_to_do = "update fusionnas" if version > FORMAT else "export it again"
        raise BundleError(
            f"{folder} has bundle format {version}, and this version of fusionnas reads format "
            f"{FORMAT}; {what_to_do}."
        )
    return manifest


def _check_network(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Raise BundleError for an ensemble, or for a yardstick."""
    if manifest.get("kind") == YARDSTICK:
        raise BundleError(f"{folder} is a yardstick, and a network is needed here.")
    if manifest.get("kind") == ENSEMBLE:
        networks = sorted(folder.glob(f"members/*/{ARCHITECTURE}"))
        told = (
            f"name one of its members, such as {networks[0].parent}."
            if networks
            else "it has none, but yardsticks alone."
        )
        raise BundleError(f"{folder} is an ensemble, and one network is needed here: {told}")


def load_bundle(folder: str | Path, *, checked: bool = False) -> Bundle:
    """Read and verify a bundle.

    Args:
        folder: folder of the bundle.
        checked: its files were compared with their checksums already.

    Raises:
        BundleError: it is not a bundle, incomplete, changed since it was written, of a newer
            format, an ensemble of several models, or a yardstick.
    """
    folder = Path(folder)
    if not (folder / MANIFEST).is_file():
        missing = [n for n in (ARCHITECTURE, WEIGHTS, MANIFEST) if not (folder / n).is_file()]
        raise BundleError(f"{folder} is not a bundle: it has no {', '.join(missing)}.")
    if not checked:
        check_unchanged(folder)
    manifest = read_manifest(folder)
    _check_network(folder, manifest)
    try:
        scaler = Scaler.from_plain(manifest["scaling"])
    except (KeyError, TypeError) as e:
        raise BundleError(f"{folder / MANIFEST} is damaged: {e}") from e
    known, before = (
        read_compositions(folder / name) if (folder / name).is_file() else None
        for name in (COMPOSITIONS, BEFORE)
    )
    corrections = (read_calibration(folder), before, read_calibrations(folder, manifest))
    return Bundle(read_network(folder), scaler, manifest, known, *corrections)


def check_unchanged(folder: Path) -> None:
    """Raise BundleError if a file of a bundle or an ensemble has changed since it was written."""
    if not (folder / CHECKSUMS).is_file():
        raise BundleError(
            f"{folder} is not a bundle: it has no {CHECKSUMS}. Export it again with this version."
        )
    if changed := changed_file(folder):
        raise BundleError(
            f"{folder / changed} is missing or was changed after the bundle was written; use a "
            "fresh copy, or export the bundle again."
        )
    optional = (COMPOSITIONS, BEFORE, CALIBRATION.replace(".", "*."))
    patterns = [f"{place}{name}" for place in ("", "members/*/") for name in optional]
    for added in added_files(folder, patterns):
        raise BundleError(
            f"{folder / added} was added after the bundle was written; remove it, or export the "
            "bundle again."
        )
