"""The published series of Du et al. (clusters of Si compounds, OQMD formation enthalpy) as goldens.

`published.csv`: LSTM and L-G-DCNN as printed, the others read off the figure (good to 10 counts).
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from fusionnas.cecv.clustering import THRESHOLDS
from fusionnas.cecv.guidance import explain, summary, tendency
from fusionnas.cecv.target_band import Reference, TargetBand
from fusionnas.cecv.vector import Cecv, Provenance
from fusionnas.errors import CECVError

COMPOUNDS = 2309
PROVENANCE = Provenance("readout_input", "leader", "within", "Si", "abc")


def published(series: str) -> list[float]:
    with (Path(__file__).parent / "published.csv").open() as file:
        row = next(r for r in csv.DictReader(file) if r["series"] == series)
    return [float(v) for k, v in row.items() if k != "series" and v]


def vector(counts: list[float], provenance: Provenance = PROVENANCE) -> Cecv:
    t = THRESHOLDS[: len(counts)]
    left_out = {"too_few_elements": 65, "degenerate": 0}
    return Cecv(t, tuple(counts), {3: tuple(counts)}, COMPOUNDS, left_out, provenance)


@pytest.fixture
def band() -> TargetBand:
    return TargetBand.of(
        [
            Reference("global", 512, 0, vector(published("lstm"))),
            Reference("local", 512, 0, vector(published("dcnn_k1"))),
        ]
    )


def test_the_centre_is_the_drawn_line(band: TargetBand) -> None:
    drawn = np.array(published("target_centre"))
    assert np.abs(band.centre(512) * COMPOUNDS - drawn).max() < 25


@pytest.mark.parametrize(
    ("series", "first", "last", "deviation"),
    [
        ("ldcnn", 0, 8, 0.276),
        ("l_g_dcnn", 0, 8, 0.244),
        ("lstm", 0, 8, 0.250),
        ("dcnn_k1", 0, 8, 0.750),
        ("ldcnn", 0, 4, 0.267),
        ("l_g_dcnn", 0, 4, 0.171),
        ("l_g_dcnn_v1", 0, 4, 0.114),
        ("lstm", 0, 4, 0.107),
        ("ldcnn", 4, 8, 0.284),
        ("l_g_dcnn", 4, 8, 0.317),
    ],
)
def test_published_deviations(
    band: TargetBand, series: str, first: int, last: int, deviation: float
) -> None:
    counts = published(series)
    counts += [0.0] * (8 - len(counts))
    guidance = band.score(np.array(counts) / COMPOUNDS, 512).guidance[first:last]
    assert np.mean(np.abs(np.array(guidance, float))) == pytest.approx(deviation, abs=0.005)


def test_the_centre_itself_scores_zero(band: TargetBand) -> None:
    score = band.score(band.centre(512), 512)
    assert score.deviation == pytest.approx(0, abs=1e-12)
    assert score.excess == 0
    assert {tendency(g) for g in score.guidance} == {"in the band"}


def test_the_sign_says_too_local_or_too_global(band: TargetBand) -> None:
    local = band.score(np.array(published("dcnn_k1")) / COMPOUNDS, 512)
    assert all(g > 0 for g in local.guidance)
    global_ = band.score(np.array(published("lstm")) / COMPOUNDS, 512)
    assert all(g <= 0 for g in global_.guidance)
    words = summary(THRESHOLDS, global_.guidance)
    assert "too global at 0.20" in words
    assert "in the band at 0.05" in words


def test_excess_starts_at_the_edge_of_the_band(band: TargetBand) -> None:
    g, k = band.references_at(512)
    off = band.centre(512) + 0.25 * (k - g)
    assert band.score(off, 512).deviation == pytest.approx(0.25)
    assert band.score(off, 512).excess == pytest.approx(0.10)


def test_references_are_interpolated_in_log_width() -> None:
    rows = []
    for width, g, k in ((32, 0.4, 0.8), (128, 0.2, 0.6)):
        rows.append(Reference("global", width, 0, vector([g * COMPOUNDS] * 8)))
        rows.append(Reference("local", width, 0, vector([k * COMPOUNDS] * 8)))
    g, k = TargetBand.of(rows).references_at(64)
    assert g == pytest.approx(np.full(8, 0.3))
    assert k == pytest.approx(np.full(8, 0.7))


def test_thresholds_within_the_seed_noise_are_dropped() -> None:
    def reference(side: str, seed: int, noise: float) -> Reference:
        base = 400.0 if side == "global" else 500.0
        counts = [base + (noise if seed else -noise) * (t > 0.32) for t in THRESHOLDS]
        return Reference(side, 64, seed, vector(counts))

    rows = [reference(side, seed, 60) for side in ("global", "local") for seed in (0, 1)]
    band = TargetBand.of(rows)
    assert band.dropped == (0.35, 0.40)
    assert band.exists
    score = band.score(np.full(8, 450 / COMPOUNDS), 64)
    assert score.guidance[-1] is None
    assert "not counted" in {tendency(g) for g in score.guidance}
    assert "0.35, 0.40" in band.describe()


def test_thresholds_where_the_curves_cross_between_widths_are_no_noise() -> None:
    rows = []
    for width, gap in ((16, -50.0), (32, 50.0)):
        g = [900.0, 800.0, 700.0, 600.0, 500.0, 400.0, 300.0, 200.0]
        k = [count + 50.0 for count in g[:-1]] + [g[-1] + gap]
        rows += [Reference("global", width, seed, vector(g)) for seed in (0, 1)]
        rows += [Reference("local", width, seed, vector(k)) for seed in (0, 1)]
    band = TargetBand.of(rows)
    assert band.dropped == (0.40,)
    assert band.describe() == (
        "The target band rests on 7 thresholds. Dropped, because the references are equal there, "
        "or change their order between the widths: 0.40."
    )
    last = explain(vector([500.0] * 8), band, 16)[-1]
    assert "the references are equal there, or change their order" in last.arithmetic


def test_no_band_between_references_that_are_alike() -> None:
    rows = [Reference(s, 64, 0, vector([400.0] * 8)) for s in ("global", "local")]
    band = TargetBand.of(rows)
    assert not band.exists
    assert "no target band" in band.describe()
    with pytest.raises(CECVError, match="no target band"):
        band.score(np.ones(8), 64)


def test_vectors_of_another_kind_are_refused() -> None:
    other = Provenance("input", "leader", "within", "Si", "abc")
    rows = [
        Reference("global", 64, 0, vector([400.0] * 8)),
        Reference("local", 64, 0, vector([500.0] * 8, other)),
    ]
    with pytest.raises(CECVError, match="their tap differs"):
        TargetBand.of(rows)


def test_a_missing_reference_is_named() -> None:
    with pytest.raises(CECVError, match="no local reference of width 64"):
        TargetBand.of([Reference("global", 64, 0, vector([400.0] * 8))])


def test_round_trip(band: TargetBand) -> None:
    again = TargetBand.from_dict(band.to_dict())
    c = np.linspace(0.3, 0.01, 8)
    assert again.score(c, 512) == band.score(c, 512)
    counts = vector(published("ldcnn"))
    assert Cecv.from_dict(counts.to_dict()) == counts
