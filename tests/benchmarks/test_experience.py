"""What a search knows beforehand is what the committed measurements show."""

from __future__ import annotations

import json

import pytest

from benchmarks.table.effects import effects
from benchmarks.table.measured import Measured, measured
from benchmarks.table.portfolio import candidates, greedy, left_out, regrets
from fusionnas.networks.canonical import canonical, identity
from fusionnas.search_space.portfolio import portfolio
from fusionnas.search_space.space_file import load_space
from fusionnas.searching import error_effects


@pytest.fixture(scope="module")
def tables() -> list[Measured]:
    return list(measured())


def test_the_shipped_effects_are_those_of_the_tables(tables: list[Measured]) -> None:
    kept = json.loads(error_effects.FILE.read_text(encoding="utf-8"))["tables"]
    assert [effects(one) for one in tables] == kept
    assert {row["source"] for row in kept} == {"v1", "v2", "choices"}


def test_the_shipped_portfolio_is_the_one_that_is_chosen(tables: list[Measured]) -> None:
    offered = candidates(tables, load_space("default"))
    sets = [regrets(one, offered) for one in tables]
    chosen = greedy(sets)
    assert [identity(canonical(a)) for a in portfolio()] == chosen
    assert 6 <= len(chosen) <= 10
    worth = [sum(one.of(chosen[:n]) for one in sets) for n in range(1, len(chosen) + 1)]
    assert worth == sorted(worth, reverse=True)
    for one, without in left_out(sets):
        assert one.of(without) >= 0
        alone = [other for other in sets if other.data != one.data]
        assert without == greedy(alone)
