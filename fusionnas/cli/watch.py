"""`fusionnas watch`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fusionnas.cli.options import RunsOption


def watch(
    study: Annotated[str, typer.Argument(help="A study by name or path.")],
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the page; 0 takes a free one.")
    ] = 0,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    runs: RunsOption = Path("runs"),
) -> None:
    """Show a search in the browser while it runs, and its report once it is finished.

    The page shows the best network so far, all trials and pictures of the search, and renews
    itself every few seconds. Only this machine can see it, and nothing can be changed through it.
    Ctrl-C ends the server; the search does not notice.
    """
    from fusionnas.report.serve import StudyServer
    from fusionnas.studies.folder import StudyFolder

    with StudyServer(StudyFolder.find(study, runs), port) as server:
        try:
            print(f"{server.url}  (Ctrl-C ends it)", flush=True)
            if open_page:
                import webbrowser

                webbrowser.open(server.url)
            server.serve_forever()
        except KeyboardInterrupt:
            print("ended")
