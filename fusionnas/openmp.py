"""OpenMP threads, which torch uses on a CPU: how they wait, and how many are useful.

A thread that has finished its part of an operation spins for a while before it sleeps. By default
libgomp spins for milliseconds. On cores that are shared with other work, this takes time from the
thread that it waits for, and two threads are slower than one by a factor of thirty. Threads that
sleep at once are slow on an idle machine, because a training step has hundreds of operations of
some microseconds each. So threads spin briefly, and a training uses no more threads than there are
free cores when it begins. docs/training.md has the measurements (`benchmarks/speed/threads.py`).

libgomp reads its settings when torch is imported. Therefore `import fusionnas`, which comes first
in all processes of the project, makes these settings. A program that imports torch first keeps its
own.
"""

from __future__ import annotations

import os

SPINS = 1_000  # some tens of microseconds
_OWN = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")  # a user's own settings are kept
_LOOKED_FOR = 0.1  # seconds


def spin_briefly() -> None:
    """Let threads spin briefly in this process and its children, if torch is not imported yet."""
    if not any(name in os.environ for name in _OWN):
        os.environ["GOMP_SPINCOUNT"] = str(SPINS)


def free_cores() -> int:
    """The number of idle cores among those that this process may use; at least 1."""
    # imported here, because only a training needs it
    import psutil

    busy = psutil.cpu_percent(_LOOKED_FOR) / 100
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    free = (1 - busy) * (psutil.cpu_count() or 1)
    return max(1, min(allowed or 1, round(free)))
