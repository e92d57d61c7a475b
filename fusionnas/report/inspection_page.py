"""The page of an inspected data set: what it holds, what stands out, what a search will do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
    views = [*_target_views(dataset), frequency_view(dataset.table)]
    page = render(
        "inspection.html.jinja",
        dataset=dataset,
        inspection=inspection,
        course=course,
        figures=[(view, _picture(view)) for view in views],
    )
    write_text(path, page)


def _target_views(dataset: Dataset) -> list[View]:
    """The distribution of the target, or of each of several; none for classes."""
    if dataset.classes:
        return []
    if not dataset.several:
        return [target_view(dataset.to_frame(), dataset.target, dataset.unit)]
    views = []
    for place, column in enumerate(dataset.several):
        own = dataset.of_target(place).to_frame()
        view = target_view(own, column.name, column.unit)
        title = f"{view.title}: {column.name}"
        views.append(replace(view, name=f"{view.name}-{place + 1}", title=title))
    return views


def _picture(view: View) -> str:
    with TemporaryDirectory() as folder:
        return inline(view, view.save(folder)[0])
