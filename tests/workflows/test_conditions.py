"""Conditions beside the formula, from a table to predictions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fusionnas as package
from fusionnas.errors import DataError, FormulaError, OptionError
from tests.made.command_line import fusionnas

METALS = ("Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Ba", "Zn")
OTHERS = ("F", "Cl", "Br", "I", "O", "S")
CONDITIONS = ("--input-columns", "temperature,route")


def table() -> pd.DataFrame:
    """The target rises with the temperature, and is larger by one of the routes."""
    rows = [
        (f"{a}{b}", t, route, t / 100 + 4 * (route == "melt") + OTHERS.index(b) / 10)
        for a in METALS
        for b in OTHERS
        for t in (300.0, 500.0, 800.0)
        for route in ("melt", "sol-gel")
    ]
    return pd.DataFrame(rows, columns=["formula", "temperature", "route", "target"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table, and a network that was trained on it."""
    path = tmp_path_factory.mktemp("conditions")
    table().to_csv(path / "table.csv", index=False)
    options = ("--width", "16", "--epochs", "80", "--output", "model")
    done = fusionnas("train", "lstm", "--data", "table.csv", *CONDITIONS, *options, cwd=path)
    assert done.returncode == 0, done.stderr
    assert "condition 'temperature': number, 300 to 800" in done.stderr
    assert "condition 'route': category: melt, sol-gel" in done.stderr
    return path


def test_the_manifest_names_the_conditions(folder: Path) -> None:
    manifest = json.loads((folder / "model" / "manifest.json").read_text())
    names = [(one["name"], one["kind"]) for one in manifest["conditions"]]
    assert names == [("temperature", "number"), ("route", "category")]
    assert "conditions at" in manifest["line"]
    # each composition once
    assert manifest["training_compositions"]["count"] == 42
    assert manifest["metrics"]["skill"] > 0.5


def test_a_prediction_depends_on_the_conditions(folder: Path) -> None:
    model = package.load(folder / "model")
    given = {"temperature": [300, 800], "route": "melt"}
    cold, hot = model.predict(["NaCl", "NaCl"], conditions=given)["value"]
    assert hot - cold > 2
    done = fusionnas(
        "predict", "model", "NaCl", "--set", "temperature=800", "--set", "route=melt", "--json",
        cwd=folder,
    )  # fmt: skip
    assert json.loads(done.stdout)[0]["value"] == pytest.approx(hot, rel=1e-5)


def test_a_csv_is_asked_for_the_columns(folder: Path) -> None:
    table().drop(columns="target").head(30).to_csv(folder / "new.csv", index=False)
    done = fusionnas("predict", "model", "--csv", "new.csv", "-o", "out.csv", cwd=folder)
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(folder / "out.csv", keep_default_na=False)
    assert found["value"].nunique() > 20
    model = package.load(folder / "model")
    cells = {name: table()[name].head(30).tolist() for name in ("temperature", "route")}
    own = model.predict(table()["formula"].head(30), conditions=cells)
    np.testing.assert_allclose(found["value"], own["value"], rtol=1e-5)


def test_a_missing_column_is_one_message(folder: Path) -> None:
    table()[["formula", "route"]].to_csv(folder / "short.csv", index=False)
    done = fusionnas("predict", "model", "--csv", "short.csv", cwd=folder)
    assert done.returncode == 2
    assert "There is no column 'temperature', which is a condition" in done.stderr
    assert "--set temperature=VALUE" in done.stderr
    assert "Traceback" not in done.stderr
    filled = fusionnas(
        "predict", "model", "--csv", "short.csv", "--set", "temperature=300", "-o", "o.csv",
        cwd=folder,
    )  # fmt: skip
    assert filled.returncode == 0, filled.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--set", "temperature=300"), "no column 'route'"),
        (("--set", "temperature"), "--set takes NAME=VALUE"),
        (("--set", "temp=300"), "no condition 'temp'"),
        (("--set", "route=melt", "--set", "route=x"), "'route' twice"),
        (("--set", "temperature=hot", "--set", "route=melt"), "'hot', which is not a number"),
        (("--set", "temperature=", "--set", "route=melt"), "no value of the condition"),
    ],
)
def test_what_is_missing_is_told(folder: Path, options: tuple[str, ...], message: str) -> None:
    done = fusionnas("predict", "model", "NaCl", *options, cwd=folder)
    assert done.returncode == 2
    assert message in done.stderr


