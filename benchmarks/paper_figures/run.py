"""Train what the figures need: `python benchmarks/paper_figures/run.py --data FOLDER`.

FOLDER holds a folder with train.csv, val.csv and test.csv for each data set of plan.py. Finished
runs are lines of results/runs.jsonl; the same command goes on where it was cut off.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import torch
from plan import HERE, Laboratory, runs

RESULTS = HERE / "results" / "runs.jsonl"
MOST = {"validation_rows": 3000, "test_rows": 6000}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    options = parser.parse_args()
    os.nice(10)
    torch.set_num_threads(1)
    RESULTS.parent.mkdir(exist_ok=True)
    lines = RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.is_file() else []
    done = {json.loads(line)["key"] for line in lines if line.endswith("}")}
    planned = [run for run in runs() if run.key not in done]
    laboratory = Laboratory(options.data, MOST, snapshots=[])
    for number, run in enumerate(planned, start=1):
        record = laboratory.measure(run)
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        print(f"{number}/{len(planned)} {run.key} {record['state']} ({record['seconds']} s)")


if __name__ == "__main__":
    main()
