"""Which rows give the temperature and the prediction sets of a model of classes."""

from __future__ import annotations

import numpy as np
import pytest

from fusionnas.models.class_correction import corrected_classes
from fusionnas.statistics.temperature import sigmoid


def rows(scale: float, seed: int, count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities whose logits are `scale` times too large, and classes."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=count)
    return sigmoid(scale * z), (rng.random(count) < sigmoid(z)).astype(float)


def test_without_folds_the_test_part_gives_the_temperature() -> None:
    facts, _ = corrected_classes(rows(3.0, 0))
    assert facts["temperature"]["value"] == pytest.approx(3, rel=0.15)
    assert not facts["temperature"]["held_out"]


def test_held_out_rows_give_it_and_the_test_part_changes_nothing() -> None:
    """Its rows may be known to the networks, which then look far too sure of the right answer."""
    held_out = rows(3.0, 0)
    found = [corrected_classes(test, held_out) for test in (rows(3.0, 1), rows(0.2, 2))]
    temperatures = [facts["temperature"] for facts, _ in found]
    assert temperatures[0] == temperatures[1]
    assert temperatures[0]["value"] == pytest.approx(3, rel=0.15)
    assert temperatures[0]["held_out"]
    scores = [sets[0].scores for _, sets in found if sets is not None]
    np.testing.assert_array_equal(*scores)
