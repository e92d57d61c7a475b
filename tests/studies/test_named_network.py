"""Networks by name, and what they stand for."""

from __future__ import annotations

from pathlib import Path

from fusionnas.models.bundle import MANIFEST
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.trained_network import TrainedNetwork
from tests.made.small_networks import small_network


def test_a_network_beside_a_predictor_says_which_of_them_predicts(tmp_path: Path) -> None:
    folder = StudyFolder(tmp_path / "gaps")
    network = TrainedNetwork("gaps", small_network("lstm"), folder.best, folder)
    assert network.beside_predictor == ()
    folder.predictor.mkdir(parents=True)
    (folder.predictor / MANIFEST).touch()
    (words,) = network.beside_predictor
    assert words.startswith("gaps is the recommended network of its study; `predict` uses")
    assert TrainedNetwork("gaps", small_network("lstm")).beside_predictor == ()
