"""The runs of a data set, its references' band, and what the paper printed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from plan import HERE, REFERENCES, ROWS, WIDTH
from results_table import Records, vector

from fusionnas.cecv.clustering import THRESHOLDS
from fusionnas.cecv.target_band import Reference, TargetBand


class Results:
    """The runs of one data set."""

    def __init__(self, records: Records, data: str) -> None:
        self.data = data
        self.records = [r for r in records if r["data"] == data and r["state"] == "done"]
        sides = dict(zip(REFERENCES, ("global", "local"), strict=True))
        self.band = TargetBand.of(
            [
                Reference(sides[r["family"]], WIDTH, r["seed"], vector(r, "final", "leader"))
                for r in self.records
                if r["family"] in REFERENCES and r["rows"] == ROWS
            ]
        )

    def of(self, name: str, rows: int = ROWS) -> Records:
        found = [r for r in self.records if r["family"] == name and r["rows"] == rows]
        if not found:
            raise SystemExit(f"There are no runs of {name} on {self.data} yet; run run.py first.")
        return found

    def counts(self, name: str, rows: int = ROWS) -> np.ndarray:
        """Mean over seeds, (T,)."""
        return np.mean(
            [r["vectors"]["final"]["leader"] for r in self.of(name, rows)], axis=0, dtype=float
        )

    def row(self, name: str, rows: int = ROWS) -> dict[str, float | str | None]:
        runs = self.of(name, rows)
        maes = [r["test_mae"] for r in runs]
        scores = (
            [self.band.score_vector(vector(r, "final", "leader"), WIDTH) for r in runs]
            if self.band.exists
            else []
        )
        row: dict[str, float | str | None] = {
            "architecture": name, "training rows": rows, "test MAE": float(np.mean(maes)),
            "seed spread": float(np.ptp(maes)),
            "published MAE": published(name, self.data) if rows == ROWS else None,
            "deviation": float(np.mean([s.deviation for s in scores])) if scores else None,
            "excess": float(np.mean([s.excess for s in scores])) if scores else None,
            "skill": float(np.mean([r["skill"] for r in runs])),
        }  # fmt: skip
        counts = zip(THRESHOLDS, self.counts(name, rows), strict=True)
        return row | {f"{t:.2f}": float(c) for t, c in counts}


def published(name: str, data: str) -> float | None:
    table = pd.read_csv(HERE / "published.csv")
    found = table[(table["architecture"] == name) & (table["data"] == data)]["test_mae"]
    return float(found.iloc[0]) if len(found) else None
