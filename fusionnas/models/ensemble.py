"""An ensemble on disk: a folder of bundles that predict together.

    manifest.json   kind "ensemble", data and unit, the members, the test error of the ensemble
                    beside that of its best member
    SHA256SUMS      a checksum of every file, also of the members'
    members/1/      a bundle; it can be used by itself, too
    members/2/ ...

`fusionnas.models.predictor.Predictor` predicts with either; the mixture of the members'
distributions is `fusionnas.statistics.mixture.Mixture`.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fusionnas.errors import BundleError
from fusionnas.files.checksums import write_checksums
from fusionnas.files.whole_folder import whole_folder
from fusionnas.models.bundle import (
    ENSEMBLE,
    FORMAT,
    Bundle,
    check_unchanged,
    load_bundle,
    write_manifest,
)

MEMBERS = "members"


def save_ensemble(
    folder: Path,
    members: Sequence[Path],
    facts: Mapping[str, Any],
    texts: Mapping[str, str] | None = None,
) -> None:
    """Join bundles to an ensemble at `folder`, which must be empty or not exist.

    Args:
        folder: it appears whole or not at all.
        members: folders of two bundles or more, trained on the same data, best first; they are
            moved into the ensemble.
        facts: what the manifest tells.
        texts: further files by name.

    Raises:
        BundleError: the folder exists and is not empty, or cannot be written.
    """
    assert len(members) > 1
    with whole_folder(folder, "ensemble") as part:
        (part / MEMBERS).mkdir()
        for number, member in enumerate(members, start=1):
            shutil.move(member, part / MEMBERS / str(number))
        write_manifest(part, {"format": FORMAT, "kind": ENSEMBLE, **facts})
        for name, content in (texts or {}).items():
            (part / name).write_text(content, encoding="utf-8")
        write_checksums(part)


def load_ensemble(folder: Path) -> tuple[Bundle, ...]:
    """Read and verify the members of an ensemble, best first.

    Args:
        folder: of the ensemble.

    Raises:
        BundleError: a member is missing, damaged or changed.
    """
    check_unchanged(folder)
    count = sum(1 for _ in (folder / MEMBERS).glob("*"))
    if count < 2:
        raise BundleError(f"{folder} is damaged: it has {count} members.")
    return tuple(load_bundle(folder / MEMBERS / str(n)) for n in range(1, count + 1))
