"""First and second loading of a table: `python benchmarks/speed/encoding.py DATA`.

Without DATA it is the built-in table.

Prints seconds of both, imports excluded, and their ratio.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time

import pandas as pd  # noqa: F401  (imports are not what is measured)
import pymatgen.core  # noqa: F401

from fusionnas.data.sources import load_dataset


def seconds(source: str | None) -> float:
    begun = time.perf_counter()
    load_dataset(source)
    return time.perf_counter() - begun


def main() -> None:
    source = sys.argv[1] if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FUSIONNAS_CACHE"] = folder
        first, second = seconds(source), seconds(source)
    rows = len(load_dataset(source).table)
    ratio = first / second
    print(f"{rows:,} compositions: first {first:.2f} s, second {second:.2f} s, {ratio:.0f}x")


if __name__ == "__main__":
    main()
