from __future__ import annotations

import numpy as np
import pytest

from fusionnas.cecv.verdict import judge, partial_rank_correlation, rank_interval


def sample(n: int, slope: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Deviation, MAE and parameters; size lowers both, and MAE follows deviation by `slope`."""
    rng = np.random.default_rng(seed)
    size = rng.normal(size=n)
    deviation = -size + rng.normal(size=n)
    mae = -2 * size + slope * (deviation + size) + 0.3 * rng.normal(size=n)
    return deviation, mae, np.exp(size)


def test_size_alone_makes_no_relation() -> None:
    deviation, mae, parameters = sample(1000, slope=0)
    assert np.corrcoef(deviation, mae)[0, 1] > 0.6
    assert abs(partial_rank_correlation(deviation, mae, parameters)) < 0.1
    assert judge(deviation, mae, parameters).verdict == "no relation"


@pytest.mark.parametrize(("slope", "verdict"), [(1.0, "informed"), (-1.0, "misled")])
def test_a_strong_relation_is_seen(slope: float, verdict: str) -> None:
    result = judge(*sample(60, slope))
    assert result.verdict == verdict
    assert result.low <= result.correlation <= result.high
    assert verdict in result.words


def test_few_networks_cannot_tell() -> None:
    assert judge(*sample(12, slope=0)).verdict == "cannot tell"
    result = judge(*sample(5, slope=1))
    assert (result.verdict, result.correlation) == ("cannot tell", None)
    assert "at least 8 are needed" in result.words


@pytest.mark.parametrize("n", [8, 10, 12, 24])
def test_unrelated_quantities_rarely_look_related(n: int) -> None:
    """At a level of 5%, the few networks of a random design are judged so too."""
    found = [judge(*sample(n, slope=0, seed=seed)).verdict for seed in range(600)]
    share = 1 - found.count("cannot tell") / len(found)
    assert 0.01 < share < 0.085


def test_the_interval_is_that_of_a_rank_correlation() -> None:
    """Bonett and Wright's, with one degree of freedom less: for r = 0.5 and n = 28, by hand."""
    low, high = rank_interval(0.5, 28)
    assert (low, high) == pytest.approx((0.1243, 0.7503), abs=5e-4)
    assert rank_interval(-0.5, 28) == pytest.approx((-high, -low))
    assert -1 < rank_interval(-1.0, 8)[0] < rank_interval(-1.0, 8)[1] < 0


@pytest.mark.parametrize("what", ["deviation", "validation MAE"])
@pytest.mark.parametrize("same", [True, False], ids=["all the same", "given by the size"])
def test_what_the_size_leaves_nothing_of_cannot_be_told(what: str, same: bool) -> None:
    x, y, z = sample(24, slope=0.5)
    empty = np.zeros(24) if same else -np.log(z)
    given = (empty, y) if what == "deviation" else (x, empty)
    result = judge(*given, z)
    assert (result.verdict, result.correlation, result.low) == ("cannot tell", None, None)
    assert f"do not differ in {what} when" in result.words
    assert "+0.00" not in result.words


def test_the_order_of_networks_does_not_matter() -> None:
    x, y, z = sample(30, slope=0.5)
    order = np.random.default_rng(1).permutation(30)
    assert partial_rank_correlation(x, y, z) == pytest.approx(
        partial_rank_correlation(x[order], y[order], z[order])
    )


def test_partial_correlation_of_residuals() -> None:
    """Against the closed form for three variables."""
    from scipy.stats import spearmanr

    x, y, z = sample(50, slope=0.5)
    xy, xz, yz = (spearmanr(a, b)[0] for a, b in ((x, y), (x, z), (y, z)))
    expected = (xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2))
    assert partial_rank_correlation(x, y, z) == pytest.approx(expected)
