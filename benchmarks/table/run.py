"""Train the table: `python -m benchmarks.table.run v2 --data FOLDER [--processes 2]`.

FOLDER holds extended/NAME and matbench/NAME. Each finished training is a line of results/DATA.jsonl
of the version's folder; the same command goes on where it was cut off. Members come by their width,
the smallest first. `--again N` trains the N members of each data set with the lowest validation MAE
once more, from another seed. `--sets NAMES` trains on these data sets alone, `--limit SECONDS` ends
after a time, and `--pack` puts the lines into the compressed files that are kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.pending import run_pending
from benchmarks.table.measure import Laboratory, Run, member_run, reference_runs
from benchmarks.table.protocol import VERSIONS, Protocol
from benchmarks.table.table import Table, pack, records
from fusionnas.files.ledger import Ledger
from fusionnas.search_space.members import members

_laboratory: Laboratory


def planned(protocol: Protocol, sets: Sequence[str], again: int) -> Iterator[Run]:
    """References first, then members, the data sets in turn."""
    for data in sets:
        yield from reference_runs(protocol, data)
    for architecture in sorted(members(protocol.space), key=lambda one: one.width):
        for data in sets:
            yield member_run(data, architecture, seed=0)
    if again:
        yield from _best(protocol, sets, again)


def _best(protocol: Protocol, sets: Sequence[str], count: int) -> Iterator[Run]:
    by_name = {member_run("", a, 0).name: a for a in members(protocol.space)}
    for data in sets:
        for record in Table.read(protocol, data).done[:count]:
            yield member_run(data, by_name[record["name"]], seed=1)


def _start(protocol: Protocol, folder: Path) -> None:
    global _laboratory
    _laboratory = Laboratory(protocol, folder)


def _measure(run: Run) -> dict[str, Any]:
    return _laboratory.measure(run)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", choices=VERSIONS)
    parser.add_argument("--data", type=Path, default=Path(), help="folder of the data sets")
    parser.add_argument("--sets", nargs="+", metavar="NAME")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--again", type=int, default=0)
    parser.add_argument("--limit", type=float, default=float("inf"), help="seconds")
    parser.add_argument("--pack", action="store_true")
    options = parser.parse_args()
    protocol = Protocol.read(options.version)
    if options.pack:
        for data in protocol.sets:
            pack(protocol, data)
        return
    done = {record["key"] for data in protocol.sets for record in records(protocol, data)}
    wanted = planned(protocol, options.sets or list(protocol.sets), options.again)
    pending = [run for run in wanted if run.key not in done]
    print(f"{len(done)} trainings done, {len(pending)} to do", flush=True)
    run_pending(
        pending,
        _start,
        (protocol, options.data),
        _measure,
        lambda record: Ledger(protocol.results / f"{record['data']}.jsonl"),
        options.processes,
        options.limit,
    )


if __name__ == "__main__":
    main()
