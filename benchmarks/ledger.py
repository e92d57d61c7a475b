"""Finished runs of a benchmark on disk, so that the same command goes on where it was cut off.

A ledger is a file with one JSON object a line; each has a `key` that no other run has. A line that
a cut-off left incomplete is passed over, and its run is done again.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class Ledger:
    """The finished runs in one file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[Record]:
        if not self.path.is_file():
            return
        for text in self.path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(text)
            except ValueError:
                continue

    def by_key(self) -> dict[str, Record]:
        return {record["key"]: record for record in self}

    def add(self, record: Mapping[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read() != b"\n":  # a cut-off left this line incomplete
                    file.write(b"\n")
            file.write(json.dumps(record).encode() + b"\n")


def run_pending(
    pending: Sequence[Any],
    start: Callable[..., None],
    arguments: Iterable[Any],
    measure: Callable[[Any], Record],
    ledger_of: Callable[[Record], Ledger],
    processes: int = 1,
    limit: float = float("inf"),
) -> None:
    """Measure what is not in the ledger yet, several runs at a time, and say how far it is.

    Args:
        pending: runs to do.
        start: called with `arguments` in each new process; loads what all runs share.
        arguments: of `start`.
        measure: a run to its record; a function of a module, since processes look it up by name.
        ledger_of: where a record goes.
        processes: runs at a time; each has one thread and gives way to other work.
        limit: seconds after which nothing further is kept.
    """
    begun = time.monotonic()
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, _begin, (start, tuple(arguments))) as pool:
        for number, record in enumerate(pool.imap_unordered(measure, pending), start=1):
            ledger_of(record).add(record)
            spent = time.monotonic() - begun
            left = spent / number * (len(pending) - number) / 60
            print(f"{number}/{len(pending)} {record['key']} ({left:.0f} min left)", flush=True)
            if spent > limit:
                pool.terminate()
                break


def _begin(start: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    import torch

    os.nice(10)
    torch.set_num_threads(1)
    start(*arguments)
