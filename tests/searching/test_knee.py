from __future__ import annotations

import pytest

from fusionnas.searching.knee import RULE, knee


def test_the_knee_is_farthest_below_the_line_between_the_ends() -> None:
    front = [(1.0, 10.0), (1.1, 4.0), (1.6, 3.0), (2.0, 2.0)]
    assert knee(front) == (1, RULE.format(second="CECV deviation"))


@pytest.mark.parametrize(("a", "b"), [(1000.0, 1.0), (0.001, 7.0)])
def test_units_do_not_matter(a: float, b: float) -> None:
    front = [(1.0, 10.0), (1.1, 8.0), (1.4, 3.0), (2.0, 2.0)]
    assert knee([(a * x, b * y + 5) for x, y in front])[0] == knee(front)[0] == 2


def test_fronts_without_a_knee_say_so() -> None:
    assert knee([(1.0, 2.0)]) == (0, "the Pareto front holds this network alone, so it has no knee")
    assert knee([(1.0, 2.0), (2.0, 1.0)])[1].startswith("the Pareto front holds two networks")
    straight, bulging = [(0.0, 2.0), (1.0, 1.0), (2.0, 0.0)], [(0.0, 2.0), (1.5, 1.5), (2.0, 0.0)]
    for front in (straight, bulging):
        assert knee(front) == (0, "the Pareto front has no knee: the lowest validation error on it")


def test_points_of_three_objectives_that_are_beaten_in_the_plane_are_no_knee() -> None:
    plane = [(1.0, 10.0), (2.0, 4.0), (3.0, 3.5), (6.0, 1.0)]
    beaten = [(1.5, 11.0), *plane, (7.0, 2.0)]
    place, rule = knee(beaten, "parameters")
    assert beaten[place] == plane[knee(plane)[0]]
    assert "validation error and parameters" in rule
