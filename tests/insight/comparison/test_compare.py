from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusionnas.data.sources import load_dataset
from fusionnas.errors import BundleError, OptionError
from fusionnas.insight.comparison import compare
from fusionnas.models.predictor import Predictor
from fusionnas.searching.result_file import write_result
from fusionnas.searching.yardstick_jobs import PREDICTIONS
from fusionnas.studies.folder import StudyFolder
from fusionnas.workflows.train import train
from tests.made.made_study import made_study
from tests.made.small_data import small_dataset


def test_errors_are_those_of_the_predictions(runs: Path) -> None:
    found = compare("searched", runs / "trained", runs=runs)
    data = small_dataset(300)
    tested = data.table.take(data.parts.test)
    assert found.compositions == len(data.parts.test)
    assert found.predictions["formula"].tolist() == tested.formulas()
    rows = found.table.set_index("name")
    assert list(rows.index) == ["searched", "trained", "LSTM reference", "median predictor"]
    for name, folder in (("searched", runs / "searched" / "best"), ("trained", runs / "trained")):
        value = Predictor.load(folder).mixture(tested).value
        errors = np.abs(value - data.targets[data.parts.test])
        assert rows["mae"][name] == pytest.approx(errors.mean())
        assert rows["rmse"][name] == pytest.approx(np.sqrt((errors**2).mean()))
        assert rows["mae_low"][name] < rows["mae"][name] < rows["mae_high"][name]
    # of the training and the validation part, as that of the study's yardsticks
    median = np.median(data.targets[np.concatenate([data.parts.train, data.parts.val])])
    expected = np.abs(median - data.targets[data.parts.test]).mean()
    assert rows["mae"]["median predictor"] == pytest.approx(expected)
    assert rows["trials"]["searched"] == 5


def test_differences_are_to_the_first(runs: Path) -> None:
    found = compare("random", "searched", runs=runs, yardsticks=False)
    first, second = found.table.to_dict("records")
    assert second["difference"] == pytest.approx(second["mae"] - first["mae"])
    assert second["difference_low"] < second["difference"] < second["difference_high"]
    assert first["verdict"] == ""
    errors = found.predictions[["random", "searched"]].sub(found.predictions["target"], axis=0)
    nearer = (errors["searched"].abs() < errors["random"].abs()).mean()
    assert second["wins"] == pytest.approx(nearer)
    assert second["verdict"] == "better"
    assert "Better than it: searched." in found.words
    turned = compare("searched", "random", runs=runs, yardsticks=False).table.iloc[1]
    assert turned["difference"] == pytest.approx(-second["difference"])
    assert turned["verdict"] == "worse"


def test_a_network_ties_with_itself(runs: Path) -> None:
    found = compare(
        "searched", Predictor.load(runs / "searched" / "best"), runs=runs, yardsticks=False
    )
    row = found.table.iloc[1]
    assert (row["difference"], row["p"], row["verdict"], row["wins"]) == (0, 1, "tie", 0.5)
    assert "within chance" in found.words


def test_yardsticks_stand_where_their_predictions_are_kept(runs: Path) -> None:
    data, folder = small_dataset(300), StudyFolder(runs / "searched")
    place = folder.path / "yardsticks"
    truth = data.targets[data.parts.test]
    (place / "lightgbm").mkdir(parents=True)
    try:
        np.savez(place / "lightgbm" / PREDICTIONS, val=truth, test=truth + 0.25)
        write_result(place / "lightgbm", {"state": "done", "val_mae": 0.2, "seconds": 1.0})
        # as version 0.1 kept them, one file for all
        np.savez(place / PREDICTIONS, random_forest=truth - 0.5)
        write_result(place, {"state": "done", "test_mae": {"random_forest": 0.5}, "seconds": 1.0})
        same = compare("searched", runs=runs)
        other = compare("searched", "elsewhere", runs=runs)
    finally:
        shutil.rmtree(place)
    # they have no predictions for what only the other study tests: both stand for common ones
    for found in (same, other):
        maes = found.table.set_index("name")["mae"]
        assert maes["LightGBM (absolute error)"] == pytest.approx(0.25)
        assert maes["random forest (mean of trees)"] == pytest.approx(0.5)
        assert "median predictor" in maes
    assert other.compositions == 20


def test_different_splits_leave_out_what_one_has_seen(runs: Path) -> None:
    found = compare("searched", "elsewhere", runs=runs)
    tests = [
        set(data.loc[data["part"] == "test", "formula"])
        for data in (StudyFolder(runs / name).data() for name in ("searched", "elsewhere"))
    ]
    assert set(found.predictions["formula"]) == tests[0] & tests[1]
    assert found.left_out == len(tests[0] ^ tests[1])


