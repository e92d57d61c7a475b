"""Run the experiment: `python benchmarks/evidence/run.py --data FOLDER [--processes 2]`.

FOLDER holds a folder with train.csv, val.csv and test.csv for each data set of protocol.yaml but
the built-in one. Finished runs are lines of results/runs.jsonl; the same command goes on where it
was cut off. `--until ROUND` ends after a round, `--limit SECONDS` after a time.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from design import HERE, Run, protocol_hash, read_protocol, runs

RESULTS = HERE / "results"
RUNS = RESULTS / "runs.jsonl"
ARCHITECTURES = RESULTS / "architectures.json"

_laboratory: Any = None


def read_runs() -> Iterator[dict[str, Any]]:
    """Records of finished runs; a line that a cut-off left incomplete is passed over."""
    if not RUNS.is_file():
        return
    for text in RUNS.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(text)
        except ValueError:
            continue


def check_architectures(planned: list[Run]) -> None:
    """Keep what was drawn, and refuse to mix the results of two different draws."""
    drawn = {
        run.candidate.name: {"family": run.candidate.family, "arm": run.candidate.arm}
        | run.candidate.architecture.to_dict()
        for run in planned
    }
    if ARCHITECTURES.is_file():
        if json.loads(ARCHITECTURES.read_text(encoding="utf-8")) != drawn:
            raise SystemExit(
                f"{ARCHITECTURES.name} holds another draw: protocol.yaml or the components have "
                "changed since these results were begun. Begin anew in an empty results folder."
            )
        return
    RESULTS.mkdir(exist_ok=True)
    text = ",\n".join(f"{json.dumps(name)}: {json.dumps(a)}" for name, a in drawn.items())
    ARCHITECTURES.write_text(f"{{\n{text}\n}}\n", encoding="utf-8")


def _start(folder: Path) -> None:
    import torch
    from measure import Laboratory

    global _laboratory
    os.nice(10)
    torch.set_num_threads(1)
    protocol = read_protocol()
    _laboratory = Laboratory(folder, protocol["data"], protocol["training"]["snapshots"])


def _measure(run: Run) -> dict[str, Any]:
    return _laboratory.measure(run)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--until", help="last round to run")
    parser.add_argument("--limit", type=float, default=float("inf"), help="seconds")
    options = parser.parse_args()
    planned = list(runs(read_protocol()))
    check_architectures(planned)
    rounds = list(dict.fromkeys(run.round for run in planned))
    last = rounds.index(options.until) if options.until else len(rounds)
    done = {record["key"] for record in read_runs()}
    pending = [r for r in planned if r.key not in done and rounds.index(r.round) <= last]
    print(f"protocol {protocol_hash()}: {len(done)} runs done, {len(pending)} to do", flush=True)
    begun = time.monotonic()
    context = multiprocessing.get_context("spawn")
    with (
        context.Pool(options.processes, _start, (options.data,)) as pool,
        RUNS.open("a", encoding="utf-8") as file,
    ):
        for number, record in enumerate(pool.imap_unordered(_measure, pending), start=1):
            file.write(json.dumps(record) + "\n")
            file.flush()
            spent = time.monotonic() - begun
            print(
                f"{number}/{len(pending)} {record['round']}: {record['key']} {record['state']} "
                f"({record['seconds']:.0f} s; {spent / number * len(pending) / 60:.0f} min in all)",
                flush=True,
            )
            if spent > options.limit:
                pool.terminate()
                break


if __name__ == "__main__":
    main()
