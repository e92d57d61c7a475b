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
from fusionnas.errors import BundleError, OptionError
from fusionnas.models.bundle import load_bundle
from fusionnas.models.card_words import in_short
from fusionnas.statistics.calibration import (
    FEWEST,
    MOST,
    Calibration,
    calibration_rows,
    fit_and_check,
    inside,
    laplace_nll,
)
from fusionnas.statistics.mixture import Mixture
from fusionnas.studies.folder import StudyFolder
from tests.made.made_study import made_study
from tests.made.small_data import small_dataset


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


@settings(max_examples=5, deadline=None)
@given(count=st.integers(20, 100), level=st.sampled_from([0.5, 0.9]))
def test_the_promise_holds_for_a_mixture_of_wrong_members(count: int, level: float) -> None:
    """Also where members disagree to one side and are far too sure."""

    def draw(rng: np.random.Generator, rows: int) -> tuple[Mixture, np.ndarray]:
        first = rng.normal(size=rows)
        second = first + rng.exponential(3, size=rows)
        target = np.where(rng.random(rows) < 0.8, first, second) + 0.3 * rng.normal(size=rows)
        return Mixture(np.stack([first, first + 0.1, second]), np.full((3, rows), 0.05)), target

    rng, shares = np.random.default_rng(count), []
    for _ in range(60):
        made = Calibration.of(*draw(rng, count))
        found, target = draw(rng, 100)
        shares.append(inside(made.interval(found, level), target))
    slack = 4 * np.std(shares) / np.sqrt(len(shares))
    assert level - slack <= np.mean(shares) <= level + 1 / (count + 1) + slack


def test_the_chance_of_a_value_agrees_with_the_intervals() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, 50))
    found = Mixture(values, np.full((3, 50), 0.4), how="median")
    made = Calibration.of(found, values[0] + rng.laplace(size=50))
    low, high = made.interval(found, 40 / 51)  # reaches to the 40th score
    for place in range(50):
        one = found.take(np.array([place]))
        below, up_to = (made.distribution(one, end[place])[0] for end in (low, high))
        assert up_to - below == pytest.approx(40 / 51, abs=1e-6)


def test_the_smallest_interval_that_has_the_guarantee() -> None:
    made = Calibration(np.arange(1.0, 10.0))  # nine scores
    assert made.factor(0.9) == 9  # ceil(10 * 0.9) = 9
    assert made.factor(0.5) == 5
    assert made.factor(0.01) == 1
    with pytest.raises(OptionError, match=r"needs 19 calibration compounds, .* has 9; use 0\.9"):
        made.factor(0.95)


@given(count=st.integers(FEWEST, MOST))
def test_the_highest_level_that_is_named_is_allowed(count: int) -> None:
    made = Calibration(np.arange(1.0, count + 1))
    with pytest.raises(OptionError, match="; use") as told:
        made.factor(1 - 1e-6)
    level = float(str(told.value).rsplit("use ", 1)[1].split()[0])
    assert made.factor(level) == count


