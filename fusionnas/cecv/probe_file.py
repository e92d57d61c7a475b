"""A probe as a CSV that gives back the very same compositions.

A formula for people has six digits, so the columns `numbers` (atomic numbers) and `fractions`
stand beside it, and are what is read.
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
    """The compositions in their order; whole or not at all."""
    with whole_text(path) as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in range(len(table)):
            one = table[row]
            writer.writerow(
                (one.formula, " ".join(map(str, one.numbers)), " ".join(map(repr, one.fractions)))
            )


def read_probe_file(path: Path, name: str) -> ProbeSet:
    """What `write_probe_file` wrote.

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
            f"The probe {path} cannot be read ({e}); name another with --probe, and --data with "
            "the data that it is taken from."
        ) from e
    return ProbeSet(name, CompositionTable.of(rows), f"{name}: {len(rows)} compositions")