def test_given_data_are_what_is_tested(runs: Path, tmp_path: Path) -> None:
    data = small_dataset(600)
    frame = data.to_frame()[["formula", "target"]]
    frame.to_csv(tmp_path / "more.csv", index=False)
    kept = StudyFolder(runs / "searched").data()
    seen = set(kept.loc[kept["part"] != "test", "formula"])
    with (tmp_path / "more.csv").open("a") as file:
        file.write("Fe@O,1\n")
    given = {"data": tmp_path / "more.csv", "skip_bad_rows": True}
    found = compare("searched", runs / "trained", runs=runs, **given)
    assert any(note.startswith("1 row skipped") for note in found.notes)
    assert set(found.predictions["formula"]) == set(frame["formula"]) - seen
    assert found.left_out == len(set(frame["formula"]) & seen)
    # a bundle alone knows what it was trained on, and not what chose its best epoch
    nowhere = tmp_path / "runs"
    alone = compare(
        runs / "trained",
        Predictor.load(runs / "searched" / "best"),
        runs=nowhere,
        **given,
    )
    trained = set(kept.loc[kept["part"] == "train", "formula"])
    assert set(alone.predictions["formula"]) == set(frame["formula"]) - trained
    assert any("Only the training compositions of" in note for note in alone.notes)
    with pytest.raises(BundleError, match="nothing to test on"):
        compare(runs / "trained", Predictor.load(runs / "searched" / "best"), runs=nowhere)


def test_what_cannot_be_compared(runs: Path, tmp_path: Path) -> None:
    small_dataset(300).to_frame()[["formula", "target"]].to_csv(tmp_path / "d.csv", index=False)
    with pytest.raises(BundleError, match=r"is in eV, and 'searched' predicts"):
        compare("searched", data=tmp_path / "d.csv", unit="eV", runs=runs)
    with pytest.raises(BundleError, match="did you mean 'searched'"):
        compare("serched", runs=runs)
    with pytest.raises(OptionError, match="at least two networks"):
        compare("searched", runs=runs, yardsticks=False)
    with pytest.raises(OptionError, match="give --data as well"):
        compare("searched", runs=runs, assume_new=True)
    with pytest.raises(OptionError, match="There is no option 'formula'; did you mean 'formula_co"):
        compare("searched", runs=runs, data=tmp_path / "d.csv", formula="formula")


def test_as_files_and_plain_data(runs: Path, tmp_path: Path) -> None:
    found = compare("searched", "random", runs=runs)
    names = {path.name for path in found.save(tmp_path)}
    assert names == {
        "compare-mae.svg",
        "compare-mae.csv",
        "compare-errors.svg",
        "compare-errors.csv",
    }
    errors = pd.read_csv(tmp_path / "compare-errors.csv", na_filter=False)
    assert errors["searched"].mean() == pytest.approx(found.table["mae"].iloc[0])
    plain = json.loads(json.dumps(found.to_dict()))
    assert [row["name"] for row in plain["contenders"]][:2] == ["searched", "random"]
    assert plain["contenders"][0]["p"] is None


def test_what_a_first_network_was_trained_on_is_left_out(tmp_path: Path) -> None:
    """A fine-tuned network has seen the compositions of both trainings."""
    data = small_dataset(300)
    frame = pd.DataFrame({"formula": data.table.formulas(), "y": data.targets})
    reading = {"target_column": "y", "unit": "Pauling"}
    early, late = (load_dataset(part, **reading) for part in (frame[:150], frame[150:]))
    train("cnn", early, tmp_path / "first", width=32, epochs=60)
    train(None, late, tmp_path / "fine", epochs=1, init_from=str(tmp_path / "first"))
    train("cnn", late, tmp_path / "other", width=8, epochs=1)
    frame.iloc[:150].to_csv(tmp_path / "early.csv", index=False)
    frame.iloc[150:].to_csv(tmp_path / "late.csv", index=False)
    found = compare(
        tmp_path / "fine",
        tmp_path / "other",
        data=tmp_path / "early.csv",
        assume_new=True,
        **reading,
    )
    trained = set(early.table.take(early.parts.train).formulas())
    assert found.left_out == len(trained)
    assert not set(found.predictions["formula"]) & trained


def test_the_constant_yardstick_is_that_of_the_study(tmp_path: Path) -> None:
    """Which weights count, too."""
    data = small_dataset(120)
    frame = pd.DataFrame({"formula": data.table.formulas(), "target": data.targets})
    frame["w"] = np.where(data.targets > np.median(data.targets), 10.0, 0.1)
    study = made_study(tmp_path, load_dataset(frame, weight_column="w"), trials=2, firsts=2)
    found = compare(study.path)
    row = found.predictions["median predictor"]
    stored = np.load(study.path / "yardsticks" / "median" / PREDICTIONS)["test"]
    np.testing.assert_allclose(row, stored[0])
    assert stored[0] > np.median(data.targets)