def test_what_training_never_saw_is_told_and_not_refused(folder: Path) -> None:
    set_ = ("--set", "temperature=1500", "--set", "route=spin")
    done = fusionnas("predict", "model", "NaCl", *set_, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "outside the training data: temperature=1500 route=spin" in done.stdout
    model = package.load(folder / "model")
    [row] = model.predict(["NaCl"], conditions={"temperature": 300, "route": "spin"}).to_dict(
        "records"
    )
    assert row["unseen_conditions"] == "route=spin"
    assert row["far"]
    assert row["far_in"] == "conditions"


def test_a_far_composition_is_told_beside_unseen_conditions(folder: Path) -> None:
    both = fusionnas(
        "predict", "model", "Xe", "--set", "temperature=1500", "--set", "route=melt", cwd=folder
    )
    assert "outside the training data: temperature=1500" in both.stdout
    assert "far from the training data: no element in common" in both.stdout
    model = package.load(folder / "model")
    conditions = {"temperature": [300, 1500, 300], "route": "melt"}
    found = model.predict(["Xe", "Xe", "NaCl"], conditions=conditions)
    assert found["far_in"].tolist() == ["composition", "composition and conditions", ""]
    assert found["far"].tolist() == [True, True, False]


def test_the_library_tells_what_is_missing(folder: Path) -> None:
    model = package.load(folder / "model")
    with pytest.raises(DataError, match="temperature"):
        model.predict(["NaCl"])
    with pytest.raises(OptionError, match="2 values for 1 formulas"):
        model.predict(["NaCl"], conditions={"temperature": [1, 2], "route": "melt"})
    with pytest.raises(FormulaError, match="not a number"):
        model.predict(["NaCl"], conditions={"temperature": "hot", "route": "melt"})


def test_commands_on_formulas_alone_say_at_which_conditions(folder: Path) -> None:
    for command in (("sweep", "model", "Na", "Cl"), ("cecv", "model")):
        done = fusionnas(*command, cwd=folder)
        assert done.returncode == 0, done.stderr
        assert "temperature=500, route=melt" in done.stdout


def test_where_conditions_enter_is_part_of_the_architecture(folder: Path) -> None:
    for place in ("element", "gate"):
        (folder / f"{place}.yaml").write_text(
            f"width: 8\nglobal: [{{kind: gru}}]\ncondition: {place}\n"
        )
        options = ("--data", "table.csv", *CONDITIONS, "--epochs", "1", "-o", f"{place}-model")
        done = fusionnas("train", f"{place}.yaml", *options, cwd=folder)
        assert done.returncode == 0, done.stderr
        manifest = json.loads((folder / f"{place}-model" / "manifest.json").read_text())
        assert f"conditions at {place}" in manifest["line"]
    options = ("--data", "table.csv", "--target-column", "target", "--epochs", "1", "-o", "none")
    done = fusionnas("train", "gate.yaml", *options, cwd=folder)
    assert done.returncode == 2
    assert "name their columns with --input-columns" in done.stderr


def test_the_regressor_reads_columns_of_a_frame(tmp_path: Path) -> None:
    frame = table()
    model = package.FusionRegressor(
        "lstm", width=8, epochs=1, input_columns=["temperature", "route"]
    ).fit(frame, frame["target"])
    found = model.predict(frame.head(12))
    assert len(np.unique(found)) == 12
    model.save(tmp_path / "saved")
    cells = {name: frame[name].head(12).tolist() for name in ("temperature", "route")}
    again = package.load(tmp_path / "saved").predict(frame["formula"].head(12), conditions=cells)
    np.testing.assert_allclose(found, again["value"], rtol=1e-5)
    with pytest.raises(DataError, match="X must be a DataFrame"):
        model.predict(["NaCl"])
    with pytest.raises(DataError, match="no column 'route'"):
        model.predict(frame.drop(columns="route"))


def test_classes_can_depend_on_conditions(tmp_path: Path) -> None:
    frame = table()
    frame["target"] = np.where(frame["temperature"] > 400, "metal", "insulator")
    frame.to_csv(tmp_path / "kinds.csv", index=False)
    options = ("--data", "kinds.csv", "--width", "8", "--epochs", "1", "-o", "kinds")
    done = fusionnas("train", "lstm", *CONDITIONS, *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    given = ("--set", "temperature=300", "--set", "route=melt")
    assert "with" in fusionnas("predict", "kinds", "NaCl", *given, cwd=tmp_path).stdout


def test_a_training_can_start_from_a_network_with_the_same_columns(folder: Path) -> None:
    frame = table()
    frame["temperature"] += 100  # other means, the same meaning
    frame.to_csv(folder / "warmer.csv", index=False)
    start = ("train", "--init-from", "model", "--epochs", "1", "--data")
    options = ("--target-column", "target", "--layer-rates", "all=1e-9")
    done = fusionnas(*start, "warmer.csv", *CONDITIONS, *options, "-o", "more", cwd=folder)
    assert done.returncode == 0, done.stderr
    given = {"temperature": [300, 800, 900], "route": "melt"}
    before, after = (
        package.load(folder / name).predict(["NaCl"] * 3, conditions=given)
        for name in ("model", "more")
    )
    np.testing.assert_allclose(after["value"], before["value"], rtol=1e-3)
    # the second training knows more temperatures
    assert before["unseen_conditions"].tolist() == ["", "", "temperature=900"]
    assert after["unseen_conditions"].tolist() == ["", "", ""]
    frame["route"] = frame["route"].replace("melt", "spin")
    frame.to_csv(folder / "spun.csv", index=False)
    for more, message in (
        (("--input-columns", "temperature"), "reads temperature (number), route (category) beside"),
        ((), "and the data have no conditions"),
    ):
        done = fusionnas(*start, "warmer.csv", *more, *options, "-o", "x", cwd=folder)
        assert done.returncode == 2
        assert message in done.stderr
    done = fusionnas(*start, "spun.csv", *CONDITIONS, *options, "-o", "x", cwd=folder)
    assert done.returncode == 2
    assert "never saw route=spin" in done.stderr


def test_an_explanation_says_what_each_condition_adds(folder: Path) -> None:
    given = {"temperature": "800", "route": "sol-gel"}
    model = package.load(folder / "model")
    found = package.explain(folder / "model", ["NaCl"], conditions=given)
    ((one,),) = found.explanations.values()
    assert one.conditions == ("temperature=800", "route=sol-gel")
    assert one.total == pytest.approx(
        model.predict(["NaCl"], conditions=given)["value"][0], rel=1e-4
    )
    at = model.conditions
    assert at is not None
    base = model.predict(["NaCl"], conditions=at.baseline)["value"][0]
    assert one.base + sum(one.shifts) == pytest.approx(base, rel=1e-4)
    hot = model.predict(["NaCl"], conditions=at.baseline | {"temperature": "800"})["value"][0]
    ((alone,),) = package.explain(
        folder / "model", ["NaCl"], conditions={"temperature": 800}
    ).explanations.values()
    assert alone.condition_shifts[0] == pytest.approx(hot - base, rel=1e-3)
    words = ("--set", "temperature=800", "-o", "why")
    done = fusionnas("explain", "model", "NaCl", *words, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "temperature=800" in done.stdout
    assert "each condition then moves to its value" in " ".join(done.stdout.split())
    wrong = fusionnas("explain", "model", "NaCl", "--set", "route=spin", cwd=folder)
    assert wrong.returncode == 2
    assert "never saw route=spin" in wrong.stderr
