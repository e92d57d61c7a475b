"""A finished study in Python: its summary, its table of trials, its best network, its views."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fusionnas.plots.notebook import notebook_html
from fusionnas.searching.trial_counts import counts_of
from fusionnas.studies.finished import FinishedStudy
from fusionnas.studies.folder import RUNS, StudyFolder

if TYPE_CHECKING:
    from fusionnas.plots.view import View


@dataclass(frozen=True, eq=False)
class StudyResult(FinishedStudy):
    """A study after its search, with the pictures of its report.

    Attributes:
        interrupted: whether Ctrl-C ended the search early.
    """

    interrupted: bool = False

    def __repr__(self) -> str:
        summary, unit = self.summary, f" {self.unit}" if self.unit else ""
        chosen, mine = summary["chosen"], summary.get("predictor")
        error, test = self.error, self.error.key("test")
        told = f"trial {chosen['number']} recommended, test {error.label} {chosen[test]:.4g}{unit}"
        if mine is not None:
            told += f"; predictor of {mine['models']} models, "
            told += f"test {error.label} {mine[test]:.4g}{unit}"
        ended = ", interrupted" if self.interrupted else ""
        return f"<StudyResult {self.folder.name}: {counts_of(summary).words}; {told}{ended}>"

    def _repr_html_(self) -> str:
        """What the study is good for, its models beside the yardsticks, in a notebook."""
        from fusionnas.report.pictures.yardsticks import yardsticks

        view = yardsticks(self)
        words = self.summary.get("usefulness_words") or repr(self)
        columns = ["predictor", self.error.key("test"), "low", "high", "worse_by"]
        return notebook_html(words, view.table[columns], view)

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

        return make_view(self, name)


def open_study(name: str | Path, runs: str | Path = RUNS) -> StudyResult:
    """A finished study by its name under `runs`, or by its path.

    Raises:
        StudyError: there is none of that name, or it has no results yet.
    """
    folder = StudyFolder.find(name, Path(runs))
    result = StudyResult(folder)
    _ = result.summary  # a study without results says so
    return result
