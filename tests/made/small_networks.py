"""Small bundles for tests of what looks into networks, trained once a run."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from fusionnas.models.predictor import Predictor
from fusionnas.workflows.train import train
from tests.made.small_data import small_dataset


@cache
def small_bundle(name: str) -> Path:
    """A bundle of a named architecture, trained for two epochs on the small data set."""
    folder = Path(mkdtemp(prefix="fusionnas-")) / name
    train(name, small_dataset(), folder, width=16, epochs=2)
    return folder


@cache
def small_network(name: str) -> Predictor:
    return Predictor.load(small_bundle(name))


def small_test_part() -> tuple[list[str], np.ndarray]:
    """Formulas and targets that the small networks did not see."""
    data = small_dataset()
    return data.table.take(data.parts.test).formulas(), data.targets[data.parts.test]
