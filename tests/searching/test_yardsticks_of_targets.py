"""Yardsticks of several targets: one fit for each target, to the rows that have it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fusionnas.data.folds import fold_count, study_splits
from fusionnas.data.sources import load_dataset
from fusionnas.errors import DataError
from fusionnas.models.baselines.of_targets import load_each
from fusionnas.searching.yardstick_jobs import MODEL, PREDICTIONS, run_yardstick
from tests.made.several import NAMES, table_of_targets


def test_each_target_has_the_fit_that_it_has_alone(tmp_path: Path) -> None:
    data = load_dataset(table_of_targets(), target_column=NAMES)
    splits = study_splits(data.parts, 2, seed=0)
    found = run_yardstick("extra_trees_median", data, splits, 0, tmp_path / "together")
    assert found["state"] == "done"
    together = np.load(tmp_path / "together" / PREDICTIONS)
    rows = np.concatenate([parts.val for parts in splits])
    saved = load_each(tmp_path / "together" / MODEL, len(NAMES))
    test = data.table.take(data.parts.test)
    for place, name in enumerate(NAMES):
        own = data.of_target(place)
        parts = [replace(data, parts=one).of_target(place).parts for one in splits]
        alone = run_yardstick("extra_trees_median", own, parts, 0, tmp_path / name)
        assert found[f"val_mae/{name}"] == pytest.approx(alone["val_mae"], rel=1e-12)
        known = np.isfinite(data.targets[:, place])
        arrays = np.load(tmp_path / name / PREDICTIONS)
        np.testing.assert_array_equal(
            together["held_out"][:, known[rows], place], arrays["held_out"]
        )
        np.testing.assert_array_equal(
            together["test"][known[data.parts.test], place], arrays["test"]
        )
        np.testing.assert_array_equal(saved[place].predict(test), together["test"][:, place])
    json.dumps(found)


def test_folds_are_as_many_as_each_target_can_fill() -> None:
    data = load_dataset(table_of_targets(), target_column=NAMES)
    assert fold_count(5, data) == 5
    targets = data.targets.copy()
    seen = np.concatenate([data.parts.train, data.parts.val])
    known = seen[np.isfinite(targets[seen, 0])]
    targets[known[18:], 0] = np.nan  # 18 values are left
    scarce = replace(data, targets=targets)
    assert 2 <= fold_count(5, scarce) < 5
    targets[known[4:], 0] = np.nan
    assert fold_count("auto", scarce) == 0
    with pytest.raises(DataError, match="a target has too few values for folds"):
        fold_count(3, scarce)
