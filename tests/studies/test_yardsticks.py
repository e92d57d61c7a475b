from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fusionnas.data.folds import study_splits
from fusionnas.models.baselines.fitted import FittedYardstick
from fusionnas.models.baselines.stored import StoredYardstick
from fusionnas.models.baselines.yardsticks import yardstick
from fusionnas.searching.result_file import write_result
from fusionnas.searching.yardstick_jobs import FOLDER, MODEL, PREDICTIONS, held_out, run_yardstick
from fusionnas.studies.yardsticks import Computed, beside, beside_of, computed, failed
from tests.made.small_data import small_dataset

N = 400


@pytest.fixture
def target() -> np.ndarray:
    return np.random.default_rng(0).normal(size=N)


def off_by(target: np.ndarray, size: float, seed: int) -> np.ndarray:
    return target + np.random.default_rng(seed).laplace(scale=size, size=N)


def test_validation_chooses_the_best_and_the_test_part_compares(target: np.ndarray) -> None:
    """The one that is luckier on the test part is not the best, but is named as better."""
    network = off_by(target, 1.0, 1)
    found = beside(
        network,
        target,
        [
            Computed("median", off_by(target, 3.0, 2), 3.0, 0.1),
            Computed("extra_trees_median", off_by(target, 0.5, 3), 0.7, 5.0),
            Computed("lightgbm", off_by(target, 0.6, 4), 0.6, 9.0),
        ],
        {},
        "eV",
    )
    assert found["best"] == "lightgbm"
    assert [r["name"] for r in found["rows"]] == ["lightgbm", "extra_trees_median", "median"]
    best = found["rows"][0]
    errors = [np.abs(p - target) for p in (network, off_by(target, 0.6, 4))]
    assert best["difference"] == pytest.approx(errors[0].mean() - errors[1].mean())
    low, high = best["difference_interval"]
    assert 0 < low < best["difference"] < high
    spread = 1.96 * (errors[0] - errors[1]).std() / np.sqrt(N)  # of the paired differences
    assert high - low == pytest.approx(2 * spread, rel=0.1)
    assert [r["verdict"] for r in found["rows"]] == [
        "yardstick better",
        "yardstick better",
        "network better",
    ]
    words = found["words"]
    assert words.startswith("The best yardstick by validation error is LightGBM (absolute error)")
    assert "the yardstick predicts better than the network" in words
    assert "these also predict better than the network: extra trees (median of trees) (" in words
    assert "median predictor" not in words


def test_the_reference_network_is_listed_and_never_the_best(target: np.ndarray) -> None:
    """Validation chose its epoch, so its validation error is too low beside theirs."""
    rows = [
        Computed("lightgbm", off_by(target, 0.8, 2), 0.8, 1.0),
        Computed("lstm", off_by(target, 1.5, 3), 0.7, 1.0),
    ]
    found = beside(off_by(target, 1.0, 1), target, rows, {}, "eV")
    assert found["best"] == "lightgbm"
    assert [row["label"] for row in found["rows"]] == [
        "LightGBM (absolute error)",
        "LSTM reference",
    ]


def test_words_for_a_better_network_and_for_chance(target: np.ndarray) -> None:
    network = off_by(target, 0.5, 1)
    worse = [Computed("lightgbm", off_by(target, 1.0, 2), 1.0, 1.0)]
    better = beside(network, target, worse, {}, "eV")["words"]
    assert "lower" in better
    assert better.endswith("the network predicts better.")
    same = [Computed("lightgbm", network[::-1][::-1], 1.0, 1.0)]
    assert "within chance" in beside(network, target, same, {}, "eV")["words"]


def test_a_yardstick_that_failed_is_told(target: np.ndarray) -> None:
    network = off_by(target, 0.5, 1)
    others = [Computed("median", np.zeros(N), 1.0, 0.0)]
    words = beside(network, target, others, {"lightgbm": "No libgomp."}, "eV")["words"]
    assert words.endswith("LightGBM (absolute error) could not be fitted: No libgomp.")


def test_without_any_yardstick_there_is_nothing_to_say(target: np.ndarray) -> None:
    found = beside(off_by(target, 0.5, 1), target, [], {}, "")
    assert (found["rows"], found["best"], found["words"]) == ([], None, "")


