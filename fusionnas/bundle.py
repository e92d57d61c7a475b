"""A bundle: a folder that predicts by itself.

    architecture.yaml     the network's description
    weights.safetensors   its weights, the element vectors among them
    manifest.json         scaling, data, metrics, versions, elements seen
    model_card.md         the same for people
    SHA256SUMS            a checksum of each file; `sha256sum --check SHA256SUMS` reads it too

No pickle anywhere: loading a bundle runs no code but this package's own.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusionnas.checksums import CHECKSUMS, changed_file, write_checksums
from fusionnas.data.elements import NUMBERS
from fusionnas.data.scaling import Scaler
from fusionnas.errors import BundleError
from fusionnas.network_file import ARCHITECTURE, WEIGHTS, read_network, write_network

if TYPE_CHECKING:
    from fusionnas.network import Network

FORMAT = 2
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


def save_bundle(
    folder: Path,
    network: Network,
    scaler: Scaler,
    facts: Mapping[str, Any],
    texts: Mapping[str, str] | None = None,
) -> None:
    """Write a bundle to `folder`, which must be empty or not exist.

    Args:
        folder: made where it does not exist; it appears whole or not at all.
        network: with its final weights.
        scaler: of the target.
        facts: `target`, `unit`, `elements_seen` (symbols, separated by spaces), and whatever else
            the manifest should tell.
        texts: further files by name.

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
        }
        text = json.dumps(manifest, indent=2, ensure_ascii=False)
        for name, content in {MANIFEST: text + "\n", **(texts or {})}.items():
            (part / name).write_text(content, encoding="utf-8")
        write_checksums(part)
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
    files = (ARCHITECTURE, WEIGHTS, MANIFEST, CHECKSUMS)
    if missing := [name for name in files if not (folder / name).is_file()]:
        hint = " Export it again with this version." if missing == [CHECKSUMS] else ""
        raise BundleError(f"{folder} is not a bundle: it has no {', '.join(missing)}.{hint}")
    if changed := changed_file(folder):
        raise BundleError(
            f"{folder / changed} is missing or was changed after the bundle was written; take a "
            "fresh copy, or export the bundle again."
        )
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        version, scaler = int(manifest["format"]), Scaler(**manifest["scaling"])
    except (ValueError, KeyError, TypeError) as e:
        raise BundleError(f"{folder / MANIFEST} is damaged: {e}") from e
    if version != FORMAT:
        what_to_do = "update fusionnas" if version > FORMAT else "export it again"
        raise BundleError(
            f"{folder} has bundle format {version}, and this version of fusionnas reads format "
            f"{FORMAT}; {what_to_do}."
        )
    return Bundle(read_network(folder), scaler, manifest)
