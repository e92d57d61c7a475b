from __future__ import annotations

import warnings

import numpy as np
import pytest

from fusionnas.data.element_vectors import VECTOR_NAMES, check_covered, element_vectors
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


def test_mat2vec_covers_all_elements() -> None:
    assert element_vectors("mat2vec").shape == (119, 200)
    assert np.isfinite(element_vectors("mat2vec")).all()


def test_a_missing_element_is_named_with_its_formula() -> None:
    table = encode_formulas(["NaCl", "UPuO4", "Fe2O3"])
    with pytest.raises(ElementError, match="'oliynyk' lack Pu, which 'PuUO4' contains"):
        check_covered(table, element_vectors("oliynyk"), "oliynyk")
    check_covered(table, element_vectors("mat2vec"), "mat2vec")


def test_unknown_vectors_offer_the_nearest() -> None:
    with pytest.raises(OptionError, match="did you mean 'mat2vec'"):
        element_vectors("mat2vek")
