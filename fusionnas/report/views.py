"""All views of a study, in the order of the report.

A view is one function in one file that takes a `FinishedStudy` and returns a `View`, and one line
here. A study that lacks what a view needs makes it raise `ViewError` (or another error of
`fusionnas.errors`) with the reason; the report then leaves it out and says why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fusionnas.errors import ViewError, did_you_mean
from fusionnas.plots.view import View
from fusionnas.report.pictures.best_so_far import best_so_far
from fusionnas.report.pictures.calibration import calibration
from fusionnas.report.pictures.clusters import clusters
from fusionnas.report.pictures.coverage import coverage_by_group
from fusionnas.report.pictures.elements import element_frequency, error_by_element
from fusionnas.report.pictures.family_tree import family_tree
from fusionnas.report.pictures.front import front
from fusionnas.report.pictures.hypervolume import hypervolume
from fusionnas.report.pictures.importances import importances
from fusionnas.report.pictures.learning import learning
from fusionnas.report.pictures.networks import (
    contribution_changes,
    contributions,
    efm,
    element_pairs,
    formula_contributions,
    similarity,
    umap,
)
from fusionnas.report.pictures.parallel import parallel
from fusionnas.report.pictures.parity import parity
from fusionnas.report.pictures.proposers import proposers
from fusionnas.report.pictures.sample_efficiency import sample_efficiency
from fusionnas.report.pictures.sizes import sizes
from fusionnas.report.pictures.systems import systems
from fusionnas.report.pictures.targets import targets
from fusionnas.report.pictures.verdict import verdict
from fusionnas.report.pictures.yardsticks import yardsticks
from fusionnas.studies.finished import FinishedStudy

# the questions of the report, in its order
SECTIONS = {
    "answer": "How good is it, and what can it be used for?",
    "errors": "Where are the errors, and what are the data like?",
    "search": "What did the search do?",
    "cecv": "How does it group chemical environments, and did that inform the search?",
    "why": "Why does it predict so?",
}

DOTS = 3  # two dots tell nothing that their numbers do not


@dataclass(frozen=True, slots=True)
class ViewMaker:
    """How a view is made, and where the report shows it."""

    name: str  # of the view that `make` returns
    section: str  # a key of `SECTIONS`
    make: Callable[[FinishedStudy], View]
    fewest: int = 1  # rows of its numbers below which the report leaves it out
    first: bool = False  # whether it stands before the fold, among what everybody reads


VIEWS: tuple[ViewMaker, ...] = (
    ViewMaker("yardsticks", "answer", yardsticks, first=True),
    ViewMaker("parity", "answer", parity, DOTS, first=True),
    ViewMaker("calibration", "errors", calibration),
    ViewMaker("coverage", "errors", coverage_by_group),
    ViewMaker("learning", "errors", learning),
    ViewMaker("targets", "errors", targets),
    ViewMaker("sizes", "errors", sizes),
    ViewMaker("systems", "errors", systems),
    ViewMaker("sample-efficiency", "errors", sample_efficiency),
    ViewMaker("error-by-element", "errors", error_by_element),
    ViewMaker("element-frequency", "errors", element_frequency),
    ViewMaker("front", "search", front, DOTS),
    ViewMaker("best-so-far", "search", best_so_far, DOTS, first=True),
    ViewMaker("parallel", "search", parallel),
    ViewMaker("importances", "search", importances, first=True),
    ViewMaker("hypervolume", "search", hypervolume),
    ViewMaker("proposers", "search", proposers),
    ViewMaker("verdict", "cecv", verdict),
    ViewMaker("family-tree", "cecv", family_tree),
    ViewMaker("cecv", "cecv", clusters),
    ViewMaker("efm", "why", efm),
    ViewMaker("formula-contributions", "why", formula_contributions),
    ViewMaker("element-contributions", "why", contributions),
    ViewMaker("contribution-changes", "why", contribution_changes),
    ViewMaker("element-similarity", "why", similarity),
    ViewMaker("umap", "why", umap),
    ViewMaker("element-pairs", "why", element_pairs),
)


def view_names() -> list[str]:
    return [maker.name for maker in VIEWS]


def view_maker(name: str) -> ViewMaker:
    """The maker of that name; ViewError, with the nearest name, where there is none."""
    for maker in VIEWS:
        if maker.name == name:
            return maker
    raise ViewError(f"There is no view '{name}'; {did_you_mean(name, view_names())}")


def make_view(material: FinishedStudy, name: str) -> View:
    """One view of a study.

    Raises:
        ViewError: no view of that name, or one that this study's data cannot give.
        StudyError: the study is not finished.
    """
    return view_maker(name).make(material)
