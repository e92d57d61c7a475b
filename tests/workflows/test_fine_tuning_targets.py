"""Networks of several targets that are trained further, and networks that start them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import fusionnas
from fusionnas.data.dataset import Dataset
from fusionnas.data.sources import load_dataset
from fusionnas.errors import OptionError
from fusionnas.estimators import FusionRegressor
from fusionnas.models.bundle import read_manifest
from fusionnas.workflows.train import train, train_in_memory
from tests.made.class_study import class_dataset
from tests.made.once import once
from tests.made.several import NAMES, UNITS, bundle_of_targets, table_of_targets
from tests.made.small_data import small_dataset

FIRST, SECOND, THIRD = NAMES


def data(*names: str, rows: int = 240, unit: str | None = None) -> Dataset:
    """The table of the base, or other rows, with some of its targets."""
    units = dict(zip(NAMES, UNITS.split(","), strict=True))
    unit = ",".join(units[name] for name in names) if unit is None else unit
    return load_dataset(
        table_of_targets(rows), target_column=",".join(names), unit=unit, skip_bad_rows=True
    )


@pytest.fixture(scope="module")
def number(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of one target of another name."""
    return (
        once(
            tmp_path_factory,
            "number",
            lambda folder: train("cnn", small_dataset(200), folder / "base", width=32, epochs=40),
        )
        / "base"
    )


def weights_of(named: Path) -> dict[str, np.ndarray]:
    network = fusionnas.load(named).members[0].network
    return {name: one.cpu().numpy() for name, one in network.state_dict().items()}


@pytest.mark.parametrize("names", [NAMES, (THIRD, FIRST), (SECOND,)], ids=len)
def test_heads_of_the_same_targets_are_kept(tmp_path: Path, names: tuple[str, ...]) -> None:
    """In any order and number: the training begins with the predictions of the first network."""
    base, own = bundle_of_targets(), data(*names, rows=300)
    notes: list[str] = []
    metrics = train(
        None,
        own,
        tmp_path / "out",
        init_from=base,
        layer_rates="all=1e-9",
        epochs=1,
        on_note=notes.append,
    )
    assert notes == []
    formulas = own.table.formulas()[:20]
    before, after = fusionnas.load(base), fusionnas.load(tmp_path / "out")
    for name in names:
        mine = after if len(names) == 1 else after.each[after.targets.index(name)]
        theirs = before.each[before.targets.index(name)]
        wanted = theirs.predict(formulas)["value"]
        np.testing.assert_allclose(mine.predict(formulas)["value"], wanted, rtol=1e-3)
    key = "mae" if len(names) == 1 else "relative_mae"
    assert metrics[f"start_{key}"] == pytest.approx(metrics[f"val_{key}"], rel=1e-3)
    origin = read_manifest(tmp_path / "out")["origin"]
    assert origin["output_scale"] == "first network"
    assert origin["init_from"]["target"] == ", ".join(names)
    assert "readout" not in origin


def test_a_target_in_another_unit_gets_a_scale_of_its_own(tmp_path: Path) -> None:
    own = data(*NAMES, rows=300, unit="eV,,Pauling")
    train(None, own, tmp_path / "out", init_from=bundle_of_targets(), epochs=1)
    manifest = read_manifest(tmp_path / "out")
    assert manifest["origin"]["output_scale"] == "target by target"
    found, first = (
        fusionnas.load(one).members[0].scaler for one in (tmp_path / "out", bundle_of_targets())
    )
    assert [a == b for a, b in zip(found.mean, first.mean, strict=True)] == [False, True, True]
    assert "for some targets as they are" in (tmp_path / "out" / "model_card.md").read_text()


def test_other_targets_keep_the_trunk_with_a_fresh_readout(tmp_path: Path, number: Path) -> None:
    """From one target to several, from several to one, to others and to classes."""
    renamed = replace(small_dataset(200), target="another")
    others = load_dataset(
        table_of_targets().rename(columns={FIRST: "new"}), target_column=f"new,{SECOND}"
    )
    starts = [
        (
            number,
            data(*NAMES),
            "predicts a number, and the data have the targets electronegativity",
        ),
        (bundle_of_targets(), renamed, f"have a number: .* \\(model:{FIRST} keeps that of one"),
        (bundle_of_targets(), others, f"predicts the targets .* have the targets new, {SECOND}"),
        (bundle_of_targets(), class_dataset(200), "and the data have the classes"),
    ]
    for place, (base, own, words) in enumerate(starts):
        notes: list[str] = []
        out = tmp_path / str(place)
        metrics = train(
            None, own, out, init_from=base, layer_rates="all=1e-9", epochs=1, on_note=notes.append
        )
        assert len(notes) == 1
        assert re.search(words, notes[0])
        assert not [name for name in metrics if name.startswith("start_")]
        assert read_manifest(out)["origin"]["readout"] == "fresh"
        mine, theirs = weights_of(out), weights_of(base)
        for name, weights in mine.items():
            if not name.startswith("readout."):
                np.testing.assert_allclose(weights, theirs[name], atol=1e-5)
    with pytest.raises(OptionError, match=r"predicts a number, .* so it cannot be frozen"):
        train_in_memory(None, data(*NAMES), init_from=number, freeze="readout")


def test_known_compositions_do_not_judge_any_target() -> None:
    """A part keeps three unknown values of each target, or it stays whole."""
    own = data(*NAMES, rows=300)
    trained = train_in_memory(None, own, init_from=bundle_of_targets(), epochs=1)
    kept = np.isfinite(own.targets[own.parts.test]).sum(axis=0).min()
    assert {"validation", "test"} == trained.known.keys()
    for part in ("val", "test"):
        rows = getattr(trained.dataset.parts, part)
        assert np.isfinite(trained.dataset.targets[rows]).sum(axis=0).min() >= min(3, kept)
    seen = fusionnas.load(bundle_of_targets()).members[0].compositions.formulas()
    table = table_of_targets()
    all_known = load_dataset(table[table["formula"].isin(seen)], target_column=NAMES)
    whole = train_in_memory(None, all_known, init_from=bundle_of_targets(), epochs=1)
    assert [next(iter(one)) for one in whole.known.values()] == ["kept", "kept"]
    assert not whole.knows_no_test_row


def test_alone_starts_from_the_same_network(tmp_path: Path) -> None:
    """Each target alone begins with its head."""
    out, own = tmp_path / "out", data(FIRST, THIRD, rows=300)
    train(None, own, out, init_from=bundle_of_targets(), epochs=1, alone=True)
    for folder, name in zip(
        sorted((tmp_path / "out-alone").iterdir()), (FIRST, THIRD), strict=True
    ):
        origin = read_manifest(folder)["origin"]
        assert origin["init_from"]["target"] == name
        assert "readout" not in origin


def test_the_regressor_starts_from_several_targets() -> None:
    frame = table_of_targets(300)
    y = frame[list(NAMES)]
    model = FusionRegressor(init_from=bundle_of_targets(), freeze="embedding", epochs=1)
    found = model.fit(frame["formula"].tolist(), y).predictor_
    assert len(found.targets) == 3
    before = weights_of(bundle_of_targets())
    for name, weights in found.members[0].network.embedding.state_dict().items():
        np.testing.assert_array_equal(weights.cpu(), before[f"embedding.{name}"])
