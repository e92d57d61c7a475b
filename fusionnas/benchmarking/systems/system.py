"""The interface of a system: learn from a material, predict compositions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Protocol, runtime_checkable

import numpy as np

from fusionnas.benchmarking.material import Material
from fusionnas.data.reading.classes import REGRESSION
from fusionnas.data.table import CompositionTable

Interval = tuple[np.ndarray, np.ndarray]
FIELD = "field"  # the group of systems of other authors


class Fitted(Protocol):
    """A system after it has learned."""

    @property
    def parameters(self) -> int | None:
        """Number of trainable parameters; None if it has no meaning, as for trees."""

    def predict(self, table: CompositionTable) -> np.ndarray:
        """Predictions (N,) in the unit of the target; of classes, probabilities as in `tasks`."""


@runtime_checkable
class WithIntervals(Fitted, Protocol):
    """A system that also says how sure it is."""

    def interval(self, table: CompositionTable, level: float) -> Interval | None:
        """Lower and upper ends, (N,) each, that should hold the target in `level` of cases.

        None for classes.
        """


@dataclass(frozen=True, slots=True)
class System:
    """One way to predict a property from formulas."""

    name: str  # name in `--systems` and in the results
    group: str  # a name in `--systems` for several systems
    how: str  # how it is made, for people
    fit: Callable[[Material], Fitted]
    package: str | None = None  # package of a third party that must be installed
    licence: str | None = None  # of that package and its weights
    kinds: tuple[str, ...] = (REGRESSION,)  # kinds of targets that it learns

    @property
    def missing(self) -> str | None:
        """The reason why it cannot run here; None if it can."""
        try:
            if self.package is None or find_spec(self.package) is not None:
                return None
        except ModuleNotFoundError:  # not even the package that it is a part of
            pass
        return f"the package {self.package} is not installed"
