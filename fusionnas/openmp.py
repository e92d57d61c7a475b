"""How the threads of OpenMP, which torch computes with on a CPU, wait for each other.

A thread that has done its part of an operation spins for a while before it sleeps. libgomp spins
for milliseconds by itself. Beside other work on the same cores that is the time which the thread
that it waits for needs: two threads are then slower than one by a factor of ten and more. Threads
that sleep at once are slow on an idle machine, since a step of a training has hundreds of
operations of some microseconds. A short spin is good in both; docs/training.md has the measurements
(`benchmarks/speed/threads.py`). The number of threads stays what it is, and so do all results.

libgomp reads its settings when torch is imported. `import fusionnas` therefore makes them, which
all processes of the project begin with; a program that imports torch before fusionnas keeps what it
has.
"""

from __future__ import annotations

import os

SPINS = 10_000  # about a tenth of a millisecond
_OWN = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")  # what a user sets stays


def spin_briefly() -> None:
    """Let threads spin briefly in this process and those it starts, if torch is not yet there."""
    if not any(name in os.environ for name in _OWN):
        os.environ["GOMP_SPINCOUNT"] = str(SPINS)
