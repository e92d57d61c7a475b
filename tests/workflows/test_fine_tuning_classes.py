"""Networks of numbers and of classes that are trained further on another kind of target."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import fusionnas
from fusionnas.data.dataset import Dataset
from fusionnas.errors import OptionError
from fusionnas.estimators import FusionClassifier
from fusionnas.models.predictor import Predictor
from fusionnas.tasks.kinds import task_of
from fusionnas.workflows.train import train, train_in_memory
from tests.made.class_study import THREE, TWO, class_dataset
from tests.made.small_data import small_dataset

OTHER = ("cold", "warm")
TARGETS = {
    "number": small_dataset,
    "two": class_dataset,
    "other": lambda rows: replace(class_dataset(rows), classes=OTHER),
    "three": lambda rows: class_dataset(rows, THREE),
}


def data(kind: str, rows: int = 120) -> Dataset:
    return TARGETS[kind](rows)


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A bundle of each kind of target that can start another."""
    folder = tmp_path_factory.mktemp("bases")
    for kind in ("number", "two", "three"):
        train("message-passing", data(kind, 200), folder / kind, width=16, epochs=30)
    return {kind: folder / kind for kind in ("number", "two", "three")}


@pytest.mark.parametrize("new", TARGETS)
@pytest.mark.parametrize("old", ["number", "two", "three"])
def test_each_start_keeps_the_trunk(
    bases: dict[str, Path], tmp_path: Path, old: str, new: str
) -> None:
    """The readout is kept for numbers and for the same classes, and it is fresh otherwise."""
    notes: list[str] = []
    metrics = train(
        None,
        data(new),
        tmp_path / "out",
        init_from=bases[old],
        layer_rates="all=1e-9",
        epochs=1,
        on_note=notes.append,
    )
    before, model = fusionnas.load(bases[old]), fusionnas.load(tmp_path / "out")
    kept = old == new
    start = task_of(data(new)).error.key("start")
    assert (start in metrics) == kept
    assert ["the readout is a fresh one" in note for note in notes] == [True] * (not kept)
    card = (tmp_path / "out" / "model_card.md").read_text()
    assert ("The readout was a fresh one" in card) == (not kept)
    assert model.classes == data(new).classes
    mine, theirs = (one.bundle.network.state_dict() for one in (model, before))
    for name, weights in mine.items():
        if kept or not name.startswith("readout."):
            np.testing.assert_allclose(weights, theirs[name], atol=1e-5)


@pytest.mark.parametrize("kind", ["two", "three"])
def test_it_begins_with_the_probabilities_of_the_first(bases: dict[str, Path], kind: str) -> None:
    """Those before a temperature, at the shares of the new training part."""
    own = data(kind, 200)
    trained = train_in_memory(None, own, init_from=bases[kind], epochs=1)
    first = fusionnas.load(bases[kind])
    bundle = replace(first.bundle, scaler=task_of(own).scaler(own))
    rows = trained.dataset.parts.val
    p = Predictor(bundle, device="cpu").mixture(own.table.take(rows)).value
    loss = task_of(own).error.measure(p, own.targets[rows])
    assert trained.result.start_error == pytest.approx(loss, abs=1e-5)


def test_a_fresh_readout_cannot_be_frozen(bases: dict[str, Path]) -> None:
    with pytest.raises(OptionError, match=r"predicts a number, .* so it cannot be frozen"):
        train_in_memory(None, data("two"), init_from=bases["number"], freeze="readout")


def test_the_scores_of_a_training_are_those_of_its_bundle(bases: dict[str, Path]) -> None:
    """The test part is judged by the probabilities that the bundle gives without temperature."""
    for kind, classes in (("two", TWO), ("three", THREE)):
        model, own = fusionnas.load(bases[kind]), data(kind, 200)
        assert model.classes == classes
        bundle = replace(model.bundle, scaler=task_of(own).scaler(own))
        test = own.parts.test
        p = Predictor(bundle, device="cpu").mixture(own.table.take(test)).value
        found = task_of(own).scores("test", p, own.targets[test])
        told = model.manifest["metrics"]
        assert {key: told[key] for key in found} == pytest.approx(found, abs=1e-5)


def test_the_classifier_fine_tunes(bases: dict[str, Path]) -> None:
    own = data("three")
    words = np.array(THREE)[own.targets.astype(int)]
    found = FusionClassifier(init_from=bases["number"], freeze="embedding", epochs=1)
    model = found.fit(own.table.formulas(), words).predictor_
    assert model.classes == tuple(sorted(THREE))
    before = fusionnas.load(bases["number"]).bundle.network.embedding.state_dict()
    for name, weights in model.bundle.network.embedding.state_dict().items():
        np.testing.assert_array_equal(weights.cpu(), before[name])
