"""Write what the comparison came to into docs/training.md: `python -m benchmarks.training.table`.

A ratio is an arm's error over that of the arm that it is compared with, same data, seed and rows.
Ratios are averaged as logarithms, over the seeds of a data set and then over data sets; the
interval is 95% of Student's t over seeds, data sets being given; it needs two seeds of each.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.training.protocol import (
    ARMS,
    BY_LONG,
    LONG,
    LONG_ALONE,
    MOSTLY_ZERO,
    PAPER,
    SETS_OF_ALL,
    Arm,
)
from benchmarks.training.run import LEDGER

BASES = {arm.base for arm in (*ARMS, *LONG, *PAPER)}
FEWEST = 3  # trainings of an arm, below which it is left out
PAGE = Path(__file__).parents[2] / "docs" / "training.md"
LONGER = "The same with four times the epochs, about 1,500 steps; the default has as many:"
ZEROS = (
    "Band gaps of OQMD, of which 93% are zero (20,000 training compounds, 6 epochs of 157 steps):"
)
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
SHORT = {
    "ricci_seebeck_p": "Seebeck",
    "bartel_formation_enthalpy": "formation enthalpy",
    "aflow_bandgap": "band gap",
    "matbench_phonons": "phonons",
    MOSTLY_ZERO: "OQMD band gap",
}


Records = dict[str, dict[str, Any]]


def ratios(records: Records, arm: Arm, field: str, sets: Sequence[str]) -> dict[str, np.ndarray]:
    """By data set: log of the ratio of a field, one for each seed that both arms have."""
    found = {}
    for data in sets:
        pairs = []
        for seed in range(100):
            ours = records.get(f"{data}/{arm.name}/{seed}")
            base = records.get(f"{data}/{arm.base}/{seed}")
            if ours is not None and base is not None:
                pairs.append(math.log(ours[field] / base[field]))
        if pairs:
            found[data] = np.array(pairs)
    return found


def pooled(logs: dict[str, np.ndarray]) -> tuple[float, float]:
    """Mean over data sets, and half its interval (NaN where seeds are too few)."""
    mean = float(np.mean([values.mean() for values in logs.values()]))
    freedom = sum(len(values) - 1 for values in logs.values())
    if freedom < 2 or any(len(values) < 2 for values in logs.values()):
        return mean, math.nan
    square = sum(values.var(ddof=1) / len(values) for values in logs.values())
    return mean, float(stats.t.ppf(0.975, freedom) * math.sqrt(square) / len(logs))


def percent(mean: float, half: float = math.nan) -> str:
    low, high = (math.expm1(mean + sign * half) * 100 for sign in (-1, 1))
    text = f"{math.expm1(mean) * 100:+.1f}"
    return text if math.isnan(half) else f"{text} ({low:+.1f} to {high:+.1f})"


def table(records: Records, arms: Sequence[Arm], sets: Sequence[str]) -> list[str]:
    lines = [
        "| changed | " + " | ".join(SHORT[data] for data in sets) + " | test MAE, % | "
        "validation MAE, % | time, % | trainings |",
        "|---|" + "---:|" * (len(sets) + 4),
    ]
    for arm in arms:
        logs = ratios(records, arm, "test_mae", sets)
        if arm.name in BASES or sum(map(len, logs.values())) < FEWEST:
            continue
        each = [percent(float(logs[d].mean())) if d in logs else "" for d in sets]
        count = sum(map(len, logs.values()))
        val = pooled(ratios(records, arm, "val_mae", sets))
        time = pooled(ratios(records, arm, "seconds", sets))[0]
        label = arm.name.removesuffix(BY_LONG)
        label += " (the default for the same time)" if arm.name == "paper" else ""
        lines.append(
            f"| {label} | {' | '.join(each)} | {percent(*pooled(logs))} | {percent(*val)} | "
            f"{math.expm1(time) * 100:+.0f} | {count} |"
        )
    return lines


def main() -> None:
    records = LEDGER.by_key()
    lines = [
        *table(records, (*ARMS, *PAPER), SETS_OF_ALL),
        "",
        LONGER,
        "",
        *table(records, (*LONG, *LONG_ALONE), SETS_OF_ALL),
        "",
        ZEROS,
        "",
        *table(records, ARMS, [MOSTLY_ZERO]),
    ]
    print("\n".join(lines))
    if PAGE.exists():
        text = PAGE.read_text(encoding="utf-8")
        block = "\n".join((BEGIN, *lines, END))
        text = re.sub(f"{BEGIN}.*?{END}", lambda _: block, text, flags=re.DOTALL)
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
