"""Live progress of a command that goes through steps, on standard error."""

from __future__ import annotations

import time
from types import TracebackType

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from fusionnas.terminal.console import plain_console

EVERY = 10.0  # seconds between plain lines, where there is no terminal


class StepProgress:
    """A bar with a word on the present step; plain lines now and then where no terminal is."""

    def __init__(self) -> None:
        console = plain_console(stderr=True)
        self.plain = not console.is_terminal
        self.console = console
        self.last_line = time.monotonic()
        self.bar = Progress(
            BarColumn(bar_width=28),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
        )
        self.task = self.bar.add_task("", total=1)

    def __enter__(self) -> StepProgress:
        if not self.plain:
            self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self.plain:
            self.bar.stop()

    def step(self, words: str, done: int, total: int) -> None:
        """What is being done now, after `done` of `total` steps."""
        if not self.plain:
            self.bar.update(self.task, description=words, completed=done, total=total)
        elif time.monotonic() - self.last_line >= EVERY:
            self.last_line = time.monotonic()
            self.console.print(f"{done}/{total} {words}", soft_wrap=True)
