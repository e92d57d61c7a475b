from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import fusionnas
from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.elements import SYMBOLS
from fusionnas.data.table import encode_formulas
from fusionnas.errors import BundleError
from fusionnas.insight.environments import describe
from fusionnas.models.bundle import load_bundle, lower_bound_of
from fusionnas.models.ensemble import save_ensemble
from fusionnas.models.predictor import Predictor
from fusionnas.models.provenance import data_facts, write_bundle
from fusionnas.networks.named import load_architecture
from fusionnas.networks.network import build
from fusionnas.statistics.calibration import Calibration
from fusionnas.training.batches import MOST_PAIRS, Compounds
from fusionnas.training.inference import predict_standardised
from tests.made.bundle_facts import METRICS, ORIGIN, RECIPE
from tests.made.several import NAMES, bundle_of_targets
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


def test_the_lower_bound_is_that_of_the_training_targets(tmp_path: Path) -> None:
    """From the data through bundles to the ensemble; facts without it, as of 0.1, have none."""
    whole = small_dataset(120)
    lower = whole.targets - whole.targets[whole.parts.train].max()  # none is above zero
    for name, data, bound in (
        ("positive", whole, 0.0),
        ("mixed", replace(whole, targets=lower), -np.inf),
    ):
        network = build(load_architecture("cnn").with_width(16), element_vectors(), 0)
        facts, member = data_facts(data), tmp_path / f"{name}-member"
        write_bundle(member, network, facts, METRICS, ORIGIN, RECIPE, None)
        assert ("no prediction" in (member / "model_card.md").read_text()) == (bound == 0)
        save_ensemble(tmp_path / name, [member], {"unit": data.unit})
        assert fusionnas.load(tmp_path / name).lower_bound == bound
        assert data_facts(data)["lower_bound"] == (0.0 if bound == 0 else None)
    assert lower_bound_of({}) == -np.inf


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


def test_what_a_member_reads_is_not_added_later(ensemble: Path) -> None:
    (ensemble / "members" / "2" / "before.npz").write_bytes(b"more")
    with pytest.raises(BundleError, match=r"before\.npz was added"):
        Predictor.load(ensemble)


def test_an_ensemble_of_one_network_of_several_targets_keeps_its_corrections(
    tmp_path: Path,
) -> None:
    shutil.copytree(bundle_of_targets(), tmp_path / "one")
    manifest = load_bundle(tmp_path / "one").manifest
    facts = {key: value for key, value in manifest.items() if key not in ("format", "kind")}
    facts["members"] = [{"weight": 1.0, "name": "one"}]
    given = [Calibration(np.full(50, 7.0))] * len(NAMES)
    save_ensemble(tmp_path / "ensemble", [tmp_path / "one"], facts, calibrations=given)
    found = Predictor.load(tmp_path / "ensemble")
    assert found.is_corrected
    for one in found.each:
        frame = one.predict(["SrTiO3"])
        width = (frame["upper"] - frame["value"]) / frame["uncertainty"]
        assert width[0] == pytest.approx(7, rel=1e-4)


def test_many_elements_are_predicted_in_smaller_batches(ensemble: Path) -> None:
    """A prediction does not depend on its batch; memory grows with the pairs of elements."""
    network = load_bundle(ensemble / "members" / "1").network
    symbols = [s for s in SYMBOLS[1:60] if s not in ("He", "Ne", "Ar", "Kr")]
    wide = "".join(symbols[:50])
    table = encode_formulas([wide] * 80 + ["SrTiO3"] * 3000)
    sizes: list[tuple[int, ...]] = []
    network.register_forward_pre_hook(lambda _, given: sizes.append(given[0].numbers.shape))
    value, _ = predict_standardised(network, Compounds(table, torch.device("cpu")))
    assert max(b * n**2 for b, n in sizes) <= MOST_PAIRS
    assert (52, 50) in sizes
    np.testing.assert_allclose(value[:80], value[0], atol=1e-5)
