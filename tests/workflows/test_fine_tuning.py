"""Training further, stopping and going on, and the same weights from the same seed."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from typer.testing import CliRunner

import fusionnas
from fusionnas.cli import app
from fusionnas.data.dataset import Dataset
from fusionnas.data.scaling import Scaler
from fusionnas.data.splits import Parts
from fusionnas.errors import BundleError, DataError, OptionError, StorageError
from fusionnas.estimators import FusionRegressor
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.network import PARTS, build
from fusionnas.studies.named_network import read_pretrained
from fusionnas.training import unfinished
from fusionnas.training.fine_tuning import parse_rates
from fusionnas.training.optimisation import make_optimizer, make_schedule
from fusionnas.training.recipe_file import load_recipe
from fusionnas.training.state_file import read_state, write_state
from fusionnas.training.unfinished import Unfinished
from fusionnas.workflows.train import train, train_in_memory
from tests.made.compounds import vectors
from tests.made.small_data import small_dataset

FUSED = Architecture.from_dict(
    {
        "width": 16,
        "global": [{"kind": "gru", "attention": "soft"}],
        "local": ["dcnn"],
        "fusion": {"kind": "parallel", "join": "gate"},
        "pooling": "soft",
    }
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle to begin with."""
    folder = tmp_path_factory.mktemp("fine") / "base"
    train(FUSED, small_dataset(300), folder, epochs=40)
    return folder


def state(bundle: Path) -> dict[str, torch.Tensor]:
    return fusionnas.load(bundle).bundle.network.state_dict()


def part_of(name: str) -> str:
    return next(part for part, own in PARTS.items() if name.partition(".")[0] in own)


def test_every_parameter_belongs_to_one_part() -> None:
    network = build(FUSED, vectors(), 0)
    assert {part_of(name) for name, _ in network.named_parameters()} == set(PARTS)
    for rates in ({}, {"global": 0.1, "readout": 3.0}):
        optimizer = make_optimizer(network, load_recipe("default"), rates)
        make_schedule(optimizer, load_recipe("default"), steps_per_epoch=10)
        groups = optimizer.param_groups
        taken = [id(p) for group in groups for p in group["params"]]
        assert sorted(taken) == sorted(id(p) for p in network.parameters())
    by_rate = {group["rate"] for group in groups}
    assert by_rate == {0.1, 1.0, 3.0}
    assert max(group["max_lr"] for group in groups) == pytest.approx(3 * 3e-3)


@pytest.mark.parametrize(
    ("frozen", "recipe"), [("embedding,global", "default"), ("local,fusion", "paper")]
)
def test_frozen_parts_do_not_move(base: Path, frozen: str, recipe: str) -> None:
    """Whatever the optimiser, weight decay and averaging do to the others."""
    trained = train_in_memory(
        None, small_dataset(200), init_from=base, freeze=frozen, epochs=3, recipe=recipe
    )
    before = state(base)
    moved: dict[str, bool] = {}
    for name, value in trained.network.named_parameters():
        part = part_of(name)
        moved[part] = moved.get(part, False) or not torch.equal(value, before[name])
    assert moved == {part: part not in frozen.split(",") for part in PARTS}
    assert trained.origin["rates"] == dict.fromkeys(frozen.split(","), 0.0)
    whole = sum(value.numel() for value in trained.network.parameters())
    assert trained.metrics["parameters"] == whole == trained.network.parameter_count


def test_it_begins_where_the_bundle_ended(base: Path) -> None:
    """With a rate of next to nothing the network stays what it was."""
    found = train_in_memory(
        None, small_dataset(200), init_from=base, layer_rates="all=1e-9", epochs=1
    )
    before = state(base)
    for name, value in found.network.state_dict().items():
        torch.testing.assert_close(value, before[name], atol=1e-6, rtol=1e-6)


def test_the_bundle_says_what_it_came_from(base: Path, tmp_path: Path) -> None:
    train(None, small_dataset(200), tmp_path / "out", init_from=base, freeze="embedding", epochs=1)
    model = fusionnas.load(tmp_path / "out")
    origin = model.manifest["origin"]
    assert origin["init_from"]["name"] == "base"
    assert len(origin["init_from"]["weights"]) == 16
    card = (tmp_path / "out" / "model_card.md").read_text()
    assert "Started from the weights of 'base'" in card
    assert "(frozen): embedding" in card


