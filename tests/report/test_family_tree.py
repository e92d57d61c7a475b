"""The view of changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusionnas.errors import ViewError
from fusionnas.report.views import make_view
from fusionnas.studies.finished import FinishedStudy
from fusionnas.studies.folder import StudyFolder


def test_the_line_of_ancestors(guided: StudyFolder, tmp_path: Path) -> None:
    view = make_view(FinishedStudy(guided), "family-tree")
    trials = guided.trials().set_index("number")
    assert view.table["generation"].tolist() == list(range(len(view.table)))
    assert len(view.table) > 1
    for before, after in zip(view.table["number"], view.table["number"].iloc[1:], strict=False):
        assert trials.loc[after, "parent"] == before
        assert isinstance(trials.loc[after, "why"], str)
    steps = view.table["cecv_deviation"].diff().iloc[1:]
    actual = view.table["actual_deviation_change"].iloc[1:]
    assert steps.tolist() == pytest.approx(actual.tolist())
    assert {path.suffix for path in view.save(tmp_path)} == {".svg", ".csv"}
    assert "proposed to lower the error or to bring the network nearer" in view.caption


def test_other_studies_have_none(made: StudyFolder) -> None:
    with pytest.raises(ViewError, match="--sampler adaptive"):
        make_view(FinishedStudy(made), "family-tree")
