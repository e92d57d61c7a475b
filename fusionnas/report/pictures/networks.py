"""Views of single networks, filled in from a finished study."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fusionnas.errors import ViewError
from fusionnas.insight.pictures.efm import efm_view
from fusionnas.insight.pictures.element_contributions import (
    contribution_changes_view,
    contributions_view,
)
from fusionnas.insight.pictures.element_pairs import element_pairs_view
from fusionnas.insight.pictures.element_similarity import similarity_view
from fusionnas.insight.pictures.formula_contributions import formula_contributions_view
from fusionnas.insight.pictures.umap import begin_umap
from fusionnas.insight.reading.examples import examples
from fusionnas.plots.view import View
from fusionnas.studies.finished import FinishedStudy, Side

if TYPE_CHECKING:
    from fusionnas.models.predictor import Predictor

RECOMMENDED = "recommended network"
REFERENCES = {"global": "global reference (LSTM)", "local": "local reference (DCNN-K1)"}


def reference_of(material: FinishedStudy, side: Side) -> Predictor:
    """The reference network of a side; ViewError where the study has none."""
    found = material.reference(side)
    if found is None:
        raise ViewError(f"the study keeps no {side} reference network")
    return found


def beside_reference(material: FinishedStudy, side: Side) -> dict[str, Predictor]:
    """The recommended network and, where the study keeps it, the reference of a side, by name."""
    networks = {RECOMMENDED: material.best}
    found = material.reference(side)
    return networks if found is None else networks | {REFERENCES[side]: found}


def efm(material: FinishedStudy) -> View:
    return efm_view(beside_reference(material, "local"), examples(material.best))


def contributions(material: FinishedStudy) -> View:
    return contributions_view(material.best, material.test_compositions)


def contribution_changes(material: FinishedStudy) -> View:
    return contribution_changes_view(
        material.best,
        reference_of(material, "local"),
        material.test_compositions,
        REFERENCES["local"],
    )


def element_pairs(material: FinishedStudy) -> View:
    return element_pairs_view(
        material.best,
        reference_of(material, "global"),
        material.test_compositions,
        material.predictions["target"].to_numpy(),
        REFERENCES["global"],
    )


def similarity(material: FinishedStudy) -> View:
    return similarity_view(material.best, material.test_compositions)


def formula_contributions(material: FinishedStudy) -> View:
    return formula_contributions_view(beside_reference(material, "local"), examples(material.best))


def umap(material: FinishedStudy) -> View:
    return beginning_umap(material)()


def beginning_umap(material: FinishedStudy) -> Callable[[], View]:
    if material.facts["data"].get("targets"):
        raise ViewError("it colours compounds by one target, and the study has several")
    return begin_umap(
        material.best, material.test_compositions, material.predictions["target"].to_numpy()
    )
