"""A table with a temperature and a route beside the formula, and a made study of it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from fusionnas.data.sources import load_dataset
from fusionnas.studies.folder import StudyFolder
from tests.made.made_study import made_study
from tests.made.once import once

METALS = ("Li", "Na", "K", "Rb", "Cs", "Mg", "Ca", "Sr", "Ba", "Zn")
OTHERS = ("F", "Cl", "Br", "I", "O", "S")
COLUMNS = "temperature,route"


def condition_table() -> pd.DataFrame:
    """The target rises with the temperature, and is larger by one of the routes."""
    rows = [
        (f"{a}{b}{c}", t, route, t / 100 + 4 * (route == "melt") + OTHERS.index(b) / 10)
        for a in METALS
        for b in OTHERS
        for c in ("", "H")
        for t in (300.5, 800.0)
        for route in ("melt", "sol-gel")
    ]
    return pd.DataFrame(rows, columns=["formula", "temperature", "route", "target"])


def condition_study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """Only to be read; without its page."""

    def make(folder: Path) -> None:
        data = load_dataset(condition_table(), input_columns=COLUMNS)
        made_study(folder, data, trials=3, firsts=1)

    return StudyFolder(once(tmp_path_factory, "of-conditions", make) / "made")
