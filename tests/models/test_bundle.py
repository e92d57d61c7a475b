from __future__ import annotations

import pickle
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.scaling import Scaler
from fusionnas.errors import BundleError, FormulaError, OptionError
from fusionnas.files.checksums import write_checksums
from fusionnas.models.bundle import load_bundle, save_bundle
from fusionnas.models.predictor import Predictor
from fusionnas.models.provenance import data_facts, write_bundle
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.named import load_architecture
from fusionnas.networks.network import build
from tests.made.bundle_facts import METRICS, ORIGIN, RECIPE
from tests.made.compounds import random_compounds
from tests.made.processor import needs_bf16
from tests.made.small_data import small_dataset

FACTS = {"target": "gap", "unit": "eV", "elements_seen": "O Ti Sr Na Cl"}


@pytest.fixture(params=["l-g-dcnn-v1", "dcnn-k1"])
def bundle(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    architecture = load_architecture(request.param).with_width(16)
    network = build(architecture, element_vectors(), seed=3)
    card = {"model_card.md": "# gap\n"}
    save_bundle(tmp_path / "model", network, Scaler(5.0, 2.0), FACTS, texts=card)
    return tmp_path / "model"


def test_a_bundle_is_the_network_that_was_saved(bundle: Path) -> None:
    loaded = load_bundle(bundle)
    original = build(loaded.network.architecture, element_vectors(), seed=3).eval()
    inputs = random_compounds(6, 4)
    torch.testing.assert_close(loaded.network.eval()(inputs), original(inputs))
    assert loaded.scaler == Scaler(5.0, 2.0)
    assert loaded.elements_seen == {8, 11, 17, 22, 38}
    assert not list(bundle.glob("*.pkl")) + list(bundle.glob("*.pt"))


def test_prediction_is_of_the_composition_alone(bundle: Path) -> None:
    """The same composition written otherwise, other rows and another order change nothing."""
    predictor = Predictor.load(bundle)
    formulas = ["SrTiO3", "O3SrTi", "Sr2Ti2O6", "Sr0.5Ti0.5O1.5", "NaCl", "TiO2", "O2", "Na2TiO3Cl"]
    frame = predictor.predict(formulas)
    values = frame["value"].to_numpy()
    assert frame["formula"].tolist() == formulas
    np.testing.assert_allclose(values[:4], values[0], atol=1e-5)
    alone = [predictor.predict([formula])["value"][0] for formula in formulas]
    np.testing.assert_allclose(values, alone, atol=1e-5)
    backwards = predictor.predict(formulas[::-1])["value"].to_numpy()[::-1]
    np.testing.assert_allclose(values, backwards, atol=1e-5)
    assert (frame["uncertainty"] > 0).all()
    assert set(frame["unit"]) == {"eV"}


def test_shares_sum_to_the_prediction(bundle: Path) -> None:
    predictor = Predictor.load(bundle)
    parts = predictor.shares("SrTiO3")
    assert set(parts) == {"Sr", "Ti", "O"}
    predicted = predictor.predict(["SrTiO3"])["value"][0]
    assert sum(parts.values()) == pytest.approx(predicted, abs=1e-5)


def test_unseen_elements_are_flagged(bundle: Path) -> None:
    frame = Predictor.load(bundle).predict(["SrTiO3", "BaTiO3", "UPuO4"])
    assert frame["unseen_elements"].tolist() == ["", "Ba", "U Pu"]


def test_elements_without_a_vector_are_refused(tmp_path: Path) -> None:
    architecture = Architecture.from_dict(
        {
            "width": 16,
            "global": ["gru"],
            "embedding": {"kind": "element_fraction", "element_vectors": "oliynyk"},
        }
    )
    network = build(architecture, element_vectors("oliynyk"), seed=0)
    save_bundle(tmp_path / "m", network, Scaler(0.0, 1.0), FACTS)
    predictor = Predictor.load(tmp_path / "m")
    predictor.predict(["NaCl"])
    with pytest.raises(FormulaError, match="vectors lack Pu"):
        predictor.predict(["PuO2"])
    # in a table, that row alone is lost
    frame, errors = predictor.predict_table(pd.DataFrame({"f": ["NaCl", "PuO2"]}), "f")
    assert frame["value"].notna().tolist() == [True, False]
    assert errors == {1: "'PuO2': the bundle's element vectors lack Pu."}


def test_a_bundle_is_not_written_over(bundle: Path) -> None:
    network = load_bundle(bundle).network
    with pytest.raises(BundleError, match="exists already"):
        save_bundle(bundle, network, Scaler(0.0, 1.0), FACTS)


def test_a_bundle_carries_its_training_compositions(tmp_path: Path) -> None:
    data = small_dataset()
    known = data.table.take(data.parts.train)
    network = build(load_architecture("lstm").with_width(16), element_vectors(), seed=0)
    write_bundle(tmp_path / "m", network, data_facts(data), METRICS, ORIGIN, RECIPE, known)
    loaded = load_bundle(tmp_path / "m")
    assert loaded.compositions is not None
    np.testing.assert_array_equal(loaded.compositions.keys(), known.keys())
    formulas = [known[0].formula, "HeNe"]
    frame = Predictor.load(tmp_path / "m").predict(formulas)
    assert frame["distance"].tolist() == [0.0, 1.0]
    assert frame["nearest_training"].tolist() == [formulas[0], ""]
    assert frame["far"].tolist() == [False, True]
    assert 0 < loaded.manifest["training_compositions"]["far_distance"] < 0.9
    content = bytearray((tmp_path / "m" / "compositions.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "m" / "compositions.npz").write_bytes(bytes(content))
    with pytest.raises(BundleError, match="was changed"):
        load_bundle(tmp_path / "m")


def test_precision_and_interval_are_checked(bundle: Path) -> None:
    with pytest.raises(OptionError, match="did you mean 'fp32'"):
        Predictor.load(bundle, precision="fp23")
    with pytest.raises(OptionError, match="between 0 and 1"):
        Predictor.load(bundle).predict(["NaCl"], interval=90)
    with pytest.raises(OptionError, match="device 'gpu' cannot be used"):
        Predictor.load(bundle, device="gpu")


@needs_bf16
def test_bfloat16_is_close(bundle: Path) -> None:
    """Three digits of the standardised target, whose standard deviation is 2 here."""
    formulas = ["SrTiO3", "NaCl", "TiO2", "Na2TiO3Cl"]
    exact = Predictor.load(bundle).predict(formulas)
    close = Predictor.load(bundle, precision="bf16").predict(formulas)
    np.testing.assert_allclose(close["value"], exact["value"], atol=0.02)
    assert (close["value"] != exact["value"]).any()


def test_a_predictor_is_pickled(bundle: Path) -> None:
    predictor = Predictor.load(bundle)
    again = pickle.loads(pickle.dumps(predictor))
    pd.testing.assert_frame_equal(again.predict(["SrTiO3"]), predictor.predict(["SrTiO3"]))


@pytest.mark.parametrize(
    "name",
    ["weights.safetensors", "architecture.yaml", "manifest.json", "model_card.md", "SHA256SUMS"],
)
@pytest.mark.parametrize("place", [0, 3, -2, -1])
def test_a_changed_byte_is_noticed(bundle: Path, name: str, place: int) -> None:
    content = bytearray((bundle / name).read_bytes())
    content[place] ^= 1
    (bundle / name).write_bytes(bytes(content))
    with pytest.raises(BundleError, match="missing or was changed"):
        load_bundle(bundle)


def test_the_checksums_are_those_of_sha256sum(bundle: Path) -> None:
    done = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=bundle, capture_output=True)
    assert done.returncode == 0
    assert done.stdout.decode().count(": OK") == 4
    (bundle / "notes.txt").write_text("mine")  # what was added later is not the bundle's
    load_bundle(bundle)


def test_incomplete_and_foreign_bundles(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is not a bundle"):
        load_bundle(tmp_path / "nowhere")
    manifest = bundle / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 2', '"format": 99'))
    write_checksums(bundle)
    with pytest.raises(BundleError, match="update fusionnas"):
        load_bundle(bundle)
    manifest.write_text("{")
    write_checksums(bundle)
    with pytest.raises(BundleError, match="is damaged"):
        load_bundle(bundle)
    (bundle / "SHA256SUMS").unlink()
    with pytest.raises(BundleError, match="Export it again with this version"):
        load_bundle(bundle)


def test_what_a_bundle_reads_is_not_added_later(bundle: Path) -> None:
    for name in ("calibration.json", "before.npz", "calibration-1.json"):
        (bundle / name).write_bytes((bundle / "SHA256SUMS").read_bytes())
        with pytest.raises(BundleError, match=f"{name} was added after the bundle was written"):
            load_bundle(bundle)
        (bundle / name).unlink()
    load_bundle(bundle)
