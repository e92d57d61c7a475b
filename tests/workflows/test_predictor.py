"""The predictor of a study: a small search with folds, and what its final training left."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fusionnas
from fusionnas.data.dataset import Dataset
from fusionnas.errors import BundleError, OptionError, StudyError
from fusionnas.models.ensemble import load_ensemble
from fusionnas.models.predictor import Predictor
from fusionnas.searching.final_training import FOLDER
from fusionnas.searching.finals import Finals
from fusionnas.searching.result_file import read_result, write_result
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.status import status
from fusionnas.workflows import driver
from fusionnas.workflows.candidates import HeldOut
from fusionnas.workflows.joined import join
from fusionnas.workflows.study_result import StudyResult
from tests.made.here import without_ray
from tests.made.once import once
from tests.made.searched import SPACE
from tests.made.short_report import short_report
from tests.made.small_data import small_dataset

pytestmark = pytest.mark.guards  # a search with its final training, and its resume

ROWS, FOLDS = 240, 3
FORMULAS = ["SrTiO3", "NaCl", "Fe2O3"]


def noisy() -> Dataset:
    """Targets with so much noise that trees and networks are worth about the same."""
    data = small_dataset(ROWS)
    noise = np.random.default_rng(0).laplace(scale=0.25, size=len(data.targets))
    return replace(data, targets=data.targets + noise)


def searched(
    folder: Path, data: Dataset, name: str, resume: bool = False, folds: int | str = FOLDS
) -> StudyResult:
    (folder / "tiny.yaml").write_text(SPACE)
    with without_ray(), short_report():
        return fusionnas.search(
            str(folder / "tiny.yaml"),
            data,
            trials=2,
            epochs=16,
            folds=folds,
            name=name,
            probe="all",
            runs=folder / "runs",
            workers=2,
            track=False,
            resume=resume,
        )


@pytest.fixture(scope="module")
def data() -> Dataset:
    return noisy()


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory, data: Dataset) -> StudyResult:
    """Only to be read."""
    made = once(tmp_path_factory, "predictor", lambda folder: searched(folder, data, "study"))
    return StudyResult(StudyFolder(made / "runs" / "study"))


@pytest.fixture
def copy(result: StudyResult, tmp_path: Path) -> StudyFolder:
    shutil.copytree(result.folder.path, tmp_path / "runs" / "study")
    return StudyFolder(tmp_path / "runs" / "study")


def test_a_study_leaves_a_network_and_a_predictor(result: StudyResult, data: Dataset) -> None:
    folder, mine = result.folder, result.summary["predictor"]
    predictions = pd.read_csv(folder.path / "test_predictions.csv", na_filter=False)
    for column, told in (("predictor", mine), ("prediction", result.summary["chosen"])):
        error = (predictions[column] - predictions["target"]).abs().mean()
        assert told["test_mae"] == pytest.approx(error, rel=1e-4)
    formulas = predictions["formula"].tolist()
    found = result.predictor.predict(formulas)
    np.testing.assert_allclose(found["value"], predictions["predictor"], rtol=1e-4)
    np.testing.assert_allclose(
        found["uncertainty"], predictions["predictor_uncertainty"], rtol=1e-3
    )
    np.testing.assert_allclose(
        result.best.predict(formulas)["value"], predictions["prediction"], rtol=1e-4
    )
    assert sum(part["weight"] for part in mine["parts"]) == pytest.approx(1)
    assert mine["left_out"] == []
    trainings = list(folder.path.glob(f"{FOLDER}/*"))
    assert status(folder.path).final_trainings == len(trainings) > 0
    rows = len(data.parts.train) + len(data.parts.val)
    assert mine["interval"]["rows"] == rows  # no test row corrects it
    assert mine["interval"]["checked_on"] == len(data.parts.test)


def test_the_predictor_is_what_a_study_predicts_with(result: StudyResult, tmp_path: Path) -> None:
    expected = result.predictor.predict(FORMULAS)
    by_path = fusionnas.load(result.folder.path).predict(FORMULAS)
    pd.testing.assert_frame_equal(by_path, expected)
    by_name = fusionnas.load("study", runs=result.folder.path.parent).predict(FORMULAS)
    pd.testing.assert_frame_equal(by_name, expected)
    words = fusionnas.export_predictor(result.folder.path, tmp_path / "out")
    assert "recorded test predictions repeated in a fresh process" in words
    known = ["known", "known_from"]  # the study's data stay with the study
    pd.testing.assert_frame_equal(
        fusionnas.load(tmp_path / "out").predict(FORMULAS), expected.drop(columns=known)
    )
    assert expected["nearest_training"].ne("").all()


def test_a_study_tells_what_it_knows_and_the_chance_of_what_is_wanted(
    result: StudyResult, data: Dataset
) -> None:
    model = fusionnas.load(result.folder.path)
    known = data.table.take(data.parts.train[:1]).formulas()[0]
    frame = model.predict([known, "Tm2Lu3Rn"], window=(1.0, 2.5))
    assert frame["known"][0] == pytest.approx(data.targets[data.parts.train[0]])
    assert frame["known_from"].tolist() == ["electronegativity, training part", ""]
    assert np.isnan(frame["known"][1])
    # the chance agrees with the interval of the same level
    row = model.predict(FORMULAS, interval=0.8).iloc[0]
    inside = model.predict(FORMULAS, window=(row["lower"], row["upper"]))["probability"][0]
    assert inside == pytest.approx(0.8, abs=0.02)
    whole = model.predict(FORMULAS, window=(-np.inf, np.inf))["probability"]
    np.testing.assert_allclose(whole, 1)
    for kind, model_facts in (
        ("predictor", result.summary["predictor"]),
        ("network", result.summary["chosen"]),
    ):
        facts = result.summary["usefulness"][kind]["facts"]
        assert facts["mae"] == pytest.approx(model_facts["test_mae"])
    assert result.summary["usefulness"]["predictor"] == model.manifest["metrics"]["usefulness"]


def test_the_recommended_network_saw_all_rows_but_the_test_part(result: StudyResult) -> None:
    chosen = result.summary["chosen"]
    assert chosen["folder"] == f"{FOLDER}/{chosen['number']}-whole"
    compositions = result.best.compositions
    assert compositions is not None
    assert len(compositions) == ROWS - len(result.folder.parts().test)
    finals = [
        read_result(path) for path in result.folder.path.glob(f"{FOLDER}/{chosen['number']}-s*")
    ]
    assert chosen["val_mae"] == min(one["val_mae"] for one in finals if one)
    for one in finals:
        assert one is not None
        assert len(one["fold_maes"]) == FOLDS
        assert len(one["cecv_spread"]) == len(one["cecv"]["counts"])


def test_every_held_out_prediction_is_of_a_network_that_lacked_the_row(
    result: StudyResult, data: Dataset
) -> None:
    held_out = HeldOut(result.folder, data)
    found, left_out = held_out.candidates()
    assert not left_out
    for candidate in found:
        if len(candidate.models) == 1:
            continue  # a yardstick, whose kept model saw all rows
        place = 0
        for model, parts in zip(candidate.models, held_out.splits, strict=True):
            value = Predictor(model).mixture(data.table.take(parts.val)).value
            rows = slice(place, place + len(parts.val))
            np.testing.assert_allclose(candidate.values[rows], value, rtol=1e-4, atol=1e-5)
            place = rows.stop


def test_a_changed_byte_in_any_member_is_refused(copy: StudyFolder) -> None:
    fusionnas.load(copy.path)
    for member in sorted(copy.predictor.glob("members/*")):
        for file in member.iterdir():
            kept = file.read_bytes()
            file.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
            with pytest.raises(BundleError, match=r"changed after|format"):
                fusionnas.load(copy.path)
            file.write_bytes(kept)
            break
    fusionnas.load(copy.path)


def test_weights_that_do_not_fit_the_members_are_refused(copy: StudyFolder) -> None:
    from fusionnas.files.checksums import write_checksums

    manifest = copy.predictor / "manifest.json"
    plain = json.loads(manifest.read_text())
    plain["members"][0]["weight"] += 0.5
    manifest.write_text(json.dumps(plain))
    write_checksums(copy.predictor)
    with pytest.raises(BundleError, match=r"does not fit its .* members"):
        load_ensemble(copy.predictor)


def test_a_training_that_failed_is_left_out_and_named(copy: StudyFolder, data: Dataset) -> None:
    (first, *_) = sorted(copy.path.glob(f"{FOLDER}/*-s0"))
    write_result(first, {"state": "failed", "reason": "made to fail"})
    joined = join(copy, data)
    assert joined is not None
    number = first.name.partition("-")[0]
    assert [(one.name, one.reason) for one in joined.left_out] == [
        (f"trial {number}, seed 0", "made to fail")
    ]
    assert all(one.name != f"trial {number}, seed 0" for one in joined.members)


def test_a_killed_final_training_goes_on(copy: StudyFolder, data: Dataset) -> None:
    """Trainings that ended are not run again; one that lost a fold trains this fold alone."""
    kept, cut = sorted(copy.path.glob(f"{FOLDER}/*-s*"))[:2]
    before = {path: path.stat().st_mtime_ns for path in kept.rglob("weights.safetensors")}
    folds = {path.name: path for path in (cut / "folds").iterdir()}
    same = (folds["0"] / "weights.safetensors").stat().st_mtime_ns
    (cut / "result.json").unlink()
    (folds["1"] / "result.json").unlink()
    expected, seconds = copy.summary()["predictor"], copy.summary()["search_seconds"]
    (copy.path / "summary.json").unlink()
    again = searched(copy.path.parents[1], data, "study", resume=True)
    assert again.summary["search_seconds"] > seconds  # of both runs
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert (folds["0"] / "weights.safetensors").stat().st_mtime_ns == same
    assert read_result(folds["1"]) is not None
    assert again.summary["predictor"]["test_mae"] == pytest.approx(expected["test_mae"])


def test_a_study_without_its_predictor_is_not_finished(
    copy: StudyFolder, data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resume ends between the network and the predictor."""

    def end(*given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(driver, "write_predictor", end)
        with pytest.raises(KeyboardInterrupt):
            searched(copy.path.parents[1], data, "study", resume=True)
    assert status(copy.path).state == "stopped"
    with pytest.raises(StudyError, match="has no results yet"):
        fusionnas.load(copy.path)
    again = searched(copy.path.parents[1], data, "study", resume=True)
    assert status(copy.path).state == "finished"
    assert again.predictor.is_ensemble


@pytest.mark.slow  # the rest of a search again
def test_the_networks_of_trials_stand_in_where_no_time_is_left_for_a_final_training(
    copy: StudyFolder, data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(copy.path / FOLDER)
    (copy.path / "summary.json").unlink()
    monkeypatch.setattr(Finals, "next", lambda *given: None)  # none fits into the time
    again = searched(copy.path.parents[1], data, "study", resume=True)
    assert not list(copy.path.glob(f"{FOLDER}/*-s*"))
    networks = [part for part in again.summary["predictor"]["parts"] if "trial" in part["name"]]
    assert networks
    for part in networks:
        number = int(part["name"].removeprefix("trial "))
        told = read_result(copy.trial(number))
        assert told is not None
        # the rows are matched with what the networks of a trial said of them
        assert part["val_mae"] == pytest.approx(told["val_mae"], rel=1e-4)
    again.predictor.predict(FORMULAS)


def test_trees_cannot_be_looked_into(result: StudyResult) -> None:
    assert len(result.predictor.members) > 1
    with pytest.raises(OptionError, match="Only networks can be looked into"):
        result.predictor.shares("NaCl")
    assert result.best.shares("NaCl").keys() == {"Na", "Cl"}


def test_a_study_without_a_predictor_says_how_to_make_one(
    copy: StudyFolder, tmp_path: Path
) -> None:
    shutil.rmtree(copy.predictor)
    with pytest.raises(StudyError, match="--resume --quality good"):
        fusionnas.export_predictor(copy.path, tmp_path / "out")
    best = fusionnas.load(copy.best).predict(FORMULAS)
    of_study = fusionnas.load(copy.path).predict(FORMULAS)
    pd.testing.assert_frame_equal(of_study[best.columns], best)
