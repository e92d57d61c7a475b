"""The search space of the table."""

from __future__ import annotations

from pathlib import Path

from fusionnas.search_space.space import SearchSpace
from fusionnas.search_space.space_file import load_space

SPACE = Path(__file__).parent / "space.yaml"


def table_space() -> SearchSpace:
    return load_space(str(SPACE))
