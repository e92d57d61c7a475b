"""`fusionnas status`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fusionnas.cli.options import JsonOption, RunsOption
from fusionnas.errors import OptionError


def status(
    study: Annotated[str, typer.Argument(help="A study by name or path.")],
    watch: Annotated[
        float | None, typer.Option(help="Show it again every so many seconds, until Ctrl-C.")
    ] = None,
    runs: RunsOption = Path("runs"),
    as_json: JsonOption = False,
) -> None:
    """Show how a study stands, from another terminal while it runs or afterwards."""
    if watch is not None and watch <= 0:
        raise OptionError(f"--watch must be positive, but got {watch:g}.")
    import time

    from fusionnas.studies.status import status as read
    from fusionnas.terminal.console import plain_console
    from fusionnas.terminal.output import print_json
    from fusionnas.terminal.search import print_status

    console = plain_console()
    while True:
        found = read(study, runs)
        if as_json:
            print_json(found.to_dict())
        else:
            print_status(console, found)
        if watch is None or found.state == "finished":
            return
        time.sleep(watch)
        console.print()
