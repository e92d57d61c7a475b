"""Run the experiment: `python -m benchmarks.evidence.run --data FOLDER [--processes 2]`.

FOLDER holds a folder with train.csv, val.csv and test.csv for each data set of protocol.yaml but
the built-in one. Finished runs are lines of results/runs.jsonl; the same command goes on where it
was cut off. `--until ROUND` ends after a round, `--limit SECONDS` after a time.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.evidence.design import HERE, Run, protocol_hash, read_protocol, runs
from benchmarks.pending import run_pending
from fusionnas.files.ledger import Ledger, Record

RESULTS = HERE / "results"
RUNS = Ledger(RESULTS / "runs.jsonl")
ARCHITECTURES = RESULTS / "architectures.json"

_laboratory: Any = None


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


def start(folder: Path) -> None:
    """What a process measures with."""
    from benchmarks.evidence.measure import Laboratory

    global _laboratory
    protocol = read_protocol()
    _laboratory = Laboratory(folder, protocol["data"], protocol["training"]["snapshots"])


def measure(run: Run) -> Record:
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
    done = RUNS.by_key()
    pending = [r for r in planned if r.key not in done and rounds.index(r.round) <= last]
    print(f"protocol {protocol_hash()}: {len(done)} runs done, {len(pending)} to do", flush=True)
    run_pending(
        pending,
        start,
        (options.data,),
        measure,
        lambda record: RUNS,
        options.processes,
        options.limit,
    )


if __name__ == "__main__":
    main()
