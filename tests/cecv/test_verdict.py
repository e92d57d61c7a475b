from __future__ import annotations

import numpy as np
import pytest

from fusionnas.cecv.verdict import judge, partial_rank_correlation


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
