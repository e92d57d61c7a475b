"""The page of an inspected data set: what it holds, what stands out, what a search will do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from fusionnas.data.dataset import Dataset
from fusionnas.data.inspection import Inspection
from fusionnas.files.atomic import write_text
from fusionnas.plots.view import View
from fusionnas.report.inline import inline
from fusionnas.report.layout import render
from fusionnas.report.pictures.elements import frequency_view
from fusionnas.report.pictures.targets import target_view


def write_inspection(
    path: Path, dataset: Dataset, inspection: Inspection, course: Sequence[str]
) -> None:
    """Write one self-contained HTML page.

    Args:
        path: the file.
        dataset: what was inspected.
        inspection: what was found.
        course: what a search will do, a sentence each.

    Raises:
        OSError: the file cannot be written.
    """
    views = [frequency_view(dataset.table)]
    if not dataset.classes:
        views.insert(0, target_view(dataset.to_frame(), dataset.target, dataset.unit))
    page = render(
        "inspection.html.jinja",
        dataset=dataset,
        inspection=inspection,
        course=course,
        figures=[(view, _picture(view)) for view in views],
    )
    write_text(path, page)


def _picture(view: View) -> str:
    with TemporaryDirectory() as folder:
        return inline(view, view.save(folder)[0])
