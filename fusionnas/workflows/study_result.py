"""A finished study in Python: its summary, its table of trials, its best network, its views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusionnas.studies.folder import RUNS, StudyFolder

if TYPE_CHECKING:
    import pandas as pd

    from fusionnas.models.predictor import Predictor
    from fusionnas.plots.view import View
    from fusionnas.studies.finished import Material


@dataclass(frozen=True)  # without slots, since a cached property needs a place
class StudyResult:
    """A study after its search."""

    folder: StudyFolder
    summary: Mapping[str, Any]
    interrupted: bool = False

    @property
    def best(self) -> Predictor:
        """The recommended network, ready to predict."""
        return self._material.best

    @property
    def predictor(self) -> Predictor:
        """The best predictor that the study has: its ensemble, or its recommended network where it
        made none."""
        return self._material.predictor

    @property
    def trials(self) -> pd.DataFrame:
        """A row a trial."""
        return self._material.trials.copy()

    @property
    def views(self) -> list[str]:
        """Names of all views, in the order of the report."""
        from fusionnas.report.views import view_names

        return view_names()

    def view(self, name: str) -> View:
        """A picture with its numbers: `.table`, `.save(folder)`, and it shows itself in a notebook.

        Raises:
            ViewError: there is no view of that name, or this study's data cannot give it.
        """
        from fusionnas.report.views import make_view

        return make_view(self._material, name)

    @cached_property
    def _material(self) -> Material:
        from fusionnas.studies.finished import Material

        return Material(self.folder)


def open_study(name: str | Path, runs: str | Path = RUNS) -> StudyResult:
    """A finished study by its name under `runs`, or by its path.

    Raises:
        StudyError: there is none of that name, or it has no results yet.
    """
    folder = StudyFolder.find(name, Path(runs))
    return StudyResult(folder, folder.summary())
