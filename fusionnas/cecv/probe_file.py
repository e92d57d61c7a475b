"""A probe as a CSV that restores exactly the same compositions.

A formula for people has six digits. Therefore the file also has the columns `numbers` (atomic
numbers) and `fractions`, and these are read.
"""

from __future__ import annotations

import csv
from pathlib import Path

from fusionnas.cecv.probe import ProbeSet
from fusionnas.data.composition import Composition
from fusionnas.data.table import CompositionTable
from fusionnas.errors import CECVError
from fusionnas.files.atomic import whole_text

COLUMNS = ("formula", "numbers", "fractions")


def write_probe_file(path: Path, table: CompositionTable) -> None:
    """Write the compositions in their order, atomically."""
    with whole_text(path) as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in range(len(table)):
            one = table[row]
            writer.writerow(
                (one.formula, " ".join(map(str, one.numbers)), " ".join(map(repr, one.fractions)))
            )


def read_probe_file(path: Path, name: str) -> ProbeSet:
    """Read the file of `write_probe_file`.

    Raises:
        CECVError: the file is missing or damaged.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [
                Composition(
                    tuple(map(int, row["numbers"].split())),
                    tuple(map(float, row["fractions"].split())),
                )
                for row in csv.DictReader(file)
            ]
    except (OSError, KeyError, ValueError, AttributeError) as e:
        raise CECVError(
            f"The probe {path} cannot be read ({e}); give another with --probe, and its data with "
            "--data."
        ) from e
    return ProbeSet(name, CompositionTable.of(rows), f"{name}: {len(rows)} compositions")