def test_the_regressor_fine_tunes(base: Path) -> None:
    data = small_dataset(100)
    regressor = FusionRegressor(init_from=base, freeze="embedding", epochs=1, device="cpu")
    regressor = clone(regressor).fit(data.table.formulas(), data.targets)
    network = regressor.predictor_.bundle.network
    assert network.architecture.width == FUSED.width
    before = state(base)
    for name, value in network.embedding.state_dict().items():
        assert torch.equal(value, before[f"embedding.{name}"])
    assert not torch.equal(
        network.state_dict()["readout.linear.weight"], before["readout.linear.weight"]
    )


def test_a_predictor_in_use_is_not_touched(base: Path) -> None:
    model = fusionnas.load(base, device="cpu")
    before = model.predict(["NaCl"])["value"].item()
    train_in_memory(None, small_dataset(100), init_from=model, epochs=1)
    assert model.predict(["NaCl"])["value"].item() == before


def test_a_full_disk_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unfinished, "EVERY", 0.0)
    monkeypatch.setattr(
        unfinished, "write_state", Mock(side_effect=OSError(28, "No space left on device"))
    )
    with pytest.raises(StorageError, match=r"no space is left.*--resume"):
        train("gru", small_dataset(100), tmp_path / "out", width=8, epochs=2)


def test_what_does_not_go_together(base: Path, tmp_path: Path) -> None:
    data = small_dataset(100)
    for options, message in (
        ({"architecture": "gru"}, "and GRU"),
        ({"width": 32}, "w32 was asked for"),
        ({"freeze": "trunk"}, "no part 'trunk'"),
        ({"freeze": ",".join(PARTS)}, "nothing is left to train"),
        ({"layer_rates": "global"}, "part=factor"),
        ({"layer_rates": "trunk=0.1"}, "no part 'trunk'"),
        ({"layer_rates": "global=nan"}, "must be finite"),
        ({"layer_rates": "global=-1"}, "finite and not negative"),
        ({"freeze": "global", "layer_rates": "global=1"}, "is frozen"),
    ):
        with pytest.raises(OptionError, match=message):
            train_in_memory(**{"architecture": None, "dataset": data, "init_from": base} | options)
    with pytest.raises(OptionError, match="parts that are not frozen have no weights"):
        train_in_memory("gru", data, width=16, freeze="embedding,global,readout")
    with pytest.raises(OptionError, match="Name an architecture"):
        train_in_memory(None, data)
    with pytest.raises(BundleError, match="no bundle and no study"):
        train_in_memory(None, data, init_from=tmp_path / "nothing")


def test_rates() -> None:
    assert parse_rates(None, None) == {}
    assert parse_rates("local", "all=0.1,readout=1") == {
        "embedding": 0.1,
        "global": 0.1,
        "local": 0.0,
        "fusion": 0.1,
    }


SCRIPT = """
import sys
from pathlib import Path
from fusionnas.training import unfinished
from fusionnas.workflows.train import train
from tests.made.small_data import small_dataset
unfinished.EVERY = 0.0
for name in sys.argv[2].split(","):
    train(name, small_dataset(300), Path(sys.argv[1]) / name, width=16, epochs=int(sys.argv[3]),
          resume="--resume" in sys.argv, device="cpu",
          on_epoch=lambda record: print(record.epoch, flush=True))
"""


def start(out: Path, name: str, epochs: int, *more: str) -> subprocess.Popen[str]:
    root = str(Path(__file__).parents[2])
    same = {"PYTHONPATH": root, "OMP_NUM_THREADS": "1"}  # another number is other last digits
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(out), name, str(epochs), *more],
        env=os.environ | same,
        stdout=subprocess.PIPE,
        text=True,
    )


def weights(bundle: Path) -> str:
    return hashlib.sha256((bundle / "weights.safetensors").read_bytes()).hexdigest()


@pytest.mark.guards
def test_killed_and_resumed_to_the_same_weights(tmp_path: Path) -> None:
    """SIGKILL at a random moment; and two processes that ran through agree as well."""
    whole = start(tmp_path / "whole", "ldcnn", 15)
    process = start(tmp_path / "killed", "ldcnn", 15)
    out = tmp_path / "killed" / "ldcnn"
    assert process.stdout is not None
    for _ in range(3):
        process.stdout.readline()
    time.sleep(np.random.default_rng().uniform(0, 0.3))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not out.exists()
    kept = read_state(tmp_path / "killed" / "ldcnn.training" / "state.pt")
    assert kept is not None
    assert kept["plan"]["seed"] == 0
    resumed = start(tmp_path / "killed", "ldcnn", 15, "--resume")
    epochs, _ = resumed.communicate(timeout=300)
    assert int(epochs.split()[0]) >= 3  # it did not begin anew; epoch 3 may be lost with its state
    whole.communicate(timeout=300)
    assert weights(out) == weights(tmp_path / "whole" / "ldcnn")
    assert not (tmp_path / "killed" / "ldcnn.training").exists()


