"""Systems of other authors, where their packages and weights are installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fusionnas.benchmarking.budget import Budget
from fusionnas.benchmarking.material import Material
from fusionnas.benchmarking.systems import ALL, System
from fusionnas.benchmarking.systems.system import FIELD
from fusionnas.statistics.metrics import mae
from tests.made.small_data import small_dataset

# seconds for those that take a time, epochs for those that are trained
BUDGETS = {"autogluon": Budget(seconds=20), "roost": Budget(epochs=60)}


@pytest.mark.parametrize(
    "system", [row for row in ALL if row.group == FIELD], ids=lambda row: row.name
)
def test_it_learns_and_predicts_in_the_unit(system: System, tmp_path: Path) -> None:
    if system.missing:
        pytest.skip(system.missing)
    data = small_dataset(200)
    budget = BUDGETS.get(system.name, Budget())
    try:
        fitted = system.fit(Material.of(data, 0, budget, None, tmp_path))
        found = fitted.predict(data.table.take(data.parts.test))
    except Exception as e:
        if "ache" in str(e) or "authentication" in str(e):  # weights that are not here
            pytest.skip(str(e).splitlines()[0])
        raise
    truth = data.targets[data.parts.test]
    assert found.shape == truth.shape
    assert mae(found, truth) < mae(np.full_like(truth, np.median(data.targets)), truth)
    assert system.licence
