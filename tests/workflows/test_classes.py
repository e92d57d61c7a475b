"""Classes from a table to a model: training, predictions, and what is refused."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fusionnas as package
from fusionnas.errors import OptionError
from fusionnas.models.predictor import Predictor
from tests.made.command_line import fusionnas
from tests.made.small_data import small_dataset


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of two words, one of three, and a network that was trained on the first."""
    path = tmp_path_factory.mktemp("classes")
    data = small_dataset(300)
    low, high = np.quantile(data.targets, [1 / 3, 1 / 2])
    frame = pd.DataFrame({"formula": data.table.formulas()})
    frame["kind"] = np.where(data.targets > high, "ionic", "metallic")
    frame["number"] = (frame["kind"] == "ionic").astype(int)
    frame[["formula", "kind"]].to_csv(path / "two.csv", index=False)
    frame[["formula", "number"]].to_csv(path / "numbers.csv", index=False)
    one = frame[frame["kind"] == "ionic"][["formula", "kind"]]
    one.to_csv(path / "one.csv", index=False)
    pd.concat([one, pd.DataFrame({"formula": ["FeNi3"], "kind": ["metallic"]})]).to_csv(
        path / "lone.csv", index=False
    )
    frame["kind"] = np.where(data.targets < low, "other", frame["kind"])
    frame[["formula", "kind"]].to_csv(path / "three.csv", index=False)
    options = ("--width", "16", "--epochs", "30", "--output", "model")
    done = fusionnas("train", "lstm", "--data", "two.csv", *options, cwd=path)
    assert done.returncode == 0, done.stderr
    assert "the classes are 'ionic' (150) and 'metallic' (150)" in done.stderr
    assert "validation log loss" in done.stderr
    assert "ROCAUC" in done.stdout
    assert "MAE" not in done.stdout + done.stderr
    return path


def test_the_manifest_and_the_card_speak_of_classes(folder: Path) -> None:
    manifest = json.loads((folder / "model" / "manifest.json").read_text())
    assert (manifest["task"], manifest["classes"]) == ("classification", ["ionic", "metallic"])
    assert manifest["metrics"]["test_roc_auc"] > 0.8
    assert manifest["recipe"]["loss"] == "log_loss"
    temperature = manifest["temperature"]["value"]
    assert manifest["scaling"]["std"] == pytest.approx(1 / temperature)
    card = (folder / "model" / "model_card.md").read_text()
    assert "Predicts the class 'kind' (ionic or metallic)" in card
    assert "| balanced accuracy |" in card
    assert "MAE" not in card


def test_predictions_are_a_class_and_its_probability(folder: Path) -> None:
    done = fusionnas("predict", "model", "CsF", "FeNi", "Qq", cwd=folder)
    assert "ionic  with " in done.stdout
    assert " with 90%)" in done.stdout
    assert "not predicted: 'Qq'" in done.stderr
    frame = package.load(folder / "model").predict(["CsF", "FeNi"])
    assert list(frame.columns[:4]) == ["formula", "class", "probability", "value"]
    second = (frame["class"] == "metallic").to_numpy()
    expected = np.where(second, frame["value"], 1 - frame["value"])
    np.testing.assert_allclose(frame["probability"], expected)
    assert (frame["probability"] >= 0.5).all()


def test_a_csv_gets_a_class_for_each_row(folder: Path) -> None:
    done = fusionnas("predict", "model", "--csv", "two.csv", "-o", "out.csv", cwd=folder)
    assert done.returncode == 0, done.stderr
    written = pd.read_csv(folder / "out.csv")
    assert (written["class"] == written["kind"]).mean() > 0.8


