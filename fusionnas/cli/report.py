"""`fusionnas report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fusionnas.cli.options import RunsOption


def report(
    study: Annotated[str, typer.Argument(help="A study by name or path.")],
    runs: RunsOption = Path("runs"),
) -> None:
    """Write the report of a finished study again."""
    from fusionnas.report import write_report
    from fusionnas.study_folder import StudyFolder

    for path in write_report(StudyFolder.find(study, runs)):
        print(path)
