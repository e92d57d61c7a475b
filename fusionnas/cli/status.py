"""`fusionnas status`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fusionnas.cli.options import JsonOption, RunsOption
from fusionnas.errors import OptionError

DAY = 86_400  # seconds


def status(
    study: Annotated[
        str | None, typer.Argument(help="A study by name or path; without one, all studies.")
    ] = None,
    watch: Annotated[
        float | None, typer.Option(help="Show it again every so many seconds, until Ctrl-C.")
    ] = None,
    runs: RunsOption = Path("runs"),
    as_json: JsonOption = False,
) -> None:
    """Show how a study stands, from another terminal while it runs or afterwards.

    Without a name it lists the studies in the folder of `--runs`, the newest first, each with its
    state and its best error.
    """
    if watch is not None and not 0 < watch <= DAY:
        raise OptionError(
            f"--watch must be above 0 and at most {DAY:,} seconds, a day, but got {watch:g}."
        )
    import time

    from fusionnas.studies.status import FINISHED, all_studies
    from fusionnas.studies.status import status as read
    from fusionnas.terminal.console import plain_console
    from fusionnas.terminal.output import print_json
    from fusionnas.terminal.studies import print_status, print_studies

    console = plain_console()
    if study is None:
        if watch is not None:
            raise OptionError("--watch needs the name of a study.")
        studies = all_studies(runs)
        if as_json:
            print_json([one.to_dict() for one in studies])
        else:
            print_studies(console, studies, runs)
        return
    while True:
        found = read(study, runs)
        if as_json:
            print_json(found.to_dict())
        else:
            print_status(console, found)
        if watch is None or found.state == FINISHED:
            return
        time.sleep(watch)
        console.print()