def test_unequal_classes_are_weighted(folder: Path) -> None:
    frame = pd.read_csv(folder / "numbers.csv")
    few = frame[frame["number"] == 1].head(30)
    unequal = pd.concat([frame[frame["number"] == 0], few])
    unequal.to_csv(folder / "few.csv", index=False)
    options = ("--width", "8", "--epochs", "1", "--task", "classification", "-o", "few")
    done = fusionnas("train", "lstm", "--data", "few.csv", *options, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "both have the same weight in the loss" in done.stderr


def test_numbers_are_classes_if_asked_for(folder: Path) -> None:
    options = ("--width", "8", "--epochs", "1", "--task", "classification")
    done = fusionnas("train", "lstm", "--data", "numbers.csv", *options, "-o", "asked", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert package.load(folder / "asked").classes == ("0", "1")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("search --data two.csv --objectives val_mae", "must be val_log_loss for classification"),
        ("search --data one.csv --task classification", "one class alone"),
        ("search --data lone.csv", "has 1 row"),
        ("compare model model", "is named twice"),
        ("compare model --worth", "There is no study 'model'"),
        ("suggest model --candidates two.csv --goal max", "--goal must be a class of the model"),
        ("train --data two.csv --init-from model:ionic -o x", "leave ':ionic' out"),
        ("train --data three.csv --init-from model --freeze readout -o x", "cannot be frozen"),
        ("compare model:ionic few", "leave ':ionic' out"),
        ("train lstm --data two.csv --task regression -o x", "not a finite number"),
        ("predict model CsF --above 1", "predicts a class"),
        ("predict model CsF --interval 0.999", "calibration compounds"),
        ("predict few CsF --interval 0.5", "no prediction sets"),
    ],
)
def test_what_needs_numbers_is_refused(folder: Path, command: str, message: str) -> None:
    done = fusionnas(*command.split(), cwd=folder)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_three_classes_have_a_probability_each(folder: Path) -> None:
    options = ("--width", "16", "--epochs", "12", "-o", "several")
    done = fusionnas("train", "lstm", "--data", "three.csv", *options, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "the classes are 'ionic' (150), 'metallic' (50) and 'other' (100)" in done.stderr
    assert "macro F1" in done.stdout
    kept = ("--where", "value[other] > 0.3 and not far", "--sort", "value[other]")
    done = fusionnas(
        "predict", "several", "--csv", "three.csv", *kept, "-o", "others.csv", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    written = pd.read_csv(folder / "others.csv")
    assert written["value[other]"].min() > 0.3
    assert written["value[other]"].is_monotonic_decreasing
    each = written.filter(like="value[").to_numpy()
    np.testing.assert_allclose(each.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(written["probability"], each.max(axis=1))
    held = written.apply(lambda row: row["class"] in row["set"].split(", "), axis=1)
    assert held.all()
    refused = fusionnas("explain", "several", "CsF", cwd=folder)
    assert refused.returncode == 2
    assert "name it after a colon, such as MODEL:ionic" in refused.stderr
    manifest = json.loads((folder / "several" / "manifest.json").read_text())
    assert {"coverage_90", "size_90"} <= set(manifest["sets"])
    assert "90% sets" in (folder / "several" / "model_card.md").read_text()


def test_two_classes_are_explained_in_log_odds(folder: Path) -> None:
    done = fusionnas("explain", "model", "CsF", "FeNi3", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    table = pd.DataFrame(json.loads(done.stdout))
    assert set(table["unit"]) == {"log-odds of 'metallic'"}
    for _, rows in table.groupby("formula"):
        total = rows["training_mean"].iloc[0] + rows["shift"].sum()
        assert total == pytest.approx(rows["value"].iloc[0], abs=1e-4)
        assert 1 / (1 + np.exp(-total)) == pytest.approx(rows["probability"].iloc[0], abs=1e-4)
    shown = fusionnas("explain", "model", "CsF", "--csv", "two.csv", "-o", "drawn", cwd=folder)
    assert shown.returncode == 0, shown.stderr
    assert "log-odds of 'metallic'" in shown.stdout
    assert (folder / "drawn" / "element-contributions.csv").is_file()


def test_one_class_of_three_is_explained_against_the_others(folder: Path) -> None:
    """Its log-odds are those of the probability that all three have together."""
    both = package.load(folder / "several").predict(["CsF", "FeNi3"])
    done = fusionnas("explain", "several:other", "CsF", "FeNi3", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    table = pd.DataFrame(json.loads(done.stdout))
    assert set(table["unit"]) == {"log-odds of 'other'"}
    for (_, rows), p in zip(
        table.groupby("formula", sort=False), both["value[other]"], strict=True
    ):
        total = rows["training_mean"].iloc[0] + rows["shift"].sum()
        assert total == pytest.approx(rows["value"].iloc[0], abs=1e-4)
        assert 1 / (1 + np.exp(-total)) == pytest.approx(p, abs=1e-4)
    shares = package.load(folder / "several:other").shares("CsF")
    assert sum(shares.values()) == pytest.approx(table["value"].iloc[0], abs=1e-4)
    with pytest.raises(OptionError, match="shares needs one of them: name it after a colon"):
        package.load(folder / "several").shares("CsF")
    one = fusionnas("predict", "several:other", "CsF", "FeNi3", "--json", cwd=folder)
    predicted = pd.DataFrame(json.loads(one.stdout))
    np.testing.assert_allclose(predicted["value"], both["value[other]"], rtol=1e-5)
    assert set(predicted["class"]) <= {"other", "not other"}


def test_the_first_of_two_classes_has_the_other_probability(folder: Path) -> None:
    model = package.load(folder / "model")
    first = pickle.loads(pickle.dumps(model.of_class("ionic")))
    formulas = ["CsF", "FeNi3"]
    np.testing.assert_allclose(
        first.predict(formulas)["value"], 1 - model.predict(formulas)["value"], atol=1e-6
    )
    assert first.classes == ("metallic", "ionic")
    assert package.explain(first, formulas).table()["shift"].to_numpy() == pytest.approx(
        -package.explain(model, formulas).table()["shift"].to_numpy()
    )
    with pytest.raises(OptionError, match="did you mean 'ionic'"):
        package.load(str(folder / "model:ionik"))


def test_an_inspection_tells_the_classes(folder: Path) -> None:
    done = fusionnas("inspect", "two.csv", "-o", "page.html", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "kind: 'ionic' 150 (50%), 'metallic' 150 (50%)" in done.stdout
    assert "the classes are 'ionic'" in done.stdout
    assert "trials of" in done.stdout
    assert "'ionic' 150" in (folder / "page.html").read_text().replace("&#39;", "'")
    asked = fusionnas("inspect", "numbers.csv", "--task", "classification", "--json", cwd=folder)
    assert json.loads(asked.stdout)["classes"] == [["0", 150], ["1", 150]]


def test_the_cecv_needs_no_numbers(folder: Path) -> None:
    done = fusionnas("cecv", "model", "--data", "two.csv", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "compounds clustered" in done.stdout + done.stderr


def test_shares_of_two_classes_add_up_to_the_log_odds(folder: Path) -> None:
    model = package.load(folder / "model")
    p = model.predict(["CsF"])["value"].item()
    shares = model.shares("CsF")
    assert set(shares) == {"Cs", "F"}
    assert sum(shares.values()) == pytest.approx(np.log(p / (1 - p)), abs=1e-4)
    other = model.of_class("ionic").shares("CsF")
    assert other == pytest.approx({element: -share for element, share in shares.items()})
    twice = Predictor(*model.members, *model.members, manifest=model.manifest)
    with pytest.raises(OptionError, match="Probabilities of an ensemble are a mean"):
        twice.shares("CsF")
