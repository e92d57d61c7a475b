"""Two finished studies of one split, one of another split, and a bundle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fusionnas.workflows.train import train
from tests.made.small_data import small_dataset
from tests.made.small_study import make_study


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`searched`, `random` and `elsewhere` (another split), and the bundle `trained`."""
    folder = tmp_path_factory.mktemp("comparison")
    data = small_dataset(300)
    make_study(
        folder / "searched",
        data,
        [("named:lstm", 1), ("random", 1), ("random", 0), ("random", 1), ("tpe", 30)],
    )
    make_study(folder / "random", data, [("named:lstm", 1), ("random", 1), ("random", 2)])
    train_part, test_part = data.parts.train, data.parts.test
    other = replace(
        data,
        parts=replace(  # half of each test part is the other's as well
            data.parts,
            test=np.sort(np.concatenate([test_part[:20], train_part[:25]])),
            train=np.sort(np.concatenate([train_part[25:], test_part[20:]])),
        ),
    )
    make_study(folder / "elsewhere", other, [("named:lstm", 1), ("random", 2)])
    train("gru", data, folder / "trained", width=8, epochs=2)
    return folder
