from __future__ import annotations

import pytest

from fusionnas.search_space.space import SearchSpace
from fusionnas.search_space.space_file import load_space
from tests.searching.toy import SPACE


@pytest.fixture(scope="package")
def space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    file = tmp_path_factory.mktemp("space") / "toy.yaml"
    file.write_text(SPACE)
    return load_space(str(file))
