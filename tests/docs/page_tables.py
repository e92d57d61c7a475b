"""The files that pages of the documentation name; studies and bundles come of their commands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tests.made.small_data import small_dataset


def formulas_and_gaps(folder: Path) -> None:
    """Of most pages: a gap for each formula, also with laboratories and years."""
    data = small_dataset(400)
    rows = [f"{f},{y}\n" for f, y in zip(data.table.formulas(), data.targets, strict=True)]
    (folder / "my.csv").write_text("formula,gap\n" + "".join(rows))
    (folder / "labs.csv").write_text(
        "formula,gap,lab,year\n"
        + "".join(f"{row.strip()},lab {i % 40},{1990 + i % 30}\n" for i, row in enumerate(rows))
    )
    for name, some in (("other.csv", rows[:200]), ("new.csv", rows[200:]), ("test.csv", rows[:50])):
        (folder / name).write_text("formula,target\n" + "".join(some))
    (folder / "measured.csv").write_text("formula,gap\nSrTiO3,1.5\nNa3PO4,2.5\n")
    (folder / "candidates.csv").write_text("formula\nSrTiO3\nNa3PO4\n")


def classes(folder: Path) -> None:
    """A kind of two classes, and in `several.csv` one of three."""
    data = small_dataset(300)
    frame = pd.DataFrame({"formula": data.table.formulas()})
    edges = np.quantile(data.targets, [1 / 3, 1 / 2, 2 / 3])
    frame["kind"] = np.where(data.targets > edges[1], "non-metal", "metal")
    frame.to_csv(folder / "my.csv", index=False)
    names = np.array(["spinel", "perovskite", "rock salt"])
    frame["kind"] = names[np.searchsorted(edges[[0, 2]], data.targets)]
    frame.to_csv(folder / "several.csv", index=False)
    (folder / "measured.csv").write_text("formula,kind\nSrTiO3,non-metal\nFe3Al,metal\n")
    (folder / "candidates.csv").write_text("formula\nSrTiO3\nNa3PO4\n")


def targets(folder: Path) -> None:
    """Three targets; the third has gaps."""
    data = small_dataset(300)
    frame = pd.DataFrame({"formula": data.table.formulas(), "bulk": 50 * data.targets})
    frame["shear"] = frame["bulk"] / 2 + data.table.lengths
    frame["melting"] = (2000 - 5 * frame["bulk"]).where(np.arange(len(frame)) % 3 > 0)
    frame.to_csv(folder / "my.csv", index=False)
    (folder / "candidates.csv").write_text("formula\nSrTiO3\nNa3PO4\n")


def conditions(folder: Path) -> None:
    """Two rows for each formula, at two of several temperatures, each by one of two routes."""
    data = small_dataset(200)
    frame = pd.DataFrame({"formula": data.table.formulas()}).loc[lambda own: own.index.repeat(2)]
    frame["temperature"] = [300 + 100 * (row % 7) for row in range(len(frame))]
    frame["route"] = ["melt" if row % 3 else "sol-gel" for row in range(len(frame))]
    frame["target"] = data.targets.repeat(2) + frame["temperature"] / 500
    frame.to_csv(folder / "my.csv", index=False)
    new = pd.DataFrame({"formula": ["SrTiO3", "Na3PO4"], "temperature": 350, "route": "melt"})
    new.to_csv(folder / "candidates.csv", index=False)
    new.assign(target=[2.5, 3.0]).to_csv(folder / "measured.csv", index=False)
