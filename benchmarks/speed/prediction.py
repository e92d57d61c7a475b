"""Formulas a second and peak memory of predictions, against the number of formulas.

`python benchmarks/speed/prediction.py BUNDLE [--rows 1000 10000 100000] [--precision fp32]`

Made-up formulas are predicted from a CSV to a CSV, each number of them in a process of its own, as
`fusionnas predict` does it, and beside them `--one` formulas one at a time. Seconds are of the
wall and of the processor: on a busy machine only the latter say what the work costs. The last
column is the processor's time a formula of the one-at-a-time baseline over that of the row.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from fusionnas.data.elements import SYMBOLS


def made_up(rows: int, path: Path) -> None:
    """Formulas of two to five elements, from ordinary ones; no two files begin alike."""
    symbols = [*SYMBOLS[3:10], *SYMBOLS[11:18], *SYMBOLS[19:36], *["O"] * 8]
    rng = np.random.default_rng(rows)
    with path.open("w") as file:
        file.write("id,formula\n")
        for row in range(rows):
            chosen = dict.fromkeys(rng.choice(symbols, rng.integers(3, 6)).tolist())
            amounts = rng.integers(1, 9, len(chosen))
            text = "".join(f"{s}{a}" for s, a in zip(chosen, amounts, strict=True))
            file.write(f"{row},{text}\n")


def measure(bundle: Path, source: Path, precision: str, one: int) -> None:
    """In a process of its own: prints wall and processor seconds, and the peak memory."""
    from fusionnas.data.reading.files import read_formulas
    from fusionnas.models.csv_prediction import predict_csv
    from fusionnas.models.predictor import Predictor

    predictor = Predictor.load(bundle, precision=precision)
    predictor.predict(["NaCl"])  # imports and first calls are not what is measured
    wall, processor = time.perf_counter(), time.process_time()
    if one:
        for formula in read_formulas(source)[:one]:
            predictor.predict([formula])
    else:
        predict_csv(predictor, source, source.with_name("out.csv"))
    found = {
        "wall": time.perf_counter() - wall,
        "processor": time.process_time() - processor,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    print(json.dumps(found))


def run(bundle: Path, rows: int, precision: str, one: int = 0) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.csv"
        made_up(max(rows, one), source)
        done = subprocess.run(
            [
                sys.executable,
                __file__,
                str(bundle),
                "--source",
                str(source),
                "--one",
                str(one),
                "--precision",
                precision,
            ],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--one", type=int, default=200)
    parser.add_argument("--source", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.source is not None:
        measure(given.bundle, given.source, given.precision, given.one)
        return
    print(
        f"{given.bundle}, {given.precision}, load {os.getloadavg()[0]:.1f} on "
        f"{os.cpu_count()} cores"
    )
    print("| formulas | wall, s | processor, s | formulas/s, wall | peak memory, GiB | ratio |")
    print("|---:|---:|---:|---:|---:|---:|")
    base = run(given.bundle, 0, given.precision, given.one)
    _print_row(f"{given.one:,} one at a time", given.one, base, 1.0)
    for rows in given.rows:
        found = run(given.bundle, rows, given.precision)
        ratio = (base["processor"] / given.one) / (found["processor"] / rows)
        _print_row(f"{rows:,}", rows, found, ratio)


def _print_row(label: str, rows: int, found: dict[str, float], ratio: float) -> None:
    cells = (
        f"{found['wall']:.1f}",
        f"{found['processor']:.1f}",
        f"{rows / found['wall']:,.0f}",
        f"{found['peak']:.2f}",
        f"{ratio:.0f}x",
    )
    print(f"| {label} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
