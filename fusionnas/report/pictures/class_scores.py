"""What views of classes draw: test compounds with probabilities and with what came true.

Of two classes the probability is that of the second, for each model. Of more, a ranking has one
curve for each class against the others, by the best model of the study, and reliability is that of
the most probable class. Probabilities are those before a correction by a temperature, which was
fitted to the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fusionnas.plots.style import BEST, GLOBAL, SERIES
from fusionnas.statistics.class_metrics import most_probable, of_each_class
from fusionnas.studies.finished import FinishedStudy
from fusionnas.tasks.columns import has_values, values_of

MOST = 8  # classes with a curve or a panel: the most frequent ones
_LOOK = {"prediction": ("recommended network", BEST), "predictor": ("predictor", GLOBAL)}


@dataclass(frozen=True, slots=True)
class Scored:
    """Probabilities of an event for the test compounds, and whether it is true."""

    label: str
    colour: str
    p: np.ndarray  # (N,)
    y: np.ndarray  # (N,) 0 or 1


def names(material: FinishedStudy) -> tuple[str, ...]:
    """The names of the classes, by their codes."""
    return tuple(map(str, material.facts["data"]["classes"]))


def codes(material: FinishedStudy) -> np.ndarray:
    """The true classes, (N,)."""
    return material.predictions["target"].to_numpy(float)


def of_network(material: FinishedStudy) -> np.ndarray:
    """The probabilities by the recommended network, (N,) or (N, K)."""
    return values_of(material.predictions, "prediction")


def rankings(material: FinishedStudy) -> list[Scored]:
    """What is ranked: the second of two classes by each model, or each of several by the best."""
    y, known = codes(material), names(material)
    if len(known) == 2:
        return [Scored(label, colour, p, y) for label, colour, p in _models(material)]
    *_, (_, _, p) = _models(material)
    return [
        Scored(known[code], SERIES[place % len(SERIES)], p[:, code], (y == code).astype(float))
        for place, code in enumerate(frequent(material))
        if 0 < (y == code).sum() < len(y)
    ]


def statements(material: FinishedStudy) -> list[Scored]:
    """What each model says: the second of two classes, or the most probable of several."""
    y = codes(material)
    if len(names(material)) == 2:
        return rankings(material)
    return [
        Scored(label, colour, p.max(axis=1), (most_probable(p) == y).astype(float))
        for label, colour, p in _models(material)
    ]


def frequent(material: FinishedStudy) -> list[int]:
    """Codes of the most frequent classes of the test part, at most `MOST`, in their order."""
    count = np.bincount(codes(material).astype(int), minlength=len(names(material)))
    return sorted(np.argsort(-count, kind="stable")[:MOST].tolist())


def probabilities(material: FinishedStudy) -> np.ndarray:
    """The probability of each class by the recommended network, (N, K)."""
    return of_each_class(of_network(material))


def _models(material: FinishedStudy) -> Iterator[tuple[str, str, np.ndarray]]:
    """Label, colour and probabilities of the network, and of the predictor if there is one."""
    rows = material.predictions
    for name, (label, colour) in _LOOK.items():
        if has_values(rows, name):
            yield label, colour, values_of(rows, name)
