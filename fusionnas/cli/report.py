"""`fusionnas report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fusionnas.cli.options import RunsOption


def report(
    study: Annotated[str, typer.Argument(help="A study by name or path.")],
    views: Annotated[
        str | None,
        typer.Option(help="Only these views, such as front,parity. All are named when done."),
    ] = None,
    sample_efficiency: Annotated[
        bool,
        typer.Option(
            "--sample-efficiency",
            help="First train the best architecture on 1/8, 1/4 and 1/2 of the training part; "
            "later reports show it too.",
        ),
    ] = False,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    runs: RunsOption = Path("runs"),
) -> None:
    """Write the report of a finished study again: one page, and every view as a file.

    report.html in the study's folder stands alone: it can be sent, archived or printed. Each view
    also lies in its folder report/, as a picture and a CSV of the numbers that it draws.
    """
    from fusionnas.report import write_report
    from fusionnas.report.views import view_maker
    from fusionnas.studies.folder import StudyFolder
    from fusionnas.terminal.steps import StepProgress

    folder = StudyFolder.find(study, runs)
    names = None if views is None else [name.strip() for name in views.split(",")]
    for name in names or []:  # before anything is trained
        view_maker(name)
    with StepProgress() as progress:
        if sample_efficiency:
            from fusionnas.workflows.sample_efficiency import measure_sample_efficiency

            measure_sample_efficiency(folder, progress.step)
        written = write_report(folder, names, progress.step)
    print(written.page)
    print(f"{folder.views}: {', '.join(written.views)}")
    for name, reason in written.left_out.items():
        print(f"left out: {name} ({reason})")
    if open_page:
        import webbrowser

        webbrowser.open(written.page.absolute().as_uri())
