"""The second experiment in `benchmarks/evidence`, on made-up results of known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.evidence import analysis, second
from benchmarks.evidence.analysis import POOLED
from benchmarks.evidence.second import PROPERTY, RANK, SETS


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "DRAWS", 1500)


def made_up(rank: float = 0.0, explained: float = 0.0, early: float = 0.0) -> pd.DataFrame:
    """A table in which rank and property act on the final error, and shares at a ninth as well."""
    rng = np.random.default_rng(0)
    families = np.repeat([f"family {place}" for place in range(8)], 12)
    frames = []
    for data in SETS:
        size, noise = rng.normal(size=96), rng.normal(size=(8, 96))
        shares = {name: rng.normal(size=96) for name in (*PROPERTY, *RANK)}
        hidden = rank * noise[0] + explained * noise[1] + early * sum(shares[p] for p in PROPERTY)
        log_mae = hidden + 0.5 * size + noise[2]
        frames.append(
            pd.DataFrame(
                {
                    "data": data,
                    "candidate": [f"m{place}" for place in range(96)],
                    "arm": "w32",
                    "family": families,
                    "parameters": np.exp(size),
                    "flops": np.exp(size),
                    "log_mae": log_mae,
                    "log_val_mae": log_mae + 0.05 * noise[3],
                    "log_early_mae": log_mae + 2 * noise[4],
                    "rank": noise[0],
                    "rank_untrained": noise[5],
                    "property": noise[1],
                    "property_null": noise[6],
                    **shares,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


@pytest.mark.parametrize(
    ("effect", "hypothesis"), [("rank", "R1"), ("explained", "P1"), ("early", "P2")]
)
def test_an_effect_is_found_where_it_is_and_nowhere_else(effect: str, hypothesis: str) -> None:
    tests = second.Tests(made_up(**{effect: 0.8}))
    stands = {name for name in tests.found if tests.stands[name, POOLED]}
    assert stands == {hypothesis}


def test_no_effect_is_found_where_there_is_none() -> None:
    tests = second.Tests(made_up())
    assert not any(tests.stands.values())


def test_a_measure_that_is_no_larger_than_its_null_does_not_stand() -> None:
    table = made_up(rank=0.8)
    tests = second.Tests(table.assign(rank_untrained=table["rank"]))
    assert tests.found["R1"][POOLED].low > 0
    assert not tests.stands["R1", POOLED]


def test_what_the_error_says_already_is_taken_out() -> None:
    tests = second.Tests(made_up(explained=0.8))
    assert tests.found["P1"][POOLED].low > 0.4
    assert abs(tests.given_error[POOLED].value) < 0.1
