"""A bundle: a folder that predicts by itself.

    architecture.yaml     the network's description
    weights.safetensors   its weights, the element vectors among them
    manifest.json         scaling, data, metrics, versions, elements seen, a checksum of each file

No pickle anywhere: loading a bundle runs no code but this package's own.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusionnas.data.elements import NUMBERS
from fusionnas.data.scaling import Scaler
from fusionnas.errors import BundleError
from fusionnas.network_file import ARCHITECTURE, WEIGHTS, read_network, write_network

if TYPE_CHECKING:
    from fusionnas.network import Network

FORMAT = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A trained network and what is needed to read its output."""

    network: Network
    scaler: Scaler
    manifest: Mapping[str, Any]

    @property
    def unit(self) -> str:
        return str(self.manifest["unit"])

    @property
    def elements_seen(self) -> frozenset[int]:
        """Atomic numbers of the elements in the training part."""
        return frozenset(NUMBERS[symbol] for symbol in self.manifest["elements_seen"].split())


def save_bundle(folder: Path, network: Network, scaler: Scaler, facts: Mapping[str, Any]) -> None:
    """Write a bundle to `folder`, which must be empty or not exist.

    Args:
        folder: made where it does not exist; it appears whole or not at all.
        network: with its final weights.
        scaler: of the target.
        facts: `target`, `unit`, `elements_seen` (symbols, separated by spaces), and whatever else
            the manifest should tell.

    Raises:
        BundleError: the folder exists and is not empty, or cannot be written.
    """
    check_free(folder)
    part = folder.with_name(folder.name + ".part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        write_network(part, network)
        manifest = {
            "format": FORMAT,
            "scaling": {"mean": scaler.mean, "std": scaler.std},
            **facts,
            "sha256": {name: _sha256(part / name) for name in (ARCHITECTURE, WEIGHTS)},
        }
        text = json.dumps(manifest, indent=2, ensure_ascii=False)
        (part / MANIFEST).write_text(text + "\n", encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except OSError as e:
        shutil.rmtree(part, ignore_errors=True)
        raise BundleError(f"The bundle cannot be written to {folder}: {e}") from e


def check_free(folder: Path) -> None:
    """Raise BundleError where `folder` holds something already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BundleError(f"{folder} exists already; give the bundle a folder of its own.")


def load_bundle(folder: str | Path) -> Bundle:
    """Read and verify a bundle.

    Raises:
        BundleError: not a bundle, incomplete, changed since it was written, or of a newer format.
    """
    folder = Path(folder)
    missing = [n for n in (ARCHITECTURE, WEIGHTS, MANIFEST) if not (folder / n).is_file()]
    if missing:
        raise BundleError(f"{folder} is not a bundle: it has no {', '.join(missing)}.")
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        version, sums = int(manifest["format"]), dict(manifest["sha256"])
        scaler = Scaler(**manifest["scaling"])
    except (ValueError, KeyError, TypeError) as e:
        raise BundleError(f"{folder / MANIFEST} is damaged: {e}") from e
    if version > FORMAT:
        raise BundleError(
            f"{folder} has bundle format {version}, and this version of fusionnas reads up to "
            f"{FORMAT}; update fusionnas."
        )
    for name in (ARCHITECTURE, WEIGHTS):
        if _sha256(folder / name) != sums.get(name):
            raise BundleError(f"{folder / name} was changed or damaged after it was written.")
    return Bundle(read_network(folder), scaler, manifest)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