@pytest.mark.slow  # test_before.py compares with the weights of another process
def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    """In two processes, for recurrent, convolving and attending components."""
    names = ["l-g-dcnn-v2", "crabnet", "gru", "lstm"]
    runs = [start(tmp_path / str(number), ",".join(names), 1) for number in range(2)]
    for run in runs:
        run.communicate(timeout=300)
    for name in names:
        assert weights(tmp_path / "0" / name) == weights(tmp_path / "1" / name)


def test_an_interrupt_keeps_the_epoch(tmp_path: Path) -> None:
    def interrupt(record: object) -> None:
        signal.raise_signal(signal.SIGINT)

    data = small_dataset(200)
    with pytest.raises(KeyboardInterrupt):
        train("gru", data, tmp_path / "out", width=16, epochs=4, on_epoch=interrupt)
    with pytest.raises(OptionError, match="Continue it with --resume"):
        train("gru", data, tmp_path / "out", width=16, epochs=4)
    with pytest.raises(OptionError, match=r"since its recipe, seed differs"):
        train("gru", data, tmp_path / "out", width=16, epochs=5, seed=1, resume=True)
    seen: list[int] = []
    train(
        "gru",
        data,
        tmp_path / "out",
        width=16,
        epochs=4,
        resume=True,
        on_epoch=lambda record: seen.append(record.epoch),
    )
    assert seen == [2, 3, 4]


def test_a_damaged_state_is_told_and_kept(tmp_path: Path) -> None:
    state = Unfinished(tmp_path / "out", {"seed": 0}, resume=False).folder / "state.pt"
    state.parent.mkdir()
    state.write_bytes(b"cut off")
    data = small_dataset(100)
    with pytest.raises(StorageError, match="damaged"):
        train("gru", data, tmp_path / "out", width=8, epochs=1, resume=True)
    assert state.read_bytes() == b"cut off"
    state.unlink()
    train("gru", data, tmp_path / "out", width=8, epochs=1, resume=True)
    assert (tmp_path / "out" / "manifest.json").is_file()


def test_too_little_memory_loses_no_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "state.pt"
    write_state(state, {"epoch": 5})
    failing = Mock(side_effect=torch.OutOfMemoryError("CUDA out of memory"))
    with monkeypatch.context() as patch:
        patch.setattr(torch, "load", failing)
        with pytest.raises(torch.OutOfMemoryError):
            read_state(state)
    assert read_state(state) == {"epoch": 5}


def another_split(data: Dataset, seed: int = 1) -> Dataset:
    """60 training and 80 validation compositions, the others for the test."""
    order = np.random.default_rng(seed).permutation(len(data.table))
    return replace(data, parts=Parts(order[:60], order[60:140], order[140:]))


def error_on(bundle: Path, data: Dataset, rows: np.ndarray) -> float:
    predicted = fusionnas.load(bundle).predict(data.table.take(rows).formulas())["value"]
    return float(np.abs(predicted.to_numpy() - data.targets[rows]).mean())


def test_what_the_first_training_saw_judges_nothing(base: Path, tmp_path: Path) -> None:
    """Neither validates nor tests, over two trainings, in another split of the same table."""
    data = small_dataset(300)
    keys, known = data.table.keys(), fusionnas.load(base).bundle.compositions
    assert known is not None
    other = another_split(data)
    seen = {
        name: np.isin(keys[getattr(other.parts, name)], known.keys()) for name in ("val", "test")
    }
    metrics = train(None, other, tmp_path / "second", init_from=base, epochs=1)
    manifest = fusionnas.load(tmp_path / "second").manifest
    told = {
        "validation": {"left_out": seen["val"].sum(), "of": 80},
        "test": {"left_out": seen["test"].sum(), "of": 160},
    }
    assert manifest["origin"]["known"] == metrics["known"] == told
    unknown = other.parts.val[~seen["val"]]
    assert manifest["data"]["compositions"]["val"] == len(unknown)
    assert metrics["start_mae"] == pytest.approx(error_on(base, data, unknown), rel=1e-4)
    assert metrics["val_mae"] == pytest.approx(
        error_on(tmp_path / "second", data, unknown), rel=1e-4
    )
    assert manifest["data"]["compositions"]["test"] == (~seen["test"]).sum()
    assert manifest["interval"]["rows"] == (~seen["test"]).sum() // 2
    card = (tmp_path / "second" / "model_card.md").read_text()
    assert f"{seen['val'].sum()} of 80 validation compositions were left out" in card
    assert f"{seen['test'].sum()} of 160 test compositions were left out" in card
    # a third training knows what the first and the second saw
    start = read_pretrained(tmp_path / "second")
    assert start.seen is not None
    assert set(start.seen.keys()) == set(known.keys()) | set(keys[other.parts.train])