@settings(max_examples=30, deadline=None)
@given(count=st.integers(0, 5000))
def test_which_rows(count: int) -> None:
    rows = calibration_rows(count)
    size = min(MOST, count // 2)
    assert rows.shape == (count,)
    assert rows.sum() == (size if size >= FEWEST else 0)
    assert (rows == calibration_rows(count)).all()


def test_rows_of_a_composition_are_on_one_side() -> None:
    groups = np.random.default_rng(0).permutation(np.repeat(np.arange(60), 4))
    rows = calibration_rows(240, groups)
    assert rows.sum() == 120
    assert not np.intersect1d(groups[rows], groups[~rows]).size
    few = np.arange(240) % (2 * FEWEST - 1)  # many rows of too few compositions
    assert not calibration_rows(240, few).any()
    found, target = drawn(np.random.default_rng(0), 240, too_sure=1.0)
    assert fit_and_check(found, target, groups=few) is None
    _, facts = fit_and_check(found, target, groups=groups) or pytest.fail("enough compositions")
    assert (facts["rows"], facts["checked_on"]) == (120, 120)


def test_checked_on_others_in_any_order() -> None:
    found, target = drawn(np.random.default_rng(0), 4000, too_sure=3.0)
    calibrated = fit_and_check(found, target)
    assert calibrated is not None
    made, facts = calibrated
    assert (facts["rows"], facts["checked_on"]) == (1000, 3000)
    assert facts["coverage_90_own"] < 0.6  # three times too sure
    assert abs(facts["coverage_90"] - 0.9) < 0.03
    assert facts["nll_scaled"] < facts["nll_own"]
    rest = found.take(~calibration_rows(4000))
    assert facts["width_90"] == pytest.approx(2 * made.factor(0.9) * rest.uncertainty.mean())
    assert facts["width_90_own"] < facts["width_90"]
    assert facts["scale"] == pytest.approx(made.scale)
    shuffled = np.random.default_rng(1).permutation(calibration_rows(4000).nonzero()[0])
    again = Calibration.of(found.take(shuffled), target[shuffled])
    assert again.scores.tolist() == made.scores.tolist()
    assert fit_and_check(found.take(np.arange(2 * FEWEST - 1)), target[: 2 * FEWEST - 1]) is None


def test_a_bounded_property_keeps_the_guarantee_in_narrower_intervals() -> None:
    rng = np.random.default_rng(0)
    value, spread = rng.exponential(size=4000) - 0.5, np.full(4000, 0.6)
    target = np.maximum(value + spread * rng.normal(size=4000), 0)
    results = []
    for bound in (-np.inf, 0.0):
        calibrated = fit_and_check(Mixture(value[None], spread[None], lower_bound=bound), target)
        assert calibrated is not None
        results.append(calibrated)
    (free, before), (made, facts) = results
    assert facts["coverage_90"] >= 0.88
    assert facts["width_90"] < before["width_90"]
    bounded = Mixture(value[None], spread[None], lower_bound=0.0)
    low, high = made.interval(bounded, 0.9)
    assert (low >= 0).all()
    assert (high >= low).all()
    assert (low == 0).sum() > 1000
    assert not made.distribution(bounded, -1e-9).any()
    assert (free.interval(Mixture(value[None], spread[None]), 0.9)[0] < 0).any()


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
    with pytest.raises(OptionError, match="; use"):
        model.predict(["NaCl"], interval=0.9999)
    card = (study.best / "model_card.md").read_text()
    assert "90% intervals of `predict` are corrected" in card
    width = in_short(facts["width_90"], "Pauling")
    assert f"; their mean width is {width} (uncorrected" in card
    assert "so no prediction and no end of an interval is below 0." in card
    assert model.manifest["lower_bound"] == 0


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


def test_without_a_calibration_the_interval_is_the_network_s_own(study: StudyFolder) -> None:
    from fusionnas.models.predictor import Predictor

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
    for damaged in (
        "{",
        json.dumps({"method": "x"}),
        json.dumps({"scores": "a"}),
        json.dumps({"scores": []}),
        json.dumps({"scores": [1.0, float("nan")]}),
    ):
        with pytest.raises(BundleError, match="calibration"):
            Calibration.from_json(damaged)


@settings(max_examples=30, deadline=None)
@given(
    scores=st.lists(st.floats(0, 50), min_size=20, max_size=200),
    levels=st.tuples(st.floats(0.05, 0.95), st.floats(0.05, 0.95)),
)
def test_a_higher_level_is_never_a_narrower_interval(
    scores: list[float], levels: tuple[float, float]
) -> None:
    made = Calibration(np.sort(scores))
    assert made.factor(min(levels)) <= made.factor(max(levels))
    assert np.mean(np.array(scores) <= made.factor(max(levels))) >= max(levels)


def test_a_correction_survives_every_digit(study: StudyFolder, tmp_path: Path) -> None:
    """Through a file, and through an estimator that holds a network from a study."""
    made = Calibration.of(*drawn(np.random.default_rng(3), 300))
    assert Calibration.from_json(made.to_json()).scores.tolist() == made.scores.tolist()
    fitted = fusionnas.FusionRegressor()
    fitted.predictor_ = fusionnas.load(study.best)
    fitted.save(tmp_path / "saved")
    frames = [fusionnas.load(path).predict(["SrTiO3"]) for path in (study.best, tmp_path / "saved")]
    for end in ("lower", "upper"):
        assert frames[0][end].tolist() == frames[1][end].tolist()


def test_the_order_of_the_file_chooses_no_compound() -> None:
    from fusionnas.data.sources import load_dataset

    frame = small_dataset(900).to_frame()[["formula", "target"]]
    found = []
    for table in (frame, frame.sample(frac=1, random_state=1)):
        data = load_dataset(table.reset_index(drop=True), seed=0)
        test = data.table.take(data.parts.test)
        found.append(test.take(np.flatnonzero(calibration_rows(len(test)))).keys().tolist())
    assert found[0] == found[1]


def test_the_compounds_of_a_correction_are_in_no_other_part() -> None:
    """By composition, since one composition may be written as several formulas."""
    data = small_dataset(900)
    rows = data.parts.test[calibration_rows(len(data.parts.test))]
    keys = data.table.keys()
    for others in (data.parts.train, data.parts.val, np.setdiff1d(data.parts.test, rows)):
        assert not np.intersect1d(keys[rows], keys[others]).size


def test_uncorrected_intervals_are_told(study: StudyFolder, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from fusionnas.cli import app

    plain = tmp_path / "plain"
    fitted = fusionnas.FusionRegressor("lstm", width=8, epochs=1)
    data = small_dataset(120).to_frame()
    fitted.fit(data["formula"].tolist(), data["target"].to_numpy()).save(plain)
    csv = tmp_path / "in.csv"
    csv.write_text("formula\nSrTiO3\n")
    for bundle, told in ((plain, True), (study.best, False)):
        for asked in (["SrTiO3"], ["--csv", str(csv), "-o", str(tmp_path / "out.csv")]):
            done = CliRunner().invoke(app, ["predict", str(bundle), *asked])
            assert done.exit_code == 0, done.output
            assert ("not corrected" in done.stderr) is told


def test_a_card_tells_of_uncorrected_intervals(study: StudyFolder) -> None:
    from fusionnas.models.model_card import model_card

    manifest = dict(load_bundle(study.best).manifest)
    assert "the network's own, uncorrected" not in model_card(manifest)
    del manifest["interval"]
    assert "the network's own, uncorrected" in model_card(manifest)


def test_of_other_trials_the_rest_of_the_test_part_stays_unseen(
    study: StudyFolder, tmp_path: Path
) -> None:
    from fusionnas.workflows.export import write_trial

    chosen = study.summary()["chosen"]["number"]
    trials = study.trials()
    other = next(n for n in trials.loc[trials["state"] == "done", "number"] if n != chosen)
    write_trial(study, study.summary(), int(other), "by number", tmp_path / "other")
    bundle = load_bundle(tmp_path / "other")
    assert bundle.calibration is not None
    facts = bundle.manifest["interval"]
    assert facts["factor_90"] == bundle.calibration.factor(0.9)
    assert not {"coverage_90", "nll_own", "checked_on"} & set(facts)
    card = (tmp_path / "other" / "model_card.md").read_text()
    assert "on others they were not checked" in card
