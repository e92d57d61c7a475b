"""Scores of probabilities, and their correction by a temperature."""

from __future__ import annotations

import numpy as np
import pytest

from fusionnas.statistics import class_metrics
from fusionnas.statistics.temperature import fit_temperature, logit, sigmoid


def test_scores_of_one_class_alone() -> None:
    p, ones = np.array([0.4, 0.8]), np.ones(2)
    assert np.isnan(class_metrics.roc_auc(p, ones))
    assert class_metrics.balanced_accuracy(p, ones) == 0.5
    assert class_metrics.f1(np.zeros(2), ones) == 0
    assert np.isfinite(class_metrics.log_loss(np.zeros(2), ones))


def test_a_temperature_undoes_overconfidence() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(0, 2, 2000)
    y = (rng.random(2000) < sigmoid(z)).astype(float)
    found = fit_temperature(3 * z, y)
    assert found is not None
    assert found.value == pytest.approx(3, rel=0.15)
    assert found.log_loss_corrected < found.log_loss_own


def test_right_probabilities_are_left_nearly_alone() -> None:
    rng = np.random.default_rng(1)
    z = rng.normal(0, 2, 4000)
    found = fit_temperature(z, (rng.random(4000) < sigmoid(z)).astype(float))
    assert found is not None
    assert found.value == pytest.approx(1, abs=0.1)


def test_too_few_rows_correct_nothing() -> None:
    assert fit_temperature(np.zeros(39), np.arange(39) % 2.0) is None
    assert fit_temperature(np.zeros(80), np.arange(80) % 2.0) is None  # one class in each half


def test_logit_is_the_inverse() -> None:
    z = np.array([-5.0, 0.0, 2.0])
    np.testing.assert_allclose(logit(sigmoid(z)), z)
