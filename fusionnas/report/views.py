"""All views of a study, in the order of the report.

A view is one function in one file that takes a `FinishedStudy` and returns a `View`, and one line
here. A study that lacks what a view needs makes it raise `ViewError` (or another error of
`fusionnas.errors`) with the reason; the report then leaves it out and says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fusionnas.data.reading.classes import CLASSIFICATION, MULTI_TARGET, REGRESSION
from fusionnas.errors import ViewError, did_you_mean
from fusionnas.insight.comparison.of_targets import target_slug
from fusionnas.plots.view import View
from fusionnas.report.pictures.best_so_far import best_so_far
from fusionnas.report.pictures.calibration import calibration
from fusionnas.report.pictures.classes import (
    confusion,
    probability_by_class,
    ranking,
    reliability,
)
from fusionnas.report.pictures.clusters import clusters
from fusionnas.report.pictures.conditions import error_by_condition
from fusionnas.report.pictures.coverage import coverage_by_group
from fusionnas.report.pictures.elements import element_frequency, error_by_element
from fusionnas.report.pictures.family_tree import family_tree
from fusionnas.report.pictures.front import front
from fusionnas.report.pictures.hypervolume import hypervolume
from fusionnas.report.pictures.importances import importances
from fusionnas.report.pictures.learning import learning
from fusionnas.report.pictures.networks import (
    beginning_umap,
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
from fusionnas.report.pictures.target_errors import target_errors
from fusionnas.report.pictures.targets import targets
from fusionnas.report.pictures.verdict import verdict
from fusionnas.report.pictures.yardsticks import yardsticks
from fusionnas.studies.finished import FinishedStudy
from fusionnas.studies.one_target import TargetOfStudy

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
    kind: str | None = None  # of target that it needs; None is any
    needs: str | None = None  # a fact about the data that it needs
    each: bool = False  # whether a study of several targets has one for each of them
    place: int | None = None  # of the target that it shows
    first: bool = False  # whether it stands before the fold, among what everybody reads
    # begins `make` in another process, and returns what waits for it
    begin: Callable[[FinishedStudy], Callable[[], View]] | None = None


VIEWS: tuple[ViewMaker, ...] = (
    ViewMaker("yardsticks", "answer", yardsticks, first=True),
    ViewMaker("target-errors", "answer", target_errors, kind=MULTI_TARGET, first=True),
    ViewMaker("parity", "answer", parity, DOTS, REGRESSION, first=True, each=True),
    ViewMaker("ranking", "answer", ranking, DOTS, CLASSIFICATION, first=True),
    ViewMaker("confusion", "answer", confusion, kind=CLASSIFICATION, first=True),
    ViewMaker("reliability", "errors", reliability, kind=CLASSIFICATION),
    ViewMaker("probability-by-class", "errors", probability_by_class, kind=CLASSIFICATION),
    ViewMaker("calibration", "errors", calibration, kind=REGRESSION, each=True),
    ViewMaker("coverage", "errors", coverage_by_group, kind=REGRESSION),
    ViewMaker("learning", "errors", learning),
    ViewMaker("targets", "errors", targets, kind=REGRESSION, each=True),
    ViewMaker("sizes", "errors", sizes),
    ViewMaker("systems", "errors", systems, kind=REGRESSION),
    ViewMaker("sample-efficiency", "errors", sample_efficiency),
    ViewMaker("error-by-condition", "errors", error_by_condition, needs="conditions", first=True),
    ViewMaker("error-by-element", "errors", error_by_element, kind=REGRESSION, each=True),
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
    ViewMaker("formula-contributions", "why", formula_contributions, kind=REGRESSION),
    ViewMaker("element-contributions", "why", contributions, kind=REGRESSION, each=True),
    ViewMaker("contribution-changes", "why", contribution_changes, kind=REGRESSION),
    ViewMaker("element-similarity", "why", similarity),
    ViewMaker("umap", "why", umap, begin=beginning_umap),
    ViewMaker("element-pairs", "why", element_pairs, kind=REGRESSION),
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
    maker = maker_for(material, name)
    check_fits(material, maker)
    return maker.make(material)


def maker_for(material: FinishedStudy, name: str) -> ViewMaker:
    """The maker of a view, also of one for each of several targets; ViewError as `view_maker`."""
    own = {maker.name: maker for maker in fitting(VIEWS, material)}
    return own[name] if name in own else view_maker(name)


def fitting(makers: Sequence[ViewMaker], material: FinishedStudy) -> list[ViewMaker]:
    """The makers of a report: no views for classes in a study of numbers, and none of conditions
    where the data have none. A study of several targets has some views for each of them."""
    data = material.facts["data"]
    absent = {CLASSIFICATION: not data.get("classes"), MULTI_TARGET: not data.get("targets")}
    found = list[ViewMaker]()
    for maker in makers:
        if maker.each and data.get("targets"):
            found += [_for_target(maker, place, data) for place in range(len(data["targets"]))]
        elif not absent.get(str(maker.kind)) and (maker.needs is None or data.get(maker.needs)):
            found.append(maker)
    return found


def _for_target(maker: ViewMaker, place: int, data: Mapping[str, Any]) -> ViewMaker:
    """The maker of a view of one of several targets: `parity-2-bulk` for the second."""
    target = str(data["targets"][place]["target"])
    name = f"{maker.name}-{target_slug(place, target)}"

    def make(material: FinishedStudy) -> View:
        view = maker.make(TargetOfStudy(material.folder, material, place))
        return replace(view, name=name, title=f"{target}: {view.title.lower()}")

    # elements stand before the fold where the page has no list of compounds
    first = maker.first or maker.name == "error-by-element"
    return replace(maker, name=name, make=make, kind=MULTI_TARGET, place=place, first=first)


def check_fits(material: FinishedStudy, maker: ViewMaker) -> None:
    """Raise ViewError if a view is for another kind of target than the study has."""
    kind = str(material.facts["data"].get("task", REGRESSION))
    if maker.kind not in (None, kind):
        words = {
            REGRESSION: ("numbers of one target", "the target is of numbers"),
            CLASSIFICATION: ("classes", "the target is of classes"),
            MULTI_TARGET: ("several targets", "the study has several targets"),
        }
        raise ViewError(f"it is for {words[str(maker.kind)][0]}, and {words[kind][1]}")
