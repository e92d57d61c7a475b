"""Replayed campaigns: a rule finds more than chance, and what is told of them adds up."""

from __future__ import annotations

from benchmarks.search.campaigns import KNOWN, RANDOM, SURROGATES, TABLES, campaign, jobs, markdown
from fusionnas.insight.suggestion.rules import RULES
from fusionnas.models.baselines.features import composition_features
from tests.made.small_data import small_dataset


def test_a_rule_finds_more_than_chance() -> None:
    data = small_dataset(KNOWN + 200)
    given = (data.table, composition_features(data.table), data.targets)
    chance = campaign(*given, RANDOM, RANDOM, 0.0, seed=0, rounds=3)
    found = campaign(*given, "forest", "ei", 0.0, seed=0, rounds=3)
    assert found["shares"][0] == chance["shares"][0]  # the same rows are known at the start
    assert found["shares"][-1] > chance["shares"][-1]
    assert len(found["best"]) == 4
    assert sorted(found["shares"]) == found["shares"]


def test_each_kind_is_a_row() -> None:
    kinds = jobs(1)
    assert len(kinds) == len(set(kinds)) == len(TABLES) * (2 + len(SURROGATES) * len(RULES))
    records = [
        {
            "table": name,
            "surrogate": surrogate,
            "rule": rule,
            "distance": distance,
            "shares": [0.0] * 10 + [0.5],
            "best": [0] * 7 + [9] * 4,
        }
        for name, surrogate, rule, distance, _ in kinds
    ]
    text = markdown(records).splitlines()
    assert len(text) == 2 + len(kinds) // len(TABLES)
    assert "| forest | ei, 0.1 apart | 0%, 50%; 7 | 0%, 50%; 7 |" in text
