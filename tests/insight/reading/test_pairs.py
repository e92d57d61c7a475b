"""The test for pairs finds what was planted, and nothing where nothing was."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from fusionnas.cecv.correlation import environments
from fusionnas.data.elements import SYMBOLS
from fusionnas.data.table import CompositionTable, encode_formulas
from fusionnas.errors import CECVError
from fusionnas.insight.reading.pairs import false_discovery_rates, pair_changes

CHANNELS = 12
METALS = ["Li", "Na", "K", "Mg", "Ca"]
OTHERS = ["O", "S", "F", "Cl"]


def compounds(each: int = 12) -> CompositionTable:
    """Ternaries of two metals and another one, with several amounts."""
    formulas = [
        f"{a}{b}{other}{amount}"
        for a, b in combinations(METALS, 2)
        for other in OTHERS
        for amount in range(2, 2 + each)
    ]
    return encode_formulas(formulas)


def features(table: CompositionTable, seed: int) -> dict[int, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        n: rng.normal(size=(len(rows), n, CHANNELS)) for n, (rows, _, _) in table.groups().items()
    }


def test_a_planted_pair_is_found() -> None:
    table = compounds()
    reference = features(table, 1)
    network = {n: block.copy() for n, block in reference.items()}
    rng = np.random.default_rng(2)
    excess = rng.uniform(size=len(table))
    bad = table.contains(3) & table.contains(8)  # Li and O, where the reference will fail
    excess[np.flatnonzero(bad)[: len(table) // 12]] += 2
    (rows, numbers, _) = table.groups()[3]
    for place, row in enumerate(rows):
        for i in range(3):  # noise on all, so that the null has a width
            network[3][place, i] += 0.3 * rng.normal(size=CHANNELS)
        if excess[row] > 2:  # there, the network takes Li and O to be alike
            i, j = (int(np.flatnonzero(numbers[place] == z)[0]) for z in (3, 8))
            network[3][place, i] = network[3][place, j] + 0.1 * rng.normal(size=CHANNELS)
    found = pair_changes(table, network, reference, excess)
    first = found.table.iloc[0]
    assert first["pair"] == "Li–O"
    assert first["significant"]
    assert first["change"] > first["null_high"]
    assert first["change_low"] < first["change"] < first["change_high"]
    assert found.compounds == len(table)
    assert found.failing == pytest.approx(0.1 * len(table), abs=1)


def test_no_pair_where_failing_has_nothing_to_do_with_the_features() -> None:
    table = compounds()
    hits, p = 0, []
    for seed in range(6):
        excess = np.random.default_rng(100 + seed).uniform(size=len(table))
        found = pair_changes(
            table, features(table, 2 * seed), features(table, 2 * seed + 1), excess, seed
        )
        hits += found.significant > 0
        p += found.table["p"].tolist()
    assert hits <= 1
    assert np.mean(np.array(p) <= 0.05) < 0.12
    assert np.mean(p) == pytest.approx(0.5, abs=0.12)


def test_changes_are_those_of_the_correlation_matrices() -> None:
    table = compounds(each=6)
    network, reference = features(table, 1), features(table, 2)
    excess = np.random.default_rng(0).uniform(size=len(table))
    excess[np.flatnonzero(table.contains(11) & table.contains(16))[::3]] += 1  # Na and S
    found = pair_changes(table, network, reference, excess).table.set_index("pair").loc["Na–S"]
    ours = environments(network, "within").entries[3]
    theirs = environments(reference, "within").entries[3]
    rows, numbers, _ = table.groups()[3]
    values, failing = [], []
    for place, row in enumerate(rows):
        symbols = [SYMBOLS[z] for z in numbers[place]]
        for entry, (i, j) in enumerate(combinations(range(3), 2)):
            if {symbols[i], symbols[j]} == {"Na", "S"}:
                values.append(ours[place, entry] - theirs[place, entry])
                failing.append(excess[row] > np.quantile(excess, 0.9))
    assert (found["compounds"], found["failing"]) == (len(values), sum(failing))
    assert found["usual"] == pytest.approx(np.mean(values))
    assert found["change"] == pytest.approx(np.mean(np.array(values)[failing]))


def test_binaries_alone_have_no_correlations_to_compare() -> None:
    table = encode_formulas(["NaCl", "KCl", "CaO"])
    blocks = features(table, 0)
    with pytest.raises(CECVError):
        pair_changes(table, blocks, blocks, np.zeros(3))


def test_benjamini_hochberg_by_hand() -> None:
    q = false_discovery_rates(np.array([0.01, 0.04, 0.03, 0.5]))
    assert q == pytest.approx([0.04, 4 * 0.04 / 3, 4 * 0.04 / 3, 0.5])
    assert len(false_discovery_rates(np.empty(0))) == 0
