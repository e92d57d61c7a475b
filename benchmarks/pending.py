"""Runs of a benchmark that are not in its ledger yet, several at a time."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from fusionnas.files.ledger import Ledger, Record


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
