"""How commands print: text as it is, with no meaning for brackets or colons in it.

Units, names of studies and formulas hold brackets, and Rich would read them as styles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, cast

from rich.console import Console
from rich.text import Text

from fusionnas.terminal.output import LastingStream


def plain_console(stderr: bool = False, quiet: bool = False) -> Console:
    """A console for text; styles are given as `rich.text.Text`.

    Args:
        stderr: for progress: on standard error, where nothing that fails ends the work.
        quiet: print nothing.
    """
    file = cast(IO[str], LastingStream()) if stderr else None
    return Console(file=file, quiet=quiet, highlight=False, markup=False, emoji=False)


@contextmanager
def working(text: str) -> Iterator[Callable[[str], None]]:
    """A word on standard error about what is done; call the result with what is done next."""
    with plain_console(stderr=True).status(Text(f"{text} ...")) as status:
        yield lambda step: status.update(Text(f"{step} ..."))
