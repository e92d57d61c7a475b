"""How often 90% intervals hold the target, before and after the conformal correction.

    OMP_NUM_THREADS=1 python benchmarks/accuracy/calibration.py built-in TABLE.csv ... --seeds 0 1 2

Each table (a column of formulas and one of targets; `built-in` is the default data) is split at
random from each seed and a network is trained. As in every bundle, a half of the test part (at
most 1,000) corrects its intervals and the rest checks them; what is printed is of the rest.
Brackets hold 95% intervals of a binomial share (Clopper and Pearson, Biometrika 26, 1934). The last
row of a table pools its seeds, whose test parts overlap: its interval is a little too narrow.
NLL is the mean negative log likelihood of a standardised target, before and after the deviations
are multiplied by one number.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binomtest

from fusionnas.data.sources import load_dataset
from fusionnas.models.from_training import bundle_of
from fusionnas.models.predictor import Predictor
from fusionnas.statistics.calibration import fit_and_check
from fusionnas.tasks.regression import REGRESSION
from fusionnas.workflows.train import train_in_memory

HEAD = "| data | seed | training | corrected on | checked on | own | corrected | NLL own | scaled |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tables", nargs="+", help="CSV files, or built-in")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--architecture", default="lstm")
    parser.add_argument("--width", type=int, default=64)
    asked = parser.parse_args()
    print(f"{HEAD}\n|---|---|---:|---:|---:|---|---|---:|---:|", flush=True)
    for table in asked.tables:
        rows = [measure(table, seed, asked.architecture, asked.width) for seed in asked.seeds]
        print_row(table, "all", {key: _pooled(rows, key) for key in rows[0]})
    print(f"\n{time.process_time():.0f} processor seconds in all")


def measure(table: str, seed: int, architecture: str, width: int) -> dict[str, float]:
    """Counts of compositions, counts inside the interval, and the likelihood, of one training."""
    data = load_dataset(None if table == "built-in" else table, seed=seed)
    trained = train_in_memory(architecture, data, width=width, seed=seed)
    test = data.parts.test
    found = Predictor(bundle_of(trained)).mixture(data.table.take(test))
    calibrated = fit_and_check(found, data.targets[test])
    if calibrated is None:
        raise SystemExit(f"{table}: its test part is too small for a correction.")
    facts = calibrated[1]
    # of the target: the likelihood is of a standardised one
    unit = np.log(REGRESSION.scaler(data).std)
    row = {
        "training": len(data.parts.train),
        "rows": facts["rows"],
        "checked": facts["checked_on"],
        "own": round(facts["coverage_90_own"] * facts["checked_on"]),
        "corrected": round(facts["coverage_90"] * facts["checked_on"]),
        "nll_own": facts["nll_own"] - unit,
        "nll_scaled": facts["nll_scaled"] - unit,
    }
    print_row(table, str(seed), row)
    return row


def print_row(table: str, seed: str, row: dict[str, Any]) -> None:
    shares = [_share(round(row[name]), round(row["checked"])) for name in ("own", "corrected")]
    name = "built-in" if table == "built-in" else Path(table).stem
    counts = " | ".join(f"{round(row[key]):,}" for key in ("training", "rows", "checked"))
    print(
        f"| {name} | {seed} | {counts} | {shares[0]} | {shares[1]} | {row['nll_own']:.3f} | "
        f"{row['nll_scaled']:.3f} |",
        flush=True,
    )


def _pooled(rows: list[dict[str, float]], key: str) -> float:
    """Sums of what is counted on the checked half; means of the rest."""
    values = [row[key] for row in rows]
    counted = key in ("checked", "own", "corrected")
    return float(np.sum(values) if counted else np.mean(values))


def _share(count: int, of: int) -> str:
    around = binomtest(count, of).proportion_ci(method="exact")
    return f"{count / of:.1%} ({100 * around.low:.1f} to {100 * around.high:.1f})"


if __name__ == "__main__":
    main()
