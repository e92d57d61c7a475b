"""Similarity of elements, seriation, and agreement of neighbours on made-up features."""

from __future__ import annotations

import numpy as np
import pytest

from fusionnas.data.elements import NUMBERS, SYMBOLS
from fusionnas.insight.reading.projection import neighbour_agreement
from fusionnas.insight.reading.seriation import seriate
from fusionnas.insight.reading.similarity import element_similarity, group_contrast


def test_correlations_are_numpy_s_of_centred_means() -> None:
    rng = np.random.default_rng(0)
    numbers = rng.choice([3, 11, 8, 16, 26], size=200)
    rows = rng.normal(size=(200, 7)) + 5
    found = element_similarity(rows, numbers)
    assert found.index.tolist() == ["Li", "Na", "Fe", "O", "S"]  # groups 1, 8 and 16
    means = np.stack([rows[numbers == NUMBERS[e]].mean(axis=0) for e in found.index])
    expected = np.corrcoef(means - means.mean(axis=0))
    assert found.to_numpy() == pytest.approx(expected)


def test_rare_elements_are_left_out() -> None:
    rows = np.random.default_rng(0).normal(size=(8, 4))
    found = element_similarity(rows, np.array([1, 1, 1, 2, 2, 2, 3, 3]))
    assert found.index.tolist() == ["H", "He"]


def test_groups_that_are_alike_are_told() -> None:
    rng = np.random.default_rng(1)
    numbers = np.repeat([3, 11, 19, 9, 17, 35], 5)
    centre = {1: rng.normal(size=9), 17: rng.normal(size=9)}
    rows = np.stack([centre[1 if SYMBOLS[z] in ("Li", "Na", "K") else 17] for z in numbers])
    rows = rows + 0.05 * rng.normal(size=rows.shape)
    same, other = group_contrast(element_similarity(rows, numbers))
    assert same > 0.9
    assert other < -0.9


def test_seriation_undoes_a_shuffle() -> None:
    places = np.linspace(0, 1, 40)
    rows = np.stack([places, places**2, np.sqrt(places)])  # channels along a curve
    shuffled = np.random.default_rng(3).permutation(40)
    order = seriate(rows[:, shuffled])
    assert shuffled[order].tolist() == list(range(40))
    assert seriate(np.ones((3, 2))).tolist() == [0, 1]


def test_neighbours_agree_where_values_follow_features() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    assert neighbour_agreement(x, x[:, 0]) > 0.9
    assert neighbour_agreement(x, rng.normal(size=400)) < 0.1
    # two neighbours at most: each is predicted by the mean of the two others
    line = np.array([[0.0], [1.0], [5.0]])
    y = np.array([0.0, 3.0, 6.0])
    wrong = (4.5**2 + 0.0**2 + 4.5**2) / (9 + 0 + 9)
    assert neighbour_agreement(line, y) == pytest.approx(1 - wrong)
    assert np.isnan(neighbour_agreement(line, np.ones(3)))
