"""H2: does the CECV early in training help to foretell the final error of an unknown family?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from benchmarks.evidence.analysis import Bootstrap, Estimate
from fusionnas.cecv.clustering import THRESHOLDS
from fusionnas.searching.early_predictor import EarlyLook, EarlyPredictor

PENALTIES = np.logspace(-3, 3, 13)
BASE = ("log_early_mae", "log_parameters", "log_flops")


def features(table: pd.DataFrame, more: Sequence[str]) -> np.ndarray:
    """Early error and size (N, 3), and further columns."""
    columns = table.assign(
        log_parameters=np.log(table["parameters"]), log_flops=np.log(table["flops"])
    )
    return columns[[*BASE, *more]].to_numpy(dtype=float)


def left_out_errors(x: np.ndarray, y: np.ndarray, family: np.ndarray) -> np.ndarray:
    """Errors (N,) of predictions for families that the ridge model has not seen."""
    errors = np.empty(len(y))
    for one in np.unique(family):
        held = family == one
        penalty = _choose_penalty(x[~held], y[~held], family[~held])
        errors[held] = _predict(x[~held], y[~held], x[held], penalty) - y[held]
    return errors


def _choose_penalty(x: np.ndarray, y: np.ndarray, family: np.ndarray) -> float:
    totals = np.zeros(len(PENALTIES))
    for one in np.unique(family):
        held = family == one
        for place, penalty in enumerate(PENALTIES):
            difference = _predict(x[~held], y[~held], x[held], penalty) - y[held]
            totals[place] += difference @ difference
    return float(PENALTIES[totals.argmin()])


def _predict(x: np.ndarray, y: np.ndarray, new: np.ndarray, penalty: float) -> np.ndarray:
    centre, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 0, scale, 1)
    a, mean = (x - centre) / scale, y.mean()
    weights = np.linalg.solve(a.T @ a + penalty * np.eye(a.shape[1]), a.T @ (y - mean))
    return (new - centre) / scale @ weights + mean


def h2(boot: Bootstrap, table: pd.DataFrame, snapshot: str = "1") -> dict[str, Estimate]:
    """What log c(t) of a snapshot adds."""
    return gain_of(boot, table, [f"{snapshot}/{t:.2f}" for t in THRESHOLDS])


def gain_of(boot: Bootstrap, table: pd.DataFrame, more: Sequence[str]) -> dict[str, Estimate]:
    """1 - MSE with further columns / MSE without, for each data set and pooled."""
    squared: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    place = {name: i for i, name in enumerate(boot.names)}
    for data in boot.sets:
        rows = table[table["data"] == data]
        y, family = rows["log_mae"].to_numpy(), rows["family"].to_numpy()
        both = []
        for added in ((), more):
            errors = np.full(len(boot.names), np.nan)
            where = rows["candidate"].map(place).to_numpy()
            errors[where] = left_out_errors(features(rows, added), y, family) ** 2
            both.append(errors)
        squared[data] = (both[0], both[1])

    def gain(data: str, places: np.ndarray) -> np.ndarray:
        without, with_more = (np.nanmean(errors[places], axis=-1) for errors in squared[data])
        return 1 - with_more / without

    return boot.estimates(gain)


def replay_early_predictor(rows: pd.DataFrame, orders: int = 30) -> tuple[float, float, float]:
    """The product's early predictor over one data set's architectures in random orders.

    Prequential errors of log MAE without and with CECV, and how often it was switched on.
    """
    looks = [
        (EarlyLook(np.exp(early), int(parameters), tuple(np.exp(c))), float(np.exp(final)))
        for early, parameters, final, c in zip(
            rows["log_early_mae"], rows["parameters"], rows["log_mae"], _vectors(rows), strict=True
        )
    ]
    rng = np.random.default_rng(0)
    without, with_cecv, switched = [], [], []
    for _ in range(orders):
        predictor = EarlyPredictor()
        for place in rng.permutation(len(looks)):
            predictor.learn(*looks[place])
            switched.append(predictor.uses_cecv)
        without.append(predictor.error(with_cecv=False))
        with_cecv.append(predictor.error(with_cecv=True))
    return float(np.mean(without)), float(np.mean(with_cecv)), float(np.mean(switched))


def _vectors(rows: pd.DataFrame) -> Sequence[np.ndarray]:
    return list(rows[[f"1/{t:.2f}" for t in THRESHOLDS]].to_numpy())
