"""Writes the network of a bundle as a folder in another format."""

from __future__ import annotations

import shutil
from pathlib import Path

from fusionnas.data.table import CompositionTable
from fusionnas.files.atomic import write_text
from fusionnas.files.whole_folder import whole_folder
from fusionnas.models.bundle import load_bundle, write_manifest
from fusionnas.models.calibration_file import calibration_files
from fusionnas.models.formats import Format
from fusionnas.models.formats.agreement import MOST_ELEMENTS
from fusionnas.models.formats.readme import readme
from fusionnas.models.model_card import MODEL_CARD


def write_format(
    wanted: Format, bundle: Path, out: Path, rows: CompositionTable | None = None
) -> str:
    """Write a bundle's network in a format: the model, its manifest and instructions for use.

    What was written must agree with the network, also on `rows` if they are given. The result tells
    how well, in words.
    """
    with whole_folder(out, "model") as part:
        loaded = load_bundle(bundle)
        written = wanted.write(bundle, loaded, part, rows)
        manifest = {**loaded.manifest, "exported": {"format": wanted.name, **written}}
        write_manifest(part, manifest)
        write_text(part / "README.md", readme(wanted.name, manifest))
        shutil.copy(bundle / MODEL_CARD, part)
        if wanted.name != "mlflow":  # which has the whole bundle
            for name in calibration_files(loaded.manifest):
                if (bundle / name).is_file():
                    shutil.copy(bundle / name, part)
    if "largest_difference" not in written:
        return f"the {wanted.name} model predicts the same"
    more = "" if rows is None else f" and {len(rows):,} test compounds"
    return (
        f"the {wanted.name} model differs from the network by at most "
        f"{written['largest_difference']:.1g} standard deviations, over compounds of 1 to "
        f"{MOST_ELEMENTS} elements{more}"
    )
