"""All views of a study, in the order of the report.

A view is one function in one file that takes a `Material` and returns a `View`, and one line
here. A study that lacks what a view needs makes it raise `ViewError` (or another error of
`fusionnas.errors`) with the reason; the report then leaves it out and says why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fusionnas.errors import ViewError, did_you_mean
from fusionnas.report.material import Material
from fusionnas.report.pictures.yardsticks import yardsticks
from fusionnas.report.view import View


@dataclass(frozen=True, slots=True)
class ViewMaker:
    """How a view is made, and where the report shows it."""

    name: str  # of the view that `make` returns
    section: str  # answer, search, informative, band, why, errors
    make: Callable[[Material], View]


VIEWS: tuple[ViewMaker, ...] = (
    ViewMaker("yardsticks", "answer", yardsticks),
)  # fmt: skip


def view_names() -> list[str]:
    return [maker.name for maker in VIEWS]


def view_maker(name: str) -> ViewMaker:
    """The maker of that name; ViewError, with the nearest name, where there is none."""
    for maker in VIEWS:
        if maker.name == name:
            return maker
    raise ViewError(f"There is no view '{name}'; {did_you_mean(name, view_names())}")


def make_view(material: Material, name: str) -> View:
    """One view of a study.

    Raises:
        ViewError: no view of that name, or one that this study's data cannot give.
        StudyError: the study is not finished.
    """
    return view_maker(name).make(material)
