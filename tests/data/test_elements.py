from __future__ import annotations

import warnings

import numpy as np
import pytest

from fusionnas.data.element_vectors import (
    TABLE_NAMES,
    VECTOR_NAMES,
    check_covered,
    element_vectors,
)
from fusionnas.data.elements import ELECTRONEGATIVITY, NUMBERS, SYMBOLS
from fusionnas.data.table import encode_formulas
from fusionnas.errors import ElementError, OptionError


def test_the_frozen_tables_are_pymatgens() -> None:
    from pymatgen.core import Element

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for z in range(1, 119):
            element = Element.from_Z(z)
            assert SYMBOLS[z] == element.symbol
            assert NUMBERS[element.symbol] == z
            theirs = element.X if element.X == element.X else np.inf
            assert ELECTRONEGATIVITY[z] == theirs


@pytest.mark.parametrize("name", VECTOR_NAMES)
def test_vectors_have_a_row_for_each_element(name: str) -> None:
    vectors = element_vectors(name)
    assert vectors.shape[0] == 119
    assert vectors.dtype == np.float32
    assert (vectors[0] == 0).all()
    assert np.isfinite(vectors[8]).all()


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_tables_are_those_of_the_loader_of_element_embeddings(name: str) -> None:
    from elementembeddings.core import Embedding  # imports umap, which takes seconds

    scaled = {"magpie": "magpie_sc", "oliynyk": "oliynyk_sc"}
    theirs = Embedding.load_data(scaled.get(name, name)).embeddings
    ours = element_vectors(name)
    for symbol, z in NUMBERS.items():
        expected = theirs.get(symbol, np.full(ours.shape[1], np.nan))
        np.testing.assert_array_equal(ours[z], np.asarray(expected, dtype=np.float32))


def test_mat2vec_covers_all_elements() -> None:
    assert element_vectors("mat2vec").shape == (119, 200)
    assert np.isfinite(element_vectors("mat2vec")).all()


def test_a_missing_element_is_named_with_its_formula() -> None:
    table = encode_formulas(["NaCl", "UPuO4", "Fe2O3"])
    with pytest.raises(ElementError, match="'oliynyk' lack Pu, which 'PuUO4' contains"):
        check_covered(table, element_vectors("oliynyk"), "oliynyk")
    check_covered(table, element_vectors("mat2vec"), "mat2vec")


def test_tables_side_by_side_are_standardised_each() -> None:
    """Over the elements of each table; an element that one of them lacks has its mean, zero."""
    joined = element_vectors("mat2vec+magpie+oliynyk")
    sizes = [element_vectors(name).shape[1] for name in ("mat2vec", "magpie", "oliynyk")]
    assert joined.shape == (119, sum(sizes))
    assert (joined[0] == 0).all()
    oliynyk = np.isfinite(element_vectors("oliynyk")).all(axis=1)
    part = joined[:, -sizes[2] :]
    assert (part[~oliynyk] == 0).all()
    np.testing.assert_allclose(part[1:][oliynyk[1:]].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(part[1:][oliynyk[1:]].std(axis=0), 1, atol=1e-5)
    plain = element_vectors("mat2vec")
    at, other = NUMBERS["Fe"], NUMBERS["Si"]
    difference = (plain[at] - plain[other]) / plain[1:].std(axis=0)
    np.testing.assert_allclose(joined[at, :200] - joined[other, :200], difference, atol=1e-4)


def test_an_element_that_no_table_holds_is_missing() -> None:
    joined = element_vectors("magpie+oliynyk")
    lacking = [SYMBOLS[z] for z in range(119) if np.isnan(joined[z]).any()]
    assert "Og" in lacking
    assert "Pu" not in lacking  # magpie has it
    table = encode_formulas(["NaCl", "LrO2"])
    with pytest.raises(ElementError, match=r"'magpie\+oliynyk' lack Lr"):
        check_covered(table, joined, "magpie+oliynyk")


def test_unknown_vectors_offer_the_nearest() -> None:
    with pytest.raises(OptionError, match="did you mean 'mat2vec'"):
        element_vectors("mat2vek")
