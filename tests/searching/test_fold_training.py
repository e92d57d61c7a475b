"""Networks trained on folds in a worker: one result for all, and every row predicted once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from fusionnas.cecv.probe import choose_probe
from fusionnas.data.dataset import Dataset
from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.folds import study_splits
from fusionnas.data.sources import load_dataset
from fusionnas.networks.file_names import WEIGHTS
from fusionnas.networks.network_file import read_network
from fusionnas.searching import fold_results
from fusionnas.searching.evaluation import NO_RESOLUTION
from fusionnas.searching.fold_results import FOLDS, read_held_out
from fusionnas.searching.jobs import Job, Work
from fusionnas.searching.result_file import RESULT, read_result
from fusionnas.searching.setting import Setting
from fusionnas.searching.trial_result import UNRESOLVED
from fusionnas.searching.work import make_work
from fusionnas.tasks.regression import REGRESSION
from fusionnas.training.batches import Compounds
from fusionnas.training.data import TrainingData
from fusionnas.training.device import pick_device
from fusionnas.training.inference import predict_standardised
from fusionnas.training.recipe_file import load_recipe
from tests.made.small_data import small_dataset

PLAIN = {"width": 8, "local": ["cnn"]}


@pytest.fixture
def data() -> Dataset:
    return small_dataset(120)


@pytest.fixture
def work(tmp_path: Path, data: Dataset) -> Work:
    setting = Setting(
        tmp_path,
        data,
        {"mat2vec": element_vectors("mat2vec")},
        load_recipe("default", 2),
        choose_probe(data, "all"),
        seed=0,
        folds=4,
    )
    return make_work(setting)


def run(work: Work, key: str, **more: Any) -> Mapping[str, Any]:
    return list(work(Job(key, {"architecture": PLAIN, "seed": 5, **more})))[-1]


def test_a_trial_has_fewer_folds_and_keeps_one_network(
    work: Work, tmp_path: Path, data: Dataset
) -> None:
    result = run(work, "trials/0")
    assert result["state"] == "done"
    assert len(result["fold_maes"]) == 3
    folder = tmp_path / "trials" / "0"
    assert (folder / WEIGHTS).is_file()
    assert not (folder / FOLDS).exists()
    rows = np.concatenate([parts.val for parts in study_splits(data.parts, 3, 0)])
    values, deviations = read_held_out(folder)
    assert np.abs(values - data.targets[rows]).mean() == pytest.approx(result["val_mae"], rel=1e-5)
    assert (deviations > 0).all()


def test_a_final_training_keeps_the_network_of_each_fold(
    work: Work, tmp_path: Path, data: Dataset
) -> None:
    result = run(work, "final/0-s0", final=True, epochs=3)
    assert (len(result["fold_maes"]), result["epochs"]) == (4, 3)
    folder, place = tmp_path / "final" / "0-s0", 0
    values, _ = read_held_out(folder)
    counts = []
    for fold, parts in enumerate(study_splits(data.parts, 4, 0)):
        network = read_network(folder / FOLDS / str(fold))
        compounds = Compounds(data.table.take(parts.val), pick_device("cpu"))
        own = REGRESSION.scaler(data).restore(predict_standardised(network, compounds)[0])
        np.testing.assert_allclose(values[place : place + len(own)], own, rtol=1e-4, atol=1e-5)
        place += len(own)
        kept = read_result(folder / FOLDS / str(fold))
        assert kept is not None
        counts.append(kept["cecv"]["counts"])
    np.testing.assert_allclose(result["cecv"]["counts"], np.mean(counts, axis=0))
    np.testing.assert_allclose(result["cecv_spread"], np.std(counts, axis=0))


@pytest.mark.parametrize("folds", [0, 3])
def test_a_network_that_tells_no_elements_apart_predicts_but_is_no_trial(
    tmp_path: Path, data: Dataset, folds: int
) -> None:
    """At this rate all channels of a GRU saturate."""
    steep = replace(load_recipe("default", 2), learning_rate=10.0, gradient_clip=None)
    vectors, probe = {"mat2vec": element_vectors("mat2vec")}, choose_probe(data, "all")
    work = make_work(Setting(tmp_path, data, vectors, steep, probe, seed=0, folds=folds))
    saturated = {"width": 8, "global": ["gru"]}
    trial, final, whole = (
        list(work(Job(key, {"architecture": saturated, "seed": 5, **more})))[-1]
        for key, more in (
            ("trials/0", {}),
            ("final/0-s0", {"final": True}),
            ("final/0-s0-whole", {"refits": "final/0-s0", "epochs": 1}),
        )
    )
    assert (trial["state"], trial["reason"]) == ("infeasible", NO_RESOLUTION)
    for result in (final, whole):
        assert (result["state"], result[UNRESOLVED]) == ("done", True)
    assert read_network(tmp_path / "final" / "0-s0").parameter_count == final["parameters"]


def test_a_cut_off_training_goes_on_with_the_fold_that_it_was_at(
    work: Work, tmp_path: Path
) -> None:
    first = run(work, "final/0-s0", final=True)
    folder = tmp_path / "final" / "0-s0"
    (folder / RESULT).unlink()
    (folder / FOLDS / "3" / RESULT).unlink()
    before = [(folder / FOLDS / str(fold) / WEIGHTS).stat().st_mtime_ns for fold in range(4)]
    again = run(work, "final/0-s0", final=True)
    after = [(folder / FOLDS / str(fold) / WEIGHTS).stat().st_mtime_ns for fold in range(4)]
    assert again["fold_maes"] == first["fold_maes"]
    assert after[:3] == before[:3]
    assert after[3] > before[3]


def test_a_training_of_another_length_keeps_no_fold(work: Work, tmp_path: Path) -> None:
    run(work, "final/0-s0", final=True, epochs=2)
    (tmp_path / "final" / "0-s0" / RESULT).unlink()
    again = run(work, "final/0-s0", final=True, epochs=3)
    assert again["epochs"] == 3
    for fold in range(4):
        kept = read_result(tmp_path / "final" / "0-s0" / FOLDS / str(fold))
        assert kept is not None
        assert kept["epochs"] == 3


def test_a_fold_that_fails_ends_the_training(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fusionnas.errors import TrainingFailed
    from fusionnas.searching import evaluation

    def refuse(*given: Any, **named: Any) -> None:
        raise TrainingFailed("made to fail")

    monkeypatch.setattr(evaluation, "Trainer", refuse)
    result = run(work, "trials/1")
    assert (result["state"], result["reason"]) == ("failed", "made to fail")
    assert not (tmp_path / "trials" / "1" / WEIGHTS).exists()


@pytest.mark.parametrize("key", ["trials/1", "final/1-s0", "yardsticks/median"])
def test_an_unexpected_error_is_a_result_that_stays(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    from fusionnas.searching import evaluation
    from fusionnas.searching import work as searching

    def break_down(*given: Any, **named: Any) -> None:
        raise ValueError("Input contains NaN")

    monkeypatch.setattr(evaluation, "Trainer", break_down)
    monkeypatch.setattr(searching, "run_yardstick", break_down)
    result = run(work, key)
    assert result["state"] == "failed"
    assert str(result["reason"]).startswith("ValueError: Input contains NaN (test_fold_training.py")
    assert read_result(tmp_path / key) == result


def test_a_refit_and_a_reference_have_one_training(work: Work, tmp_path: Path) -> None:
    run(work, "final/0-s0", final=True)
    refit = {"refits": "final/0-s0", "epochs": 1}
    for key, more in (("final/0-whole", refit), ("references/a", {"first_fold": True})):
        result = run(work, key, **more)
        assert result["state"] == "done"
        assert "fold_maes" not in result
        assert not (tmp_path / key / FOLDS).exists()


def test_weights_of_rows_count_alike_in_all_folds(tmp_path: Path, data: Dataset) -> None:
    """A fold of heavy rows has more weight in the error of all rows than one of light rows."""
    frame = pd.DataFrame({"formula": data.table.formulas(), "target": data.targets})
    frame["w"] = np.exp(np.random.default_rng(0).normal(0, 2, len(frame)))
    weighed = load_dataset(frame, weight_column="w")
    splits = study_splits(weighed.parts, 4, 0)
    parts = [TrainingData.of(replace(weighed, parts=one), pick_device("cpu")) for one in splits]
    rows = np.concatenate([one.val for one in splits])
    held_out = np.stack([np.zeros(len(rows)), np.ones(len(rows))])
    vector = {"thresholds": [0.1], "counts": [1], "counts_by_n": {}, "compounds": 1}
    found = dict.fromkeys(("best_epoch", "train_seconds", "efm_seconds", "val_mae"), 1.0)
    with mock.patch.object(fold_results, "Cecv"), mock.patch.object(fold_results, "mean_vector"):
        scores = fold_results.across_folds([{**found, "cecv": vector}] * 4, parts, held_out)
    assert weighed.weights is not None
    expected = np.average(np.abs(weighed.targets[rows]), weights=weighed.weights.values[rows])
    assert scores["val_weighted_mae"] == pytest.approx(expected)
    assert scores["val_weighted_mae"] != pytest.approx(scores["val_mae"])
