"""Measures the cost of a piece of work: processor and wall seconds, and peak memory.

Processes that the work starts are included, and also those that these start. They are checked a few
times a second, so the time of a short process after the last check is missed.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType

import psutil

EVERY = 0.25  # seconds between checks
MEGABYTE = 2**20


class Meter:
    """Measures everything that happens within a `with` block.

    Attributes:
        wall_seconds, cpu_seconds: times of the block.
        peak_memory: MB of this process and its child processes, including libraries.
    """

    def __init__(self) -> None:
        self.wall_seconds = self.cpu_seconds = self.peak_memory = 0.0
        self._below: dict[int, float] = {}  # processor seconds by process
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._look_on, daemon=True)

    def __enter__(self) -> Meter:
        self._begun = time.perf_counter(), time.process_time()
        self._look()
        self._watch.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._watch.join()
        wall, cpu = self._begun
        self.wall_seconds = time.perf_counter() - wall
        self.cpu_seconds = time.process_time() - cpu + sum(self._below.values())

    def _look_on(self) -> None:
        while not self._ended.wait(EVERY):
            self._look()

    def _look(self) -> None:
        own = psutil.Process()
        memory = own.memory_info().rss
        for process in own.children(recursive=True):
            try:
                with process.oneshot():
                    memory += process.memory_info().rss
                    times = process.cpu_times()
            except psutil.Error:  # the process has ended meanwhile
                continue
            self._below[process.pid] = times.user + times.system
        self.peak_memory = max(self.peak_memory, memory / MEGABYTE)