def test_where_nothing_else_is_left_what_is_known_stays_and_is_told(
    base: Path, tmp_path: Path
) -> None:
    data = small_dataset(300)
    known = data.parts.train
    again = replace(data, parts=Parts(known[100:], known[:40], known[50:100]))
    metrics = train(None, again, tmp_path / "known", init_from=base, epochs=2, layer_rates="all=9")
    assert metrics["val_mae"] > metrics["start_mae"]  # it knew them well before that rate
    assert metrics["best_epoch"] == 2  # they choose nothing: the last weights are kept
    manifest = fusionnas.load(tmp_path / "known").manifest
    assert manifest["origin"]["known"] == {
        "validation": {"kept": 40, "of": 40, "chose_nothing": 1},
        "test": {"kept": 50, "of": 50},
    }
    assert "interval" not in manifest
    card = (tmp_path / "known" / "model_card.md").read_text()
    for part in ("validation", "test"):
        assert f"the {part} error is too low" in card


def test_a_few_that_are_left_choose_no_epoch(base: Path, tmp_path: Path) -> None:
    """Five of 45 validation compositions are unknown: their error is told, and chooses nothing."""
    data = small_dataset(300)
    known, unknown = data.parts.train, data.parts.test
    val = np.concatenate([known[:40], unknown[:5]])
    few = replace(data, parts=Parts(known[40:], val, unknown[5:]))
    metrics = train(None, few, tmp_path / "few", init_from=base, epochs=2, layer_rates="all=9")
    assert metrics["known"]["validation"] == {"left_out": 40, "of": 45, "chose_nothing": 1}
    assert metrics["val_mae"] == pytest.approx(error_on(tmp_path / "few", data, unknown[:5]))
    assert metrics["val_mae"] > metrics["start_mae"]
    assert metrics["best_epoch"] == 2
    card = (tmp_path / "few" / "model_card.md").read_text()
    assert "too few others are left to choose an epoch" in card


def test_the_command_says_what_was_left_out(base: Path, tmp_path: Path) -> None:
    """Of a table that holds what the first network was trained on; no unit, another name."""
    data = small_dataset(300)
    table = tmp_path / "few.csv"
    pd.DataFrame({"formula": data.table.formulas(), "y": data.targets}).to_csv(table, index=False)
    out = tmp_path / "out"
    arguments = ["--data", str(table), "--init-from", str(base), "-o", str(out), "--seed", "3"]
    result = CliRunner().invoke(app, ["train", *arguments, "--epochs", "1", "--quiet"])
    assert result.exit_code == 0, result.output
    facts = json.loads((out / "manifest.json").read_text())
    known = facts["origin"]["known"]["validation"]
    assert known["of"] == 45
    assert 20 < known["left_out"] < 42
    assert f"{known['left_out']} of 45 validation compositions were left out" in result.output
    assert facts["origin"]["output_scale"] == "first network"  # by its skill on the table
    assert "before the first epoch" in result.output


def shifted(data: Dataset, unit: str = "Pauling", factor: float = 1.0) -> Dataset:
    """Compositions of high electronegativity alone: the table has another mean and scale."""
    rows = np.argsort(data.targets)[-150:]
    order = np.random.default_rng(0).permutation(150)
    parts = Parts(order[:100], order[100:125], order[125:])
    table = data.table.take(rows)
    return replace(data, table=table, targets=factor * data.targets[rows], parts=parts, unit=unit)


def test_it_begins_with_the_predictions_of_the_first_network(base: Path, tmp_path: Path) -> None:
    """On a table of another mean and scale, in its unit; the bundle keeps the output scale."""
    data = shifted(small_dataset(900))
    start = read_pretrained(base)
    val = data.parts.val[~start.knows(data, "val")]
    metrics = train(None, data, tmp_path / "out", init_from=base, epochs=1)
    assert metrics["start_mae"] == pytest.approx(error_on(base, data, val), rel=1e-4)
    first, fine = fusionnas.load(base).bundle, fusionnas.load(tmp_path / "out").bundle
    assert fine.scaler == first.scaler
    assert fine.scaler != Scaler.fit(data.targets[data.parts.train])
    predicted = error_on(tmp_path / "out", data, val)
    assert metrics["val_mae"] == pytest.approx(predicted, rel=1e-4)
    assert (
        "as they are, have a validation MAE of" in (tmp_path / "out" / "model_card.md").read_text()
    )


