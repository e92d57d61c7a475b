from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from fusionnas.cecv.efm import element_features, network_cecv
from fusionnas.cecv.probe import ProbeSet, choose_probe
from fusionnas.cecv.probe_file import read_probe_file, write_probe_file
from fusionnas.data.dataset import Dataset
from fusionnas.data.sources import load_dataset
from fusionnas.data.table import encode_formulas
from fusionnas.errors import CECVError, OptionError
from fusionnas.networks.inputs import Inputs
from fusionnas.networks.named import load_architecture
from fusionnas.networks.network import build
from fusionnas.training.batches import Compounds
from tests.made.compounds import vectors
from tests.made.small_data import small_dataset


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return load_dataset()


def test_default_is_silicon_in_validation(dataset: Dataset) -> None:
    probe = choose_probe(dataset)
    assert probe.table.contains(14).all()
    val = dataset.table.take(dataset.parts.val)
    silicon = val.take(np.flatnonzero(val.contains(14)))
    assert set(probe.table.keys().tolist()) == set(silicon.keys().tolist())
    assert probe.usable >= 300


def test_few_silicon_compounds_bring_the_packages_list(tmp_path: Path, dataset: Dataset) -> None:
    rows = dataset.parts.train[:400]
    table = dataset.table.take(rows)
    lines = [f"{f},{i}" for i, f in enumerate(table.formulas())]
    (tmp_path / "t.csv").write_text("formula,target\n" + "\n".join(lines))
    small = load_dataset(tmp_path / "t.csv")
    probe = choose_probe(small)
    assert probe.name == "the package's probe list"
    assert "validation compounds with Si have three or more elements" in probe.note
    train = small.table.take(small.parts.train).keys()
    assert not np.isin(probe.table.keys(), train).any()
    assert probe.usable > 1900


def test_order_is_by_atomic_number_and_fraction(dataset: Dataset) -> None:
    table = choose_probe(dataset, "O").table
    rows = [
        tuple(zip(table[i].numbers, table[i].fractions, strict=True)) for i in range(len(table))
    ]
    assert rows == sorted(rows)


@pytest.mark.parametrize(
    ("how", "count"), [("Si,Ge", None), ("random:50", 50), ("all", 5182), ("list", None)]
)
def test_choices(dataset: Dataset, how: str, count: int | None) -> None:
    probe = choose_probe(dataset, how)
    assert probe.usable > 0
    assert count is None or len(probe.table) == count
    assert choose_probe(dataset, how).hash == probe.hash


def test_a_csv_of_formulas(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("formula\nSrTiO3\nNaN\nBaTiO3\nTiSrO3\n")
    probe = choose_probe(dataset, str(tmp_path / "p.csv"))
    assert sorted(probe.table.formulas()) == ["BaTiO3", "NaN", "SrTiO3"]


def test_bad_probes(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("formula\nNaCl\n")
    with pytest.raises(CECVError, match="no compound of three or more elements"):
        choose_probe(dataset, str(tmp_path / "p.csv"))
    with pytest.raises(CECVError, match="no compound of three or more elements"):
        choose_probe(dataset, "Og")
    with pytest.raises(OptionError, match="no probe 'Sii'"):
        choose_probe(dataset, "Sii")


def test_features_come_back_in_the_order_of_the_table(dataset: Dataset) -> None:
    table = choose_probe(dataset).table
    network = build(load_architecture("lstm").with_width(16), vectors(), seed=0)
    compounds = Compounds(table, torch.device("cpu"))
    blocks = element_features(network, compounds, batch_size=7)
    for rows, inputs in Inputs.by_size(table, torch.device("cpu")):
        n = inputs.elements
        assert blocks[n].shape == (len(rows), n, 16)
        alone = network.element_features(inputs[len(rows) - 1 :])
        np.testing.assert_allclose(blocks[n][-1], alone[0].detach(), atol=1e-5)


def test_a_networks_vector_is_reproducible(dataset: Dataset) -> None:
    probe = choose_probe(dataset)
    network = build(load_architecture("dcnn-k1").with_width(16), vectors(), seed=0)
    compounds = Compounds(probe.table, torch.device("cpu"))
    first, second = (network_cecv(network, probe, compounds) for _ in range(2))
    assert first == second
    assert first.provenance.probe_hash == probe.hash
    assert first.compounds == probe.usable
    assert all(a >= b for a, b in zip(first.counts, first.counts[1:], strict=False))


def test_a_probe_file_gives_back_the_very_same_compositions(tmp_path: Path) -> None:
    formulas = ["Li1e-6Fe2O3", "La0.123456789Sr0.876543211MnO2.95", "SrTiO3", "NaN"]
    table = encode_formulas(formulas)
    write_probe_file(tmp_path / "probe.csv", table)
    probe = read_probe_file(tmp_path / "probe.csv", "four")
    assert probe.table.keys().tolist() == table.keys().tolist()
    assert probe.hash == ProbeSet("other", table, "").hash
    np.testing.assert_array_equal(probe.table.fractions, table.fractions)


@pytest.mark.parametrize("text", [None, "formula\nSrTiO3\n", "formula,numbers,fractions\nA,x,1\n"])
def test_a_damaged_probe_file_says_what_to_do(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "probe.csv").write_text(text)
    with pytest.raises(CECVError, match=r"cannot be read.*--probe"):
        read_probe_file(tmp_path / "probe.csv", "any")


def test_a_sign_that_is_no_digit_is_no_number_of_compounds() -> None:
    with pytest.raises(OptionError, match="There is no probe 'random:²'"):
        choose_probe(small_dataset(), "random:²", 0)
