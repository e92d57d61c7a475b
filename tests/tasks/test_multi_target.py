"""What a task of several targets decides: gaps count for nothing, and units do not matter."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fusionnas.data.scaling import Scaler
from fusionnas.tasks.loss import LOSSES
from fusionnas.tasks.multi_target import multi_target
from fusionnas.tasks.regression import REGRESSION

GAP = float("nan")
RNG = np.random.default_rng(0)
TARGET = np.where(RNG.random((30, 3)) < 0.4, np.nan, RNG.normal(size=(30, 3)) * [1, 10, 1000])
PREDICTED = np.nan_to_num(TARGET) + RNG.normal(size=(30, 3)) * [0.1, 2, 100]
MEDIANS = np.array([0.0, 1.0, -20.0])
TASK = multi_target(("a", "b", "c"), MEDIANS)


def test_the_error_is_the_mean_of_errors_over_that_of_the_medians() -> None:
    each = []
    for place in range(3):
        known = np.isfinite(TARGET[:, place])
        truth = TARGET[known, place]
        error = np.abs(PREDICTED[known, place] - truth).mean()
        each.append(error / np.abs(MEDIANS[place] - truth).mean())
    scores = TASK.scores("val", PREDICTED, TARGET)
    assert scores["val_relative_mae"] == pytest.approx(np.mean(each))
    known = np.isfinite(TARGET[:, 1])
    own = REGRESSION.scores("val", PREDICTED[known, 1], TARGET[known, 1])
    assert scores["val_mae/b"] == own["val_mae"]
    assert scores["val_rmse/b"] == own["val_rmse"]
    assert TASK.error.measure(MEDIANS, TARGET) == pytest.approx(1)


def test_the_mean_of_the_row_errors_is_the_error() -> None:
    several = np.stack([PREDICTED, PREDICTED + 1])
    found = TASK.row_errors(several, TARGET)
    assert found.shape == (2, 30)
    expected = [TASK.error.measure(one, TARGET) for one in several]
    np.testing.assert_allclose(found.mean(axis=1), expected)


def test_the_error_depends_neither_on_units_nor_on_predictions_at_gaps() -> None:
    error = TASK.error.measure(PREDICTED, TARGET)
    factors, shifts = np.array([1e3, -1, 1e-6]), np.array([5.0, 0, 1])
    other = multi_target(("a", "b", "c"), factors * MEDIANS + shifts)
    scaled = other.error.measure(factors * PREDICTED + shifts, factors * TARGET + shifts)
    assert scaled == pytest.approx(error)
    elsewhere = np.where(np.isnan(TARGET), 1e9, PREDICTED)
    assert TASK.error.measure(elsewhere, TARGET) == error


@pytest.mark.parametrize("name", LOSSES)
def test_the_loss_is_the_mean_over_known_values_and_gaps_have_no_gradient(name: str) -> None:
    target = torch.tensor([[1.0, GAP], [GAP, 2.0], [0.5, -1.0]])
    value = torch.tensor([[0.3, 0.1], [0.2, -0.4], [0.7, 0.6]], requires_grad=True)
    log_scale = torch.tensor([[0.1, 0.2], [-0.3, 0.4], [0.5, -0.6]], requires_grad=True)
    assert TASK.residuals is not None
    scaler = Scaler((0.0, 0.0), (1.0, 1.0))
    error, scale, more = TASK.residuals(lambda _: (value, log_scale), None, target, scaler)
    loss = TASK.losses[name](error, scale).mean()
    known = target.isfinite()
    expected = LOSSES[name]((value - target)[known], log_scale[known]).mean()
    torch.testing.assert_close(loss, expected)
    assert more is None
    loss.backward()
    for of in (value, log_scale):
        assert of.grad is not None
        assert of.grad.isfinite().all()
        assert (of.grad[~known] == 0).all()
        assert (of.grad[known] != 0).all()


def test_each_target_is_scaled_by_itself() -> None:
    scaler = TASK.fit_scale(TARGET)
    for place in range(3):
        column = TARGET[np.isfinite(TARGET[:, place]), place]
        assert scaler.of_target(place) == Scaler.fit(column)
    standardised = scaler.standardise(TARGET)
    np.testing.assert_allclose(np.nanstd(standardised, axis=0), 1)
    np.testing.assert_allclose(scaler.restore(standardised), TARGET)
    value, deviation = TASK.decode(np.zeros((1, 3)), np.zeros((1, 3)), scaler)
    np.testing.assert_allclose(value[0], np.nanmean(TARGET, axis=0))
    np.testing.assert_allclose(deviation[0], np.nanstd(TARGET, axis=0))
    assert Scaler.from_plain({"mean": list(scaler.mean), "std": list(scaler.std)}) == scaler
