from __future__ import annotations

from pathlib import Path

import pytest

from fusionnas.search_space.space import SearchSpace
from fusionnas.search_space.space_file import load_space
from tests.searching.toy import SPACE


@pytest.fixture
def space(tmp_path: Path) -> SearchSpace:
    (tmp_path / "toy.yaml").write_text(SPACE)
    return load_space(str(tmp_path / "toy.yaml"))
