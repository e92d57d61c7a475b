"""Rules against closed forms, choices that are apart, candidates of a system, constraints."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from fusionnas.data.composition import parse_formula
from fusionnas.data.table import encode_formulas
from fusionnas.errors import OptionError
from fusionnas.insight.suggestion.choice import apart
from fusionnas.insight.suggestion.constraint import Constraint
from fusionnas.insight.suggestion.outlook import Outlook
from fusionnas.insight.suggestion.rules import KAPPA, RULES, Goal, find_rule, promise, ranked
from fusionnas.insight.suggestion.systems import system_formulas
from fusionnas.statistics.calibration import Calibration
from fusionnas.statistics.mixture import Mixture

ONE = Mixture(np.array([[1.0, 3.0, -2.0]]), np.array([[0.5, 1.0, 2.0]]))


def scores(rule: str, goal: str, best: float, found: Mixture = ONE) -> np.ndarray:
    wanted, outlook = Goal.of(goal), Outlook.of(found, None)
    utility = float(wanted.utility(np.array(best)))
    return find_rule(rule).score(outlook, wanted.utility(outlook.points), utility)


def test_expected_improvement_of_a_laplace_distribution() -> None:
    """With scale b and d = value - best, it is max(d, 0) + b/2 exp(-|d|/b)."""
    b, d = ONE.deviations[0] / math.sqrt(2), ONE.values[0] - 2.5
    exact = np.maximum(d, 0) + b / 2 * np.exp(-np.abs(d) / b)
    np.testing.assert_allclose(scores("ei", "max", 2.5), exact, atol=0.03)
    mirrored = Mixture(-ONE.values, ONE.deviations)
    np.testing.assert_allclose(
        scores("ei", "min", -2.5, mirrored), scores("ei", "max", 2.5), atol=1e-12
    )


def test_probability_and_bounds() -> None:
    np.testing.assert_allclose(
        scores("probability", "max", 2.0), 1 - ONE.distribution(2.0), atol=1 / 64
    )
    np.testing.assert_allclose(scores("greedy", "max", 0.0), ONE.values[0], atol=1e-12)
    bound = ONE.values[0] + KAPPA * ONE.deviations[0]
    np.testing.assert_allclose(scores("ucb", "max", 0.0), bound, rtol=0.05, atol=0.1)
    assert scores("explore", "min", 0.0).argmax() == 2
    # near to a value: what is at it, and surely, is best
    assert scores("greedy", "1", 0.0).argmax() == 0


def test_a_correction_widens_what_the_rules_see() -> None:
    rng = np.random.default_rng(0)
    calibration = Calibration(np.sort(np.abs(rng.normal(0, 3, 400))))
    outlook = Outlook.of(ONE, calibration)
    assert outlook.weights.sum() == pytest.approx(1)
    low, high = calibration.interval(ONE, 0.9)
    inside = outlook.mean((outlook.points >= low) & (outlook.points <= high))
    np.testing.assert_allclose(inside, 0.9, atol=0.02)
    np.testing.assert_allclose(outlook.mean(outlook.points), ONE.values[0], atol=1e-9)


def test_beyond_all_points_the_most_promising_comes_first() -> None:
    """Nothing improves on a best value of 1e6, and the order still is that of the chances."""
    wanted, outlook = Goal.of("max"), Outlook.of(ONE, None)
    utility = wanted.utility(outlook.points)
    none = find_rule("ei").score(outlook, utility, 1e6)
    assert (none == 0).all()
    assert ranked(none, promise(outlook, utility, 1e6)).tolist() == [2, 1, 0]


def test_choices_are_apart_and_the_best_first() -> None:
    table = encode_formulas(["NaCl", "Na51Cl49", "Na2Cl", "KCl", "SrTiO3"])
    order = ranked(np.array([5.0, 4.0, 3.0, 3.0, np.nan]), np.array([0.0, 0, 2, 1, 3]))
    assert apart(table, order, 9, 0.1).tolist() == [0, 2, 3]
    assert apart(table, order, 2, 0.0).tolist() == [0, 1]
    assert apart(table, order, 9, 0.5).tolist() == [0, 3]


def test_a_system_holds_each_composition_once() -> None:
    found = system_formulas("Li-Mn-O", largest=3)
    compositions = {parse_formula(formula) for formula in found}
    assert len(compositions) == len(found)
    # pairs of 1 to 3 without a common factor: 7 of 9; triples: 27 less (2, 2, 2) and (3, 3, 3)
    assert len(found) == 3 * 7 + 25
    for system in ("Li", "Li-Li", "Li-Xx", "H-He-Li-Be-B-C-N-O-F"):
        with pytest.raises(OptionError):
            system_formulas(system)


def test_charge_balance_is_smacts() -> None:
    pytest.importorskip("smact")
    found = {parse_formula(formula) for formula in system_formulas("Na-Cl", 3, True)}
    assert parse_formula("NaCl") in found
    assert parse_formula("Na3Cl") not in found
    assert system_formulas("He-Ne", 3, True) == []


def test_constraints_and_goals() -> None:
    found = Constraint.of("my study <= 0.05")
    assert (found.study, found.low, found.high) == ("my study", -math.inf, 0.05)
    assert Constraint.of("a>-2").low == -2
    for wrong in ("a", "<3", "a<b", "a<", "a<nan"):
        with pytest.raises(OptionError, match="must look like"):
            Constraint.of(wrong)
    for wrong in ("best", "nan", ""):
        with pytest.raises(OptionError, match="must be max, min or a number"):
            Goal.of(wrong)
    with pytest.raises(OptionError, match="did you mean 'greedy'"):
        find_rule("greed")
    assert all(name == rule.name for name, rule in RULES.items())


@pytest.mark.parametrize("calibration", [None, Calibration(np.linspace(0.1, 3, 50))])
def test_no_possible_value_is_below_the_lower_bound(calibration: Calibration | None) -> None:
    found = Mixture(np.array([[0.5, -2.0]]), np.ones((1, 2)))
    free = Outlook.of(found, calibration)
    bounded = Outlook.of(replace(found, lower_bound=0.0), calibration)
    assert (free.points < 0).any()
    if calibration is None:
        np.testing.assert_array_equal(bounded.points, np.maximum(free.points, 0))
    assert (bounded.points >= 0).all()
    np.testing.assert_array_equal(bounded.weights, free.weights)
