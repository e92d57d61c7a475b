"""Several targets from a table to predictions, and what needs one of them."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from shutil import copytree, rmtree

import numpy as np
import pandas as pd
import pytest

import fusionnas as package
from fusionnas.data.dataset import Dataset
from fusionnas.data.sources import load_dataset
from fusionnas.data.table import CompositionTable
from fusionnas.errors import DataError
from fusionnas.estimators import FusionRegressor
from fusionnas.models.predictor import Predictor
from fusionnas.statistics.mixture import Mixture
from fusionnas.workflows.alone import against_alone
from tests.made.command_line import fusionnas
from tests.made.several import NAMES, UNITS, bundle_of_targets, table_of_targets

FORMULAS = ["SrTiO3", "NaCl", "Fe2O3"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("targets")
    copytree(bundle_of_targets(), path / "model")
    table_of_targets().to_csv(path / "table.csv", index=False)
    return path


@pytest.fixture(scope="module")
def model() -> Predictor:
    return Predictor.load(bundle_of_targets())


@pytest.fixture(scope="module")
def data() -> Dataset:
    return load_dataset(table_of_targets(), target_column=NAMES, unit=UNITS)


def test_the_manifest_reports_each_target(folder: Path, data: Dataset) -> None:
    manifest = json.loads((folder / "model" / "manifest.json").read_text())
    assert manifest["task"] == "multi-target"
    assert manifest["metrics"]["skill"] > 0.2
    for place, one in enumerate(manifest["targets"]):
        own = data.of_target(place)
        assert one["target"] == NAMES[place]
        assert one["data"]["compositions"]["test"] == len(own.parts.test)
        metrics = one["metrics"]
        assert metrics["val_mae"] == manifest["metrics"][f"val_mae/{NAMES[place]}"]
        assert metrics["test_mae"] == pytest.approx(manifest["metrics"][f"test_mae/{NAMES[place]}"])
        assert metrics["usefulness"]["words"].startswith(f"{NAMES[place]}: The network errs by")
    card = (folder / "model" / "model_card.md").read_text()
    assert "Predicts 3 properties" in card
    for name in NAMES:
        assert f"| {name} | " in card


def test_predictions_have_columns_for_each_target(model: Predictor) -> None:
    frame = model.predict(FORMULAS)
    kinds = ("value", "lower", "upper", "uncertainty", "unit")
    for place, name in enumerate(NAMES):
        one = model.each[place].predict(FORMULAS)
        for kind in kinds:
            assert frame[f"{kind}_{name}"].tolist() == one[kind].tolist()
    assert {"far", "nearest_training"} < set(frame.columns)
    assert "value" not in frame
    again = pickle.loads(pickle.dumps(model)).predict(FORMULAS)
    pd.testing.assert_frame_equal(again, frame)


def test_a_target_after_a_colon_is_a_model_of_one(folder: Path, model: Predictor) -> None:
    one = package.load(f"{folder / 'model'}:sum")
    assert one.manifest["target"] == "sum"
    expected = model.predict(FORMULAS)["value_sum"].tolist()
    assert one.predict(FORMULAS)["value"].tolist() == expected
    parts = one.shares("NaCl")
    assert sum(parts.values()) == pytest.approx(expected[1], rel=1e-5)
    done = fusionnas("predict", "model:sum", "NaCl", "--above", "0", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "wanted with" in done.stdout


def test_the_lines_and_the_csv_of_predict(folder: Path, model: Predictor) -> None:
    done = fusionnas("predict", "model", "NaCl", "Qq", cwd=folder)
    assert [line.split()[:1] for line in done.stdout.splitlines()] == [
        ["NaCl"],
        ["elements"],
        ["sum"],
    ]
    assert "not predicted: 'Qq'" in done.stderr
    options = ("--where", "value_sum > 0 and not far", "--sort", "value_sum")
    done = fusionnas("predict", "model", "--csv", "table.csv", "-o", "o.csv", *options, cwd=folder)
    assert done.returncode == 0, done.stderr
    written = pd.read_csv(folder / "o.csv", keep_default_na=False)
    assert written["value_sum"].is_monotonic_decreasing
    assert {f"lower_{name}" for name in NAMES} < set(written.columns)


def test_a_training_prints_each_target(folder: Path) -> None:
    options = ("--target-column", "electronegativity,sum", "--width", "8", "--epochs", "1")
    done = fusionnas("train", "gru", "--data", "table.csv", *options, "-o", "other", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "2 targets are learned together: electronegativity (" in done.stderr
    assert "'sum': " in done.stderr
    assert "(MAE: electronegativity " in done.stdout


def test_alone_tells_which_targets_gain(folder: Path) -> None:
    options = ("--target-column", "electronegativity,sum", "--width", "8", "--epochs", "1")
    command = ("train", "gru", "--data", "table.csv", *options, "--alone", "-o", "both")
    done = fusionnas(*command, cwd=folder)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((folder / "both" / "manifest.json").read_text())
    beside = sorted(path.name for path in (folder / "both-alone").iterdir())
    assert beside == ["1-electronegativity", "2-sum"]
    for one, name in zip(manifest["targets"], beside, strict=True):
        alone = json.loads((folder / "both-alone" / name / "manifest.json").read_text())
        own = alone["metrics"]["test_mae"]
        assert one["alone"]["test_mae"] == pytest.approx(own)
        assert one["alone"]["difference"] == pytest.approx(one["metrics"]["test_mae"] - own)
        assert one["alone"]["words"] in done.stdout
        assert one["alone"]["words"] in (folder / "both" / "model_card.md").read_text()
    # what is finished is not trained again
    rmtree(folder / "both")
    rmtree(folder / "both-alone" / "2-sum")
    kept = (folder / "both-alone" / beside[0] / "manifest.json").stat().st_mtime_ns
    assert fusionnas(*command, cwd=folder).returncode == 2
    done = fusionnas(*command, "--resume", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert (folder / "both-alone" / beside[0] / "manifest.json").stat().st_mtime_ns == kept
    assert json.loads((folder / "both" / "manifest.json").read_text())["targets"][1]["alone"]
    # what was trained in another way cannot be compared
    rmtree(folder / "both")
    done = fusionnas(*command, "--layer-rates", "all=0.5", "--resume", cwd=folder)
    assert done.returncode == 2
    assert "both-alone/1-electronegativity exists already" in done.stderr


@pytest.mark.parametrize(
    ("low", "high", "answer", "words"),
    [
        (-2.0, -1.0, "gained", "it gained by being trained together: the test MAE fell by"),
        (1.0, 2.0, "lost", "the test MAE rose by"),
        (-1.0, 1.0, "within chance", "it is predicted equally well"),
    ],
)
def test_the_answer_follows_from_the_interval(
    data: Dataset, low: float, high: float, answer: str, words: str
) -> None:
    own = data.of_target(0)
    test = own.table.take(own.parts.test)
    shift = np.linspace(low, high, len(test))
    truth = own.targets[own.parts.test]

    class Fixed:
        def __init__(self, off: np.ndarray) -> None:
            self.off = off

        def mixture(self, table: CompositionTable) -> Mixture:
            return Mixture((truth + self.off)[None], np.ones((1, len(table))))

    found = against_alone(Fixed(3 + shift), Fixed(np.full(len(test), 3.0)), own)  # type: ignore[arg-type]
    assert found["answer"] == answer
    assert words in found["words"]
    assert found["difference"] == pytest.approx(shift.mean())


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("predict", "model", "NaCl", "--above", "3"), "and a range of wanted values needs one"),
        (("predict", "model:smu", "NaCl"), "'model' has no target 'smu'; did you mean 'sum'"),
        (("explain", "model", "NaCl"), "name it after a colon, such as MODEL:electronegativity"),
        (("compare", "model:sum", "model", "--data", "table.csv"), "'model:sum' is named twice"),
        (("compare", "model", "--data", "table.csv"), "Name at least two networks to compare"),
        (
            ("compare", "model", "model", "--data", "table.csv", "--target-column", "sum"),
            "for another one name the target after a colon",
        ),
        (("sweep", "model", "Na", "Cl"), "needs one: name it after a colon"),
        (("suggest", "model", "--system", "Li-O", "--goal", "max"), "and a suggestion needs one"),
        (
            ("train", "lstm", "--data", "table.csv", "--target-column", "sum,sum", "-o", "more"),
            "--target-column names 'sum' twice",
        ),
        (
            ("train", "lstm", "--data", "table.csv", "--target-column", "sum", "--skip-bad-rows",
             "--alone", "-o", "more"),
            "--alone compares with each of several targets",
        ),
        (
            ("train", "lstm", "--data", "table.csv", "--target-column", "sum,elements",
             "--weight-column", "electronegativity", "-o", "more"),
            "weights and error bars are for one target; name one of sum, elements",
        ),
    ],
)  # fmt: skip
def test_what_needs_one_target_says_so(
    folder: Path, command: tuple[str, ...], message: str
) -> None:
    done = fusionnas(*command, cwd=folder)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_the_regressor_learns_columns_of_y(data: Dataset, tmp_path: Path) -> None:
    frame = table_of_targets()
    formulas, y = frame["formula"].tolist(), frame[list(NAMES)]
    model = FusionRegressor("lstm", width=8, epochs=2, unit=UNITS, calibration_share=0.4)
    model.fit(formulas, y)
    value, deviation = model.predict(formulas[:5], return_std=True)
    lower, upper = model.predict_interval(formulas[:5])
    assert value.shape == deviation.shape == lower.shape == upper.shape == (5, 3)
    assert ((lower <= value) & (value <= upper)).all()
    assert model.predictor_.is_corrected
    found = package.load(model.save(tmp_path / "saved"))
    assert found.is_corrected
    assert (tmp_path / "saved" / "calibration-3.json").is_file()
    np.testing.assert_allclose(
        found.predict(formulas[:5])[[f"value_{name}" for name in NAMES]], value, rtol=1e-5
    )
    assert model.metrics_["val_relative_mae"] > 0
    order = np.random.default_rng(0).permutation(len(formulas))
    again = FusionRegressor("lstm", width=8, epochs=2, unit=UNITS, calibration_share=0.4).fit(
        [formulas[row] for row in order], y.to_numpy()[order]
    )
    np.testing.assert_array_equal(again.predict(formulas[:5]), value)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.full((240, 2), np.nan), "y has no value of 'target_1' in any row"),
        (np.full((240, 2), np.inf), "infinite in row 0 of 'target_1'"),
        (np.ones((240, 2)), "'target_1' is 1 in all"),
        (np.full((240, 2), "high"), "y must be numbers, with NaN for gaps"),
    ],
)
def test_columns_of_y_that_cannot_be_learned(y: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        FusionRegressor("lstm").fit(table_of_targets()["formula"], y)
