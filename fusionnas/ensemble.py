"""An ensemble on disk: a folder of bundles that predict together.

    manifest.json   kind "ensemble", data and unit, the members and a checksum of each one's
                    manifest, the test error of the ensemble beside that of its best member
    members/1/      a bundle; it can be used by itself, too
    members/2/ ...

`fusionnas.predict.Predictor` predicts with either; the mixture of the members' distributions is
`fusionnas.uncertainty.Mixture`.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fusionnas.bundle import (
    ENSEMBLE,
    FORMAT,
    MANIFEST,
    Bundle,
    check_free,
    load_bundle,
    sha256,
    write_manifest,
)
from fusionnas.errors import BundleError

MEMBERS = "members"


def save_ensemble(folder: Path, members: Sequence[Path], facts: Mapping[str, Any]) -> None:
    """Join bundles to an ensemble at `folder`, which must be empty or not exist.

    Args:
        folder: it appears whole or not at all.
        members: folders of two bundles or more, trained on the same data, best first; they are
            moved into the ensemble.
        facts: what the manifest tells.

    Raises:
        BundleError: the folder exists and is not empty, or cannot be written.
    """
    assert len(members) > 1
    check_free(folder)
    part = folder.with_name(folder.name + ".part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        (part / MEMBERS).mkdir(parents=True)
        sums = {}
        for number, member in enumerate(members, start=1):
            place = part / MEMBERS / str(number)
            shutil.move(member, place)
            sums[f"{MEMBERS}/{number}/{MANIFEST}"] = sha256(place / MANIFEST)
        write_manifest(part, {"format": FORMAT, "kind": ENSEMBLE, **facts, "sha256": sums})
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except OSError as e:
        shutil.rmtree(part, ignore_errors=True)
        raise BundleError(f"The ensemble cannot be written to {folder}: {e}") from e


def load_ensemble(folder: Path, manifest: Mapping[str, Any]) -> tuple[Bundle, ...]:
    """Read and verify the members of an ensemble, best first.

    Args:
        folder: of the ensemble.
        manifest: as `fusionnas.bundle.read_manifest` gives it.

    Raises:
        BundleError: a member is missing, damaged or changed.
    """
    try:
        sums = dict(manifest["sha256"])
    except (KeyError, TypeError, ValueError) as e:
        raise BundleError(f"{folder / MANIFEST} is damaged: {e}") from e
    members = []
    for name, digest in sums.items():
        path = folder / name
        if not path.is_file():
            raise BundleError(f"{folder} is not a whole ensemble: it has no {name}.")
        if sha256(path) != digest:
            raise BundleError(f"{path} was changed or damaged after it was written.")
        members.append(load_bundle(path.parent))
    if len(members) < 2:
        raise BundleError(f"{folder / MANIFEST} is damaged: it names {len(members)} members.")
    return tuple(members)
