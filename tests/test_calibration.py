"""Corrected intervals: the guarantee, their way through a bundle, and that nothing leaks."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fusionnas
from fusionnas.bundle import load_bundle
from fusionnas.calibration import (
    FEWEST,
    MOST,
    Calibration,
    calibration_rows,
    fit_and_check,
    inside,
    laplace_nll,
)
from fusionnas.errors import BundleError, OptionError
from fusionnas.study_folder import StudyFolder
from fusionnas.uncertainty import Mixture
from tests.made_study import made_study
from tests.small_data import small_dataset


def drawn(
    rng: np.random.Generator, count: int, too_sure: float = 1.0
) -> tuple[Mixture, np.ndarray]:
    """Predictions with uncertainties that are wrong by a factor, and normal errors."""
    value = rng.normal(size=count)
    spread = rng.uniform(0.1, 3, size=count)
    target = value + spread * rng.normal(size=count)
    return Mixture(value[None], spread[None] / too_sure), target


@settings(max_examples=15, deadline=None)
@given(
    count=st.integers(20, 400),
    level=st.sampled_from([0.5, 0.8, 0.9]),
    too_sure=st.sampled_from([0.2, 1.0, 5.0]),
)
def test_the_interval_holds_what_it_promises(count: int, level: float, too_sure: float) -> None:
    """On average over calibration sets: between the level and 1 / (N + 1) above it."""
    rng = np.random.default_rng(count)
    shares = []
    for _ in range(200):
        made = Calibration.of(*drawn(rng, count, too_sure))
        found, target = drawn(rng, 200, too_sure)
        shares.append(inside(made.interval(found, level), target))
    slack = 4 * np.std(shares) / np.sqrt(len(shares))
    assert level - slack <= np.mean(shares) <= level + 1 / (count + 1) + slack


def test_the_smallest_interval_that_has_the_guarantee() -> None:
    made = Calibration(np.arange(1.0, 10.0))  # nine scores
    assert made.factor(0.9) == 9  # ceil(10 * 0.9) = 9
    assert made.factor(0.5) == 5
    assert made.factor(0.01) == 1
    with pytest.raises(
        OptionError, match=r"needs 19 calibration compounds, .* has 9; ask for 0\.9"
    ):
        made.factor(0.95)


@settings(max_examples=30, deadline=None)
@given(count=st.integers(0, 5000))
def test_which_rows(count: int) -> None:
    rows = calibration_rows(count)
    size = min(MOST, count // 2)
    assert rows.shape == (count,)
    assert rows.sum() == (size if size >= FEWEST else 0)
    assert (rows == calibration_rows(count)).all()


def test_checked_on_others_in_any_order() -> None:
    found, target = drawn(np.random.default_rng(0), 4000, too_sure=3.0)
    calibrated = fit_and_check(found, target)
    assert calibrated is not None
    made, facts = calibrated
    assert (facts["rows"], facts["checked_on"]) == (1000, 3000)
    assert facts["coverage_90_own"] < 0.6  # three times too sure
    assert abs(facts["coverage_90"] - 0.9) < 0.03
    assert facts["nll_scaled"] < facts["nll_own"]
    assert facts["scale"] == pytest.approx(made.scale)
    shuffled = np.random.default_rng(1).permutation(calibration_rows(4000).nonzero()[0])
    again = Calibration.of(found.take(shuffled), target[shuffled])
    assert again.scores.tolist() == made.scores.tolist()
    assert fit_and_check(found.take(np.arange(60)), target[:60]) is None


def test_the_scale_minimises_the_likelihood() -> None:
    found, target = drawn(np.random.default_rng(0), 500, too_sure=2.0)
    best = Calibration.of(found, target).scale
    at_best = laplace_nll(found, target, best)
    assert at_best < min(laplace_nll(found, target, best * f) for f in (0.9, 1.1))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return made_study(tmp_path_factory.mktemp("calibrated"), small_dataset(900), trials=8)


def test_a_bundle_predicts_corrected_intervals(study: StudyFolder) -> None:
    model = fusionnas.load(study.best)
    facts = model.manifest["interval"]
    assert facts["rows"] + facts["checked_on"] == (study.data()["part"] == "test").sum()
    assert study.summary()["interval"] == facts
    frame = model.predict(["SrTiO3", "NaCl"])
    reach = (frame["upper"] - frame["value"]) / frame["uncertainty"]
    assert reach.tolist() == pytest.approx([facts["factor_90"]] * 2, rel=1e-3)
    assert (frame["value"] - frame["lower"]).tolist() == pytest.approx(
        (frame["upper"] - frame["value"]).tolist()
    )
    again = pickle.loads(pickle.dumps(model)).predict(["SrTiO3", "NaCl"])
    assert again["upper"].tolist() == pytest.approx(frame["upper"].tolist())
    with pytest.raises(OptionError, match="ask for"):
        model.predict(["NaCl"], interval=0.9999)
    card = (study.best / "model_card.md").read_text()
    assert "90% intervals of `predict` are corrected" in card


def test_the_correction_is_of_compounds_that_chose_nothing(study: StudyFolder) -> None:
    """Recomputed from the study's own files: test compounds alone, none of another part."""
    import pandas as pd

    table = pd.read_csv(study.path / "test_predictions.csv", na_filter=False)
    rows = calibration_rows(len(table))
    scores = np.abs(table["target"] - table["prediction"]) / table["uncertainty"]
    kept = load_bundle(study.best).calibration
    assert kept is not None
    np.testing.assert_allclose(kept.scores, np.sort(scores[rows]), rtol=1e-3)
    data = study.data()
    others = set(data.loc[data["part"] != "test", "formula"])
    assert not others & set(table.loc[rows, "formula"])


def test_an_ensemble_has_its_own(study: StudyFolder, tmp_path: Path) -> None:
    from fusionnas.ensemble_export import export_ensemble

    facts = export_ensemble(study.path, tmp_path / "ensemble", members=2)
    model = fusionnas.load(tmp_path / "ensemble")
    assert model.calibration is not None
    alone = fusionnas.load(tmp_path / "ensemble" / "members" / "1")
    assert alone.calibration is not None
    assert model.calibration.scores.tolist() != alone.calibration.scores.tolist()
    assert facts["metrics"]["test_coverage_90"] == facts["interval"]["coverage_90"]


def test_without_a_calibration_the_interval_is_the_network_s_own(study: StudyFolder) -> None:
    from fusionnas.predict import Predictor

    bundle = load_bundle(study.best)
    own = Predictor(type(bundle)(bundle.network, bundle.scaler, bundle.manifest))
    assert own.calibration is None
    frame = own.predict(["NaCl"])
    low, high = own.mixture(_encoded(["NaCl"])).interval(0.9)
    assert (frame["lower"][0], frame["upper"][0]) == (low[0], high[0])


def _encoded(formulas: list[str]):  # type: ignore[no-untyped-def]
    from fusionnas.data.table import encode_formulas

    return encode_formulas(formulas)


def test_a_damaged_file_is_told() -> None:
    text = Calibration(np.array([1.0, 2.0])).to_json()
    assert Calibration.from_json(text).scores.tolist() == [1.0, 2.0]
    for damaged in ("{", json.dumps({"method": "x"}), json.dumps({"scores": "a"})):
        with pytest.raises(BundleError, match="calibration"):
            Calibration.from_json(damaged)
