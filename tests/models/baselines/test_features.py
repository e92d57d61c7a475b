from __future__ import annotations

import warnings

import numpy as np
import pytest

from fusionnas.data.table import CompositionTable, encode_formulas
from fusionnas.models.baselines.features import composition_features
from fusionnas.models.baselines.magpie import PROPERTIES, magpie_features

FORMULAS = [
    "NaCl",
    "SrTiO3",
    "Fe2O3",
    "LiFePO4",
    "Si",
    "Ca3Fe2C12N12",
    "Li0.5CoO2",
    "U3O8",
    "Pb0.52Ti0.48O3",
    "Xe",
    "EuO",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_features_are_matminers(formula: str) -> None:
    """Against matminer's featurisers, of which the first gives six statistics of each property."""
    from matminer.featurizers.composition import ElementProperty, Stoichiometry, ValenceOrbital
    from pymatgen.core import Composition

    composition = Composition(formula)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        statistics = ElementProperty.from_preset("magpie").featurize(composition)
        norms = Stoichiometry(p_list=(0, 2, 3, 5, 7, 10)).featurize(composition)
        shares = ValenceOrbital(props=["frac"]).featurize(composition)
    theirs = np.concatenate([np.reshape(statistics, (22, 6)).T.ravel(), norms, shares])
    ours = composition_features(encode_formulas([formula]))[0]
    known = np.isfinite(theirs)  # Magpie lacks single properties of noble gases, at least
    assert known.sum() >= (142 if formula != "Xe" else 130)
    np.testing.assert_allclose(ours[known], theirs[known], rtol=1e-5, atol=1e-4)


def test_the_table_has_the_columns_that_are_read_by_place() -> None:
    from elementembeddings.core import Embedding  # imports umap, which takes seconds

    assert tuple(Embedding.load_data("magpie").feature_labels) == PROPERTIES


def test_every_element_has_features() -> None:
    """Also those that Magpie does not know: noble gases in part, and what follows berkelium."""
    found = composition_features(encode_formulas(["He", "Og", "CfO2", "NeFr"]))
    assert np.isfinite(found).all()


def test_no_rows_no_features() -> None:
    empty = CompositionTable.of([])
    assert composition_features(empty).shape == (0, 142)
    assert magpie_features(empty).shape == (0, 132)
