"""How commands print: text as it is, with no meaning for brackets or colons in it.

Units, names of studies and formulas hold brackets, and Rich would read them as styles.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, cast

from rich.console import Console
from rich.text import Text

from fusionnas.terminal.output import LastingStream

WIDE = 160  # columns where the output is a file or a pipe, which have no width of their own


def plain_console(stderr: bool = False, quiet: bool = False) -> Console:
    """A console for text; styles are given as `rich.text.Text`.

    Args:
        stderr: for progress: on standard error, where nothing that fails ends the work.
        quiet: print nothing.
    """
    file = cast(IO[str], LastingStream()) if stderr else None
    console = Console(file=file, quiet=quiet, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDE
    return console


@contextmanager
def working(text: str) -> Iterator[Callable[[str], None]]:
    """A word on standard error about what is done; call the result with what is done next."""
    with plain_console(stderr=True).status(Text(f"{text} ...")) as status:
        yield lambda step: status.update(Text(f"{step} ..."))


def say(console: Console, text: str | Text, style: str = "") -> None:
    """Print sentences: wrapped at words in a terminal, and elsewhere on a line of their own."""
    console.print(text, style=style or None, soft_wrap=not console.is_terminal)


def print_usefulness(
    console: Console, use: Mapping[str, Any] | None, warnings_alone: bool = False
) -> None:
    """What a model can be used for (`fusionnas.models.usefulness`), in red where it warns.

    Args:
        console: to print on.
        use: as plain data; None of a model that nothing is known of.
        warnings_alone: print nothing where it does not warn.
    """
    if use is not None and (use["warns"] or not warnings_alone):
        say(console, Text(str(use["words"]), "bold red" if use["warns"] else ""))
