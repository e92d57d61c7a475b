from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import fusionnas
from fusionnas.data.element_vectors import element_vectors
from fusionnas.errors import BundleError
from fusionnas.insight.environments import describe
from fusionnas.models.bundle import load_bundle
from fusionnas.models.ensemble import save_ensemble
from fusionnas.models.predictor import Predictor
from fusionnas.models.provenance import data_facts, write_bundle
from fusionnas.networks.named import load_architecture
from fusionnas.networks.network import build
from tests.made.bundle_facts import METRICS, ORIGIN, RECIPE
from tests.made.small_data import small_dataset

FORMULAS = ["SrTiO3", "NaCl", "Fe2O3", "HeNe"]


@pytest.fixture
def ensemble(tmp_path: Path) -> Path:
    data = small_dataset(120)
    known = data.table.take(data.parts.train)
    members = []
    for seed, name in enumerate(("lstm", "cnn", "dcnn-k1")):
        network = build(load_architecture(name).with_width(16), element_vectors(), seed)
        members.append(tmp_path / name)
        write_bundle(members[-1], network, data_facts(data), METRICS, ORIGIN, RECIPE, known)
    save_ensemble(tmp_path / "ensemble", members, {"unit": data.unit})
    assert not any(path.exists() for path in members)
    return tmp_path / "ensemble"


def test_it_predicts_the_mixture_of_its_members(ensemble: Path) -> None:
    together = fusionnas.load(ensemble)
    assert together.is_ensemble
    frame = together.predict(FORMULAS)
    alone = [Predictor.load(ensemble / "members" / n).predict(FORMULAS) for n in "123"]
    values = np.stack([one["value"] for one in alone])
    deviations = np.stack([one["uncertainty"] for one in alone])
    np.testing.assert_allclose(frame["value"], values.mean(axis=0))
    np.testing.assert_allclose(frame["epistemic"], values.std(axis=0))
    np.testing.assert_allclose(frame["aleatoric"], np.sqrt((deviations**2).mean(axis=0)))
    total = np.hypot(frame["aleatoric"], frame["epistemic"])
    np.testing.assert_allclose(frame["uncertainty"], total)
    assert ((frame["lower"] < frame["value"]) & (frame["value"] < frame["upper"])).all()
    assert frame["far"].tolist() == alone[0]["far"].tolist()


def test_shares_sum_to_the_prediction(ensemble: Path) -> None:
    together = fusionnas.load(ensemble)
    parts = together.shares("SrTiO3")
    assert sum(parts.values()) == pytest.approx(together.predict("SrTiO3")["value"][0], abs=1e-5)


def test_where_one_network_is_needed_it_says_so(ensemble: Path) -> None:
    for use in (load_bundle, lambda path: describe([path])):
        with pytest.raises(BundleError, match=r"is an ensemble.*members/1"):
            use(ensemble)
    load_bundle(ensemble / "members" / "1")


def test_a_changed_or_missing_member_is_noticed(ensemble: Path) -> None:
    manifest = ensemble / "members" / "2" / "manifest.json"
    text = manifest.read_text()
    manifest.write_text(text.replace("Pauling", "pauling"))
    with pytest.raises(BundleError, match="was changed after"):
        fusionnas.load(ensemble)
    manifest.write_text(text)
    fusionnas.load(ensemble)
    manifest.unlink()
    with pytest.raises(BundleError, match=r"members/2/manifest\.json is missing"):
        fusionnas.load(ensemble)