@pytest.mark.parametrize("output", ["asinh", "hurdle"])
def test_an_output_that_knows_its_targets_predicts_as_before(output: str, tmp_path: Path) -> None:
    """Its spike or its scale is that of the first targets, also beside other ones."""
    architecture = Architecture.from_dict({"width": 16, "global": ["gru"], "output": output})
    train(architecture, small_dataset(300), tmp_path / "first", epochs=60)
    data = shifted(small_dataset(900))
    val = data.parts.val[~read_pretrained(tmp_path / "first").knows(data, "val")]
    trained = train_in_memory(None, data, init_from=tmp_path / "first", epochs=1)
    expected = error_on(tmp_path / "first", data, val)
    assert trained.result.start_error == pytest.approx(expected, rel=1e-4)


def test_where_no_epoch_is_better_the_first_network_stays(base: Path, tmp_path: Path) -> None:
    """A rate so high that the training destroys what was learned; also after an interrupt."""
    data = small_dataset(200)
    options = {"init_from": base, "layer_rates": "all=100", "epochs": 2}

    def interrupt(record: object) -> None:
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(None, data, tmp_path / "out", **options, on_epoch=interrupt)
    metrics = train(None, data, tmp_path / "out", **options, resume=True)
    assert metrics["best_epoch"] == 0
    assert metrics["val_mae"] == pytest.approx(metrics["start_mae"])
    formulas = ["SrTiO3", "NaCl", "GaAs"]
    expected = fusionnas.load(base).predict(formulas)["value"]
    found = fusionnas.load(tmp_path / "out").predict(formulas)["value"]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert "since no epoch was better" in (tmp_path / "out" / "model_card.md").read_text()


def test_in_another_unit_the_scale_is_that_of_the_table(base: Path, tmp_path: Path) -> None:
    data = shifted(small_dataset(900), unit="mPauling", factor=1000.0)
    start = read_pretrained(base)
    known, val = data.parts.train, data.parts.val[~start.knows(data, "val")]
    metrics = train(None, data, tmp_path / "out", init_from=base, epochs=1)
    fine = fusionnas.load(tmp_path / "out")
    scaler = Scaler.fit(data.targets[known])
    assert fine.bundle.scaler == scaler
    assert fine.manifest["origin"]["output_scale"] == "training part"
    first = fusionnas.load(base)
    standardised = first.bundle.scaler.standardise(
        first.predict(data.table.take(val).formulas())["value"].to_numpy()
    )
    expected = np.abs(scaler.restore(standardised) - data.targets[val]).mean()
    assert metrics["start_mae"] == pytest.approx(expected, rel=1e-4)


def test_numbers_without_names_of_another_property_have_a_scale_of_their_own(base: Path) -> None:
    """Their unit is not told: that the first network predicts them worse than a median tells."""
    data = small_dataset(300)
    masses = 40 * data.targets[::-1] + 100
    nameless = replace(data, targets=masses, unit="", target="y")
    trained = train_in_memory(None, nameless, init_from=base, epochs=1)
    assert trained.data.scaler == Scaler.fit(masses[data.parts.train])


def test_a_network_that_hardly_learned_is_refused(tmp_path: Path) -> None:
    data = small_dataset(200)
    train(FUSED, data, tmp_path / "hardly", epochs=2)
    with pytest.raises(OptionError, match=r"'hardly', hardly learned: its skill is .* 0.25 is"):
        train(None, data, tmp_path / "out", init_from=tmp_path / "hardly", epochs=1)
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "out.training").exists()


def test_a_regressor_corrects_by_what_no_training_saw(base: Path) -> None:
    data = small_dataset(300)
    known = fusionnas.load(base).bundle.compositions
    assert known is not None
    fitted = FusionRegressor(init_from=base, calibration_share=0.4, epochs=1)
    fitted.fit(data.table.formulas(), data.targets)
    left_out = fitted.predictor_.manifest["origin"]["known"]["validation"]["left_out"]
    assert left_out > 10
    calibration = fitted.predictor_.bundle.calibration
    assert calibration is not None
    assert 20 <= len(calibration.scores) < 0.25 * len(data.table)
    with pytest.raises(DataError, match="that no training used"):
        fitted.fit(known.formulas(), np.arange(len(known)))
