"""Whether a change of this package changed its errors: one command, on fixed seeds.

`python -m benchmarks.nightly -o SCRATCH [--tables FOLDER] [--workers N] [--write]`

Runs the suite `small`, and with --tables three more tables at `search-fast`, and compares each mean
error with benchmarks/results/nightly.csv. What lies outside the 95% interval that stands there is
printed, and the exit code is 1. --write puts today's figures in its place.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd

from fusionnas.benchmarking.options import BenchmarkOptions
from fusionnas.benchmarking.run import benchmark
from fusionnas.benchmarking.summary import summarise
from fusionnas.files.atomic import write_csv
from fusionnas.terminal.benchmarks import BenchmarkDisplay

COMMITTED = Path(__file__).parent / "results" / "nightly.csv"
KEY = ["suite", "table", "system"]
COLUMNS = [*KEY, "error", "low", "high", "folds", "cpu_seconds", "unit"]
THREE = "phonons,dielectric,aflow_bulk_modulus"


def changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Rows whose mean error is outside the interval that it had: `KEY`, `error_before`,
    `error_after`.

    Args:
        before, after: with `COLUMNS`; rows that one of them lacks are passed over.
    """
    both = before.merge(after, on=KEY, suffixes=("_before", "_after"))
    found = both["error_after"]
    outside = (found < both["low_before"]) | (found > both["high_before"])
    return both.loc[outside, [*KEY, "error_before", "error_after"]].reset_index(drop=True)


def measured(output: Path, tables: Path | None, workers: int | None) -> pd.DataFrame:
    """Today's figures; a run that was stopped goes on."""
    plans = [
        BenchmarkOptions(
            suite="small", output=output / "small", systems="yardsticks,lstm,l-g-dcnn", folds=3
        )
    ]
    if tables is not None:
        plans.append(
            BenchmarkOptions(
                suite="matbench,extended",
                output=output / "three",
                systems="yardsticks,search-fast",
                tables=tables,
                only=THREE,
                folds=1,
                rows="1000",
            )
        )
    found = []
    for plan in plans:
        with BenchmarkDisplay() as display:
            results, _ = benchmark(
                replace(plan, workers=workers, resume=plan.output.is_dir()), display
            )
        found.append(summarise(results.table())[COLUMNS])
    return pd.concat(found, ignore_index=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-o", "--output", type=Path, required=True, help="scratch folder")
    parser.add_argument("--tables", type=Path, help="folder of extended and matbench")
    parser.add_argument("--workers", type=int, help="jobs at a time")
    parser.add_argument("--write", action="store_true", help="commit today's figures")
    given = parser.parse_args()
    after = measured(given.output, given.tables, given.workers)
    if given.write:
        write_csv(COMMITTED, after)
        print(COMMITTED)
        return 0
    changed = changes(pd.read_csv(COMMITTED, keep_default_na=False), after)
    print(changed.to_string(index=False) if len(changed) else "No error left its interval.")
    return 1 if len(changed) else 0


if __name__ == "__main__":
    sys.exit(main())
