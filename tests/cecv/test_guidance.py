"""Guidance in words, on the published vectors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fusionnas.cecv.guidance import explain, summary
from fusionnas.cecv.target_band import Reference, TargetBand
from fusionnas.errors import CECVError
from tests.cecv.test_target_band import PROVENANCE, published, vector


@pytest.fixture
def band() -> TargetBand:
    return TargetBand.of(
        [
            Reference("global", 512, 0, vector(published("lstm"))),
            Reference("local", 512, 0, vector(published("dcnn_k1"))),
        ]
    )


def test_each_sentence_carries_its_arithmetic(band: TargetBand) -> None:
    rows = explain(vector(published("ldcnn")), band, 512)
    first, last = rows[0], rows[-1]
    # 694 of 2309 between 376 (LSTM) and 910 (DCNN-K1), no weight on the local side
    assert first.words == "too local"
    assert first.arithmetic == (
        "c = 694 / 2309 = 0.301, g = 0.163, k = 0.394, T = g + 0.00 (k - g) = 0.163, "
        "(c - T) / (k - g) = +0.60"
    )
    # 23 between 14 and 113, the centre halfway
    assert last.words == "too global"
    assert last.guidance == pytest.approx((23 - 63.5) / (113 - 14))
    for row in rows:
        expected = (row.c - (row.g + row.weight * (row.k - row.g))) / (row.k - row.g)
        assert row.guidance == pytest.approx(expected)


def test_a_dropped_threshold_says_why(band: TargetBand) -> None:
    kept = np.array([True] * 7 + [False])
    last = explain(vector(published("ldcnn")), replace(band, kept=kept), 512)[-1]
    assert last.words == "not counted"
    assert "less than twice their seed noise" in last.arithmetic


def test_the_remedy_follows_the_side_that_is_off_more_often() -> None:
    t = (0.05, 0.10, 0.15)
    local = summary(t, (0.5, 0.4, -0.3))
    assert "too local at 0.05, 0.10; too global at 0.15" in local
    assert "strengthen the global part" in local
    assert "strengthen the local part" in summary(t, (-0.5, 0.0, -0.3), "Net")
    assert summary(t, (0.1, -0.1, None)) == "The chosen network is in the band at 0.05, 0.10."
    assert summary(t, (None, None, None)) == "No threshold counts."


def test_vectors_made_otherwise_are_refused(band: TargetBand) -> None:
    other = vector(published("ldcnn"), replace(PROVENANCE, rule="pairs"))
    with pytest.raises(CECVError, match="rule"):
        explain(other, band, 512)