def test_a_job_leaves_what_the_summary_reads(tmp_path: Path) -> None:
    data = small_dataset(200)
    key = f"{FOLDER}/random_forest_median"
    result = run_yardstick(key.partition("/")[2], data, [data.parts], 0, tmp_path / key)
    assert result["state"] == "done"
    (one,) = computed(tmp_path)
    assert (one.name, one.val_error) == ("random_forest_median", result["val_mae"])
    assert one.seconds > 0
    assert len(one.predictions) == len(data.parts.test)
    with np.load(tmp_path / key / PREDICTIONS) as arrays:
        errors = np.abs(arrays["held_out"][0] - data.targets[data.parts.val])
    assert errors.mean() == pytest.approx(one.val_error)


def test_with_folds_every_row_is_predicted_by_a_fit_that_lacked_it(tmp_path: Path) -> None:
    data = small_dataset(120)
    splits = study_splits(data.parts, 3, seed=0)
    key = f"{FOLDER}/extra_trees_median"
    result = run_yardstick(key.partition("/")[2], data, splits, 0, tmp_path / key)
    values, spreads = held_out(tmp_path)["extra_trees_median"]
    rows = np.concatenate([parts.val for parts in splits])
    assert sorted(rows) == sorted([*data.parts.train, *data.parts.val])
    assert np.abs(values - data.targets[rows]).mean() == pytest.approx(result["val_mae"])
    assert (spreads >= 0).all()
    last = FittedYardstick.fit(
        yardstick("extra_trees_median"), replace(data, parts=splits[-1]), seed=0
    ).predict(data.table.take(splits[-1].val))
    np.testing.assert_allclose(values[-len(last) :], last)
    kept = StoredYardstick.load(tmp_path / key / MODEL)
    with np.load(tmp_path / key / PREDICTIONS) as arrays:
        np.testing.assert_allclose(kept.predict(data.table.take(data.parts.test)), arrays["test"])


def test_a_job_that_cannot_be_done_says_why(tmp_path: Path, monkeypatch) -> None:
    """A search goes on without it, and its summary tells."""
    from fusionnas.errors import RunError
    from fusionnas.models.baselines.boosting import BoostedTrees

    def no_library(*given, **named):
        raise RunError("LightGBM cannot be loaded")

    monkeypatch.setattr(BoostedTrees, "fit", no_library)
    key = f"{FOLDER}/lightgbm"
    data = small_dataset(200)
    assert (
        run_yardstick(key.partition("/")[2], data, [data.parts], 0, tmp_path / key)["state"]
        == "failed"
    )
    assert held_out(tmp_path) == {}
    assert computed(tmp_path) == []
    assert failed(tmp_path) == {"lightgbm": "LightGBM cannot be loaded"}


def test_those_of_version_0_1_are_read_beside_new_ones(tmp_path: Path) -> None:
    place = tmp_path / FOLDER
    write_result(place, {"state": "done", "test_mae": {"random_forest": 1.0, "median": 2.0}})
    np.savez(place / PREDICTIONS, random_forest=np.ones(3), median=np.zeros(3))
    assert {one.name: one.val_error for one in computed(tmp_path)} == {
        "random_forest": None,
        "median": None,
    }
    np.savez(_made(place / "median") / PREDICTIONS, val=np.zeros(2), test=np.full(3, 5.0))
    write_result(place / "median", {"state": "done", "val_mae": 1.5, "seconds": 0.0})
    found = {one.name: one for one in computed(tmp_path)}
    assert (found["median"].val_error, found["median"].predictions.tolist()) == (1.5, [5.0] * 3)
    assert found["random_forest"].predictions.tolist() == [1.0] * 3


def test_a_summary_of_version_0_1_gives_values(target: np.ndarray) -> None:
    old = {"unit": "eV", "yardsticks": {"median": 2.0, "random_forest": 1.0}}
    found = beside_of(old)
    assert [(r["label"], r["test_mae"]) for r in found["rows"]] == [
        ("random forest (mean of trees)", 1.0),
        ("median predictor", 2.0),
    ]
    assert found["words"] == ""


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
