"""The runs of a data set, their references' band, and what the paper printed."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from benchmarks.evidence.results_table import Records, vector
from benchmarks.paper_figures.plan import HERE, LABELS, REFERENCES, ROWS, WIDTH
from fusionnas.cecv.clustering import THRESHOLDS
from fusionnas.cecv.target_band import Reference, Score, TargetBand

Row = dict[str, float | str | None]


class Results:
    """The runs of one data set; the band is that of the references trained on all 12,000 rows."""

    def __init__(self, records: Records, data: str) -> None:
        self.data = data
        self.unit = "eV" if data.endswith("bandgap") else "eV/atom"
        self.records = [r for r in records if r["data"] == data and r["state"] == "done"]
        self.band_of = cache(self._band)
        self.band = self.band_of(ROWS)
        self.compounds: int = self.records[0]["vectors"]["final"]["compounds"]

    def _band(self, rows: int) -> TargetBand:
        sides = dict(zip(REFERENCES, ("global", "local"), strict=True))
        return TargetBand.of(
            [
                Reference(side, WIDTH, r["seed"], vector(r, "final", "leader"))
                for name, side in sides.items()
                for r in self.of(name, rows)
            ]
        )

    def of(self, name: str, rows: int = ROWS) -> Records:
        """The runs of a network, a seed each."""
        found = [r for r in self.records if r["family"] == name and r["rows"] == rows]
        if not found:
            raise SystemExit(f"There are no runs of {name} on {self.data} yet; run run.py first.")
        return sorted(found, key=lambda r: r["seed"])

    def maes(self, name: str, rows: int = ROWS) -> np.ndarray:
        """Test errors (seeds,)."""
        return np.array([r["test_mae"] for r in self.of(name, rows)])

    def counts(self, name: str, rows: int = ROWS) -> np.ndarray:
        """Clusters (seeds, T)."""
        final = [r["vectors"]["final"]["leader"] for r in self.of(name, rows)]
        return np.array(final, dtype=float)

    def scores(self, name: str, rows: int = ROWS, band: TargetBand | None = None) -> list[Score]:
        """Against the band, a seed each; empty where there is none."""
        band = band or self.band
        if not band.exists:
            return []
        return [band.score_vector(vector(r, "final", "leader"), WIDTH) for r in self.of(name, rows)]

    def row(self, name: str, rows: int = ROWS) -> Row:
        """A line of a table: means over seeds, and half the range of the errors."""
        maes, scores = self.maes(name, rows), self.scores(name, rows)
        deviations = [s.deviation for s in scores]
        row: Row = {
            "data": self.data,
            "architecture": name,
            "label": LABELS[name],
            "training rows": rows,
            "seeds": len(maes),
            "parameters": self.of(name, rows)[0]["parameters"],
            "test MAE": float(maes.mean()),
            "test MAE +-": float(np.ptp(maes) / 2),
            "published MAE": published(name, self.data) if rows == ROWS else None,
            "deviation": float(np.mean(deviations)) if scores else None,
            "deviation +-": float(np.ptp(deviations) / 2) if scores else None,
            "excess": float(np.mean([s.excess for s in scores])) if scores else None,
            "skill": float(np.mean([r["skill"] for r in self.of(name, rows)])),
        }
        counts = zip(THRESHOLDS, self.counts(name, rows).mean(axis=0), strict=True)
        return row | {f"{t:.2f}": float(c) for t, c in counts}


@cache
def _published() -> pd.Series:
    return pd.read_csv(HERE / "published.csv").set_index(["architecture", "data"])["test_mae"]


def published(name: str, data: str) -> float | None:
    """The printed test error, where there is one."""
    found = _published().get((name, data))
    return None if found is None else float(found)
