"""Studies, bundles and trainings of version 0.1 are what they were."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import fusionnas

BEFORE = Path(__file__).parents[1] / "before"
# rounding differs between builds of torch and kinds of CPU
SAME_MACHINE = torch.__version__.startswith("2.13.0") and (
    torch.backends.cpu.get_cpu_capability() == "AVX512"
)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BEFORE / "study", tmp_path / "runs" / "old"))


@pytest.mark.parametrize("name", ["ldcnn", "l-g-dcnn", "crabnet"])
def test_a_seed_still_trains_the_same_weights(name: str, tmp_path: Path) -> None:
    torch.set_num_threads(1)  # sums of several threads round otherwise
    dataset = fusionnas.load_dataset(BEFORE / "table.csv", target_column="target")
    fusionnas.train(name, dataset, tmp_path / name, width=8, epochs=2)
    network = fusionnas.load(tmp_path / name).bundle.network
    trained = {key: value.numpy() for key, value in network.state_dict().items()}
    with np.load(BEFORE / "weights.npz") as recorded:
        expected = {k.split("/")[1]: recorded[k] for k in recorded if k.split("/")[0] == name}
    assert expected
    assert expected.keys() <= trained.keys()
    for key, value in expected.items():
        if SAME_MACHINE:
            np.testing.assert_array_equal(trained[key], value, err_msg=key)
        else:
            np.testing.assert_allclose(trained[key], value, rtol=1e-3, atol=1e-4, err_msg=key)


def test_a_bundle_predicts_what_it_did(study: Path) -> None:
    recorded = pd.read_csv(study / "test_predictions.csv")
    predicted = fusionnas.load(study / "best").predict(recorded["formula"].tolist())
    np.testing.assert_allclose(predicted["value"], recorded["prediction"], rtol=1e-5)


def test_a_study_is_read_as_a_whole(study: Path) -> None:
    result = fusionnas.open_study("old", runs=study.parent)
    assert result.summary["trials"]["done"] == 3
    assert len(result.trials) == 3
    for name in ("yardsticks", "parity", "front", "best-so-far", "cecv", "element-contributions"):
        assert len(result.view(name).table), name


def test_another_trial_of_a_study_becomes_a_bundle(study: Path, tmp_path: Path) -> None:
    worst = pd.read_csv(study / "trials.csv").sort_values("val_mae")["number"].iloc[-1]
    fusionnas.export(study, tmp_path / "other", trial=str(worst))
    assert np.isfinite(fusionnas.load(tmp_path / "other").predict(["SrTiO3"])["value"]).all()
