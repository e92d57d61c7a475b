"""The command line: parse, call, print; nothing else. A file a command.

Everything heavy is imported inside the commands, so that `fusionnas --help` answers at once.
"""

from __future__ import annotations

import gc
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TextIO

import typer
from typer.core import TyperGroup

import fusionnas
from fusionnas.cli.benchmark import benchmark
from fusionnas.cli.cecv import cecv
from fusionnas.cli.compare import compare
from fusionnas.cli.explain import explain
from fusionnas.cli.export import export
from fusionnas.cli.inspect import inspect
from fusionnas.cli.listings import architectures, datasets, spaces
from fusionnas.cli.numbers import NumberedCommand
from fusionnas.cli.predict import predict
from fusionnas.cli.report import report
from fusionnas.cli.rescore import rescore
from fusionnas.cli.search import search
from fusionnas.cli.status import status
from fusionnas.cli.suggest import observe, suggest
from fusionnas.cli.sweep import sweep
from fusionnas.cli.train import train
from fusionnas.cli.watch import watch
from fusionnas.errors import DataWarning, FusionNASError
from fusionnas.files.causes import cause_of
from fusionnas.terminal.output import (
    drop_standard_output,
    flush_standard_output,
    replace_unprintable,
)


class _Commands(TyperGroup):
    """Says that an interrupt stopped a command; Typer would end without a word."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as e:
            print("fusionnas: stopped", file=sys.stderr)
            raise typer.Exit(130) from e


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Find the neural network that predicts a materials property best from formulas alone.\n\n"
    "`fusionnas search --space default` runs a whole search on built-in data within minutes.",
)

# in the order of `--help`
PANELS = {
    "Search": (inspect, search, status, watch, report, compare, rescore),
    "Networks": (train, export, predict),
    "What to measure next": (suggest, observe),
    "What a network sees": (explain, sweep, cecv),
    "Systems": (benchmark,),
    "Lists": (datasets, spaces, architectures),
}
for panel, commands in PANELS.items():
    for command in commands:
        app.command(cls=NumberedCommand, rich_help_panel=panel)(command)


def _version(asked: bool) -> None:
    if asked:
        print(f"fusionnas {fusionnas.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[bool, typer.Option(help="Show tracebacks of errors.")] = False,
) -> None: ...


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """What `warnings.showwarning` does; of the data a sentence without its place in the code."""
    if issubclass(category, DataWarning):
        print(f"fusionnas: {message}", file=sys.stderr)
    else:
        text = warnings.formatwarning(message, category, filename, lineno, line)
        print(text, end="", file=sys.stderr)


@contextmanager
def _called_alone() -> Iterator[None]:
    """Leave out all commands except the called one, if the first argument names one.

    Typer reads the options of every command before it calls one.
    """
    every = app.registered_commands
    called = [one for one in every if one.callback and one.callback.__name__ in sys.argv[1:2]]
    app.registered_commands = called or every
    try:
        yield
    finally:
        app.registered_commands = every


def main() -> None:
    """Run the command line; a user's error, or one of the machine, is one message."""
    # imports make many objects that stay; searching them for garbage is a tenth of a short command
    gc.set_threshold(50_000)
    replace_unprintable()
    warnings.showwarning = _show_warning
    try:
        try:
            with _called_alone():
                app()
        finally:
            flush_standard_output()  # while what fails can still be told
    except FusionNASError as e:
        if "--debug" in sys.argv:
            raise
        print(f"fusionnas: {e}", file=sys.stderr)
        sys.exit(e.exit_code)
    except OSError as e:  # a full disk, say
        if "--debug" in sys.argv:
            raise
        drop_standard_output()
        if not isinstance(e, BrokenPipeError):  # `| head` has what it wanted
            print(f"fusionnas: {cause_of(e)}", file=sys.stderr)
        sys.exit(1)
    finally:
        # nor are they searched when Python ends, which is a fifth of a short command
        gc.freeze()
