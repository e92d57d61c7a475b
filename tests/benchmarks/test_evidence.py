"""The statistics of the experiment in `benchmarks/evidence`, on made-up results of known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


def made_up(effect: float, seed: int = 0, size_effect: float = 1.0) -> pd.DataFrame:
    """Deviation acts on log MAE by `effect`; size and family act on both."""
    rng = np.random.default_rng(seed)
    rows = []
    size, family = rng.normal(size=96), np.repeat(np.arange(8), 12)
    for data in ("one", "two"):
        trained = size_effect * size + 0.5 * family + rng.normal(size=96)
        log_mae = size_effect * size - 0.5 * family + effect * trained + rng.normal(size=96)
        rows.append(
            pd.DataFrame(
                {
                    "data": data,
                    "candidate": [f"A-{i}" for i in range(96)],
                    "arm": "A",
                    "family": [f"family {f}" for f in family],
                    "trained": trained,
                    "untrained": rng.normal(size=96),
                    "log_mae": log_mae,
                    "parameters": np.exp(size),
                    "seeds": 2,
                    "trained_sd": 0.3,
                    "log_mae_sd": 0.1,
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


@pytest.fixture
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.evidence import analysis

    monkeypatch.setattr(analysis, "DRAWS", 300)
    monkeypatch.setattr(analysis, "PERMUTATIONS", 100)


@pytest.mark.usefixtures("few_draws")
def test_h1_finds_an_effect_that_is_there_and_none_that_is_not() -> None:
    from benchmarks.evidence import analysis

    there, absent = (analysis.h1(analysis.Bootstrap(made_up(e))) for e in (0.6, 0.0))
    assert there["pooled"].low > 0.2
    assert there["pooled"].p < 0.01
    # size and family alone would make a strong correlation
    assert absent["pooled"].low < 0 < absent["pooled"].high
    assert analysis.permutation_p(analysis.Bootstrap(made_up(0.6))) < 0.05
    assert analysis.permutation_p(analysis.Bootstrap(made_up(0.0, seed=3))) > 0.05


@pytest.mark.usefixtures("few_draws")
def test_h3_compares_on_the_same_draws() -> None:
    from benchmarks.evidence import analysis

    boot = analysis.Bootstrap(made_up(0.6))
    better = analysis.h3(boot, "untrained")
    assert better["pooled"].low > 0
    # a rival that has no value anywhere has no estimate, and does not count as beaten
    missing = analysis.h3(boot, "pairs")
    assert np.isnan(missing["pooled"].value)
    name, _ = analysis.worst_rival({"untrained": better, "pairs": missing}, "pooled")
    assert name == "untrained"


def test_partial_correlation_is_that_of_the_residuals() -> None:
    from benchmarks.evidence import analysis

    table = made_up(0.4)[:96]
    group, arm = pd.factorize(table["family"])[0], np.zeros(96, dtype=int)
    x, y, z = (table[c].to_numpy() for c in ("trained", "log_mae", "parameters"))
    found = analysis.partial_correlation(x, y, z, group, arm)
    dummies = np.eye(8)[group]
    ranks = [pd.Series(v).rank().to_numpy() for v in (x, y, z)]
    design = np.column_stack([dummies, ranks[2]])
    a, b = (r - design @ np.linalg.lstsq(design, r, rcond=None)[0] for r in ranks[:2])
    assert found == pytest.approx(np.corrcoef(a, b)[0, 1])


def test_a_slope_for_each_arm() -> None:
    """The residuals of a regression with a column of z for each arm."""
    from benchmarks.evidence import analysis

    rng = np.random.default_rng(0)
    arm = np.repeat([0, 1], [48, 24])
    group = np.repeat(np.arange(6), 12)
    z = rng.normal(size=72)
    x, y = np.where(arm == 0, 0.1, 2.0) * z + rng.normal(size=(2, 72))
    found = analysis.partial_correlation(x, y, z, group, arm, slope=arm)
    ranks = []
    for v in (x, y, z):
        of_arm = pd.Series(v).groupby(arm)
        rank = of_arm.rank() - of_arm.transform("size").add(1) / 2
        ranks.append((rank / rank.groupby(arm).transform("std", ddof=0)).to_numpy())
    design = np.column_stack([np.eye(6)[group], ranks[2] * (arm == 0), ranks[2] * (arm == 1)])
    a, b = (r - design @ np.linalg.lstsq(design, r, rcond=None)[0] for r in ranks[:2])
    assert found == pytest.approx(np.corrcoef(a, b)[0, 1])
    # size acts on both in arm B alone: one slope for both arms leaves a part of that as a relation
    assert analysis.partial_correlation(x, y, z, group, arm) > found + 0.1


@pytest.mark.usefixtures("few_draws")
def test_what_a_slope_for_each_arm_takes_back_is_said() -> None:
    from benchmarks.evidence import analysis, slopes

    table = pd.concat([arm_with("A", 0.0, seed=0), arm_with("B", 3.0, seed=1)], ignore_index=True)
    one, each = (
        slopes.measures(analysis.h1(analysis.Bootstrap(table, slope_by_arm=by)), {})
        for by in (False, True)
    )
    no_longer, alone, both = slopes.said(one, each)
    assert no_longer.startswith("Not supported any more: deviation and test MAE go together, band")
    assert "deviation and test MAE go together, pooled: +0.27 (" in no_longer
    assert alone == "Supported only by one slope each: nothing."
    assert both == "Supported by both: nothing."


def arm_with(arm: str, size_effect: float, seed: int) -> pd.DataFrame:
    """Architectures of an arm in which size alone acts on deviation and error."""
    table = made_up(0.0, seed, size_effect)
    names = table["candidate"].str.replace("A-", f"{arm}-")
    shares = {"trained": 0.5, "log_mae": -0.5}  # of a family's number, which made_up adds
    family = table["family"].str.removeprefix("family ").astype(int)
    plain = {name: table[name] - share * family for name, share in shares.items()}
    table = table.replace({"data": {"one": "aflow_bandgap", "two": "oqmd_bandgap"}})
    return table.assign(arm=arm, candidate=names, **plain, rank=0.0, excluded=False, single=False)


def test_holm_stops_at_the_first_that_falls() -> None:
    from benchmarks.evidence import analysis

    p = {"a": 0.001, "b": 0.02, "c": 0.024, "d": 0.6}
    assert analysis.holm(p) == {"a": True, "b": False, "c": False, "d": False}
    assert all(analysis.holm({"a": 0.01, "b": 0.02}).values())


def test_reliability_is_the_share_that_is_not_seed_noise() -> None:
    from benchmarks.evidence import analysis

    table = made_up(0.0, size_effect=0.0)[:96]  # variance 1 within families, noise 0.3^2 / 2
    assert analysis.reliability(table, "trained") == pytest.approx(1 - 0.045, abs=0.02)


def test_a_family_is_foretold_without_having_been_seen() -> None:
    from benchmarks.evidence import prediction

    rng = np.random.default_rng(0)
    family = np.repeat([f"f{i}" for i in range(6)], 10)
    x = rng.normal(size=(60, 3))
    y = x @ [1.0, -0.5, 0.0] + 0.01 * rng.normal(size=60)
    assert np.abs(prediction.left_out_errors(x, y, family)).max() < 0.1
    level = np.repeat(np.arange(6.0), 10)  # a family's own level cannot be known
    assert (prediction.left_out_errors(x, level, family) ** 2).mean() > level.var()
