"""Threads of OpenMP, which torch computes with on a CPU: how they wait, and how many are good.

A thread that has done its part of an operation spins for a while before it sleeps. libgomp spins
for milliseconds by itself. Beside other work on the same cores that takes the time which the thread
that it waits for needs: two threads are then slower than one by a factor of thirty. Threads that
sleep at once are slow on an idle machine, since a step of a training has hundreds of operations of
some microseconds. So threads spin briefly, and a training has no more threads than there are free
cores when it begins. docs/training.md has the measurements (`benchmarks/speed/threads.py`).

libgomp reads its settings when torch is imported. `import fusionnas` therefore makes them, which
all processes of the project begin with; a program that imports torch first keeps what it has.
"""

from __future__ import annotations

import os

SPINS = 1_000  # some tens of microseconds
_OWN = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")  # what a user sets stays
_LOOKED_FOR = 0.1  # seconds


def spin_briefly() -> None:
    """Let threads spin briefly in this process and those it starts, if torch is not yet there."""
    if not any(name in os.environ for name in _OWN):
        os.environ["GOMP_SPINCOUNT"] = str(SPINS)


def free_cores() -> int:
    """Cores that nothing computes on now, of those that this process may use; at least 1."""
    # imported here: only a training needs it
    import psutil

    busy = psutil.cpu_percent(_LOOKED_FOR) / 100
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    free = (1 - busy) * (psutil.cpu_count() or 1)
    return max(1, min(allowed or 1, round(free)))
