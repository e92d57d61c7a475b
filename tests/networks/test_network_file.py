"""A network on disk."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import torch

from fusionnas.data.element_vectors import element_vectors
from fusionnas.files.causes import cause_of
from fusionnas.networks.file_names import ARCHITECTURE, WEIGHTS
from fusionnas.networks.named import load_architecture
from fusionnas.networks.network import Network, build
from fusionnas.networks.network_file import write_network
from fusionnas.training.state_file import read_state, write_state
from tests.made.small_files import files_of_at_most


@pytest.fixture
def network() -> Network:
    return build(load_architecture("lstm").with_width(16), element_vectors(), 0)


def test_weights_can_be_read_by_whoever_reads_the_rest(network: Network, tmp_path: Path) -> None:
    write_network(tmp_path, network)
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in (ARCHITECTURE, WEIGHTS)}
    assert len(modes) == 1


def test_libraries_that_cannot_write_say_why(network: Network, tmp_path: Path) -> None:
    """safetensors and torch raise errors of their own, without the number of the system's."""
    write_state(tmp_path / "state.pt", {"epoch": 1})
    with files_of_at_most(20_000):
        with pytest.raises(OSError, match="large") as weights:
            write_network(tmp_path, network)
        with pytest.raises(OSError, match="large") as state:
            write_state(tmp_path / "state.pt", {"weights": torch.zeros(100_000)})
    for found, name in ((weights, WEIGHTS), (state, "state.pt")):
        assert cause_of(found.value).startswith(f"{tmp_path / name} is larger than the allowed")
    assert read_state(tmp_path / "state.pt") == {"epoch": 1}
