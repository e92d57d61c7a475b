"""What objects of the public face say of themselves, as text and in a notebook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

import fusionnas
from fusionnas.plots.notebook import notebook_html
from fusionnas.studies.folder import StudyFolder
from fusionnas.workflows.study_result import StudyResult
from tests.made.small_data import small_dataset


@pytest.fixture(scope="module")
def study(made: StudyFolder) -> StudyResult:
    return fusionnas.open_study(made.path)


MAKERS: dict[str, Callable[[StudyResult], Any]] = {
    "StudyResult": lambda study: study,
    "Comparison": lambda study: fusionnas.compare(study.best, study.folder.path),
    "Sweep": lambda study: fusionnas.sweep(study.best, ["Si", "O"], points=5),
    "Explained": lambda study: fusionnas.explain(study.best, ["SiO2"]),
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_result_is_a_line_of_text_and_a_table_with_a_picture(
    name: str, study: StudyResult
) -> None:
    found = MAKERS[name](study)
    text = repr(found)
    assert text.startswith(f"<{name} ")
    assert len(text) < 400
    assert "\n" not in text
    page = found._repr_html_()
    assert page.count("<table>") == 1
    assert page.count("data:image/png;base64,") == 1


def test_a_wide_table_of_few_rows_is_turned() -> None:
    wide = pd.DataFrame(
        [[f"{i}{j}" for j in range(9)] for i in range(2)], columns=list("abcdefghi")
    )
    page = notebook_html("words", wide)
    assert "<tr><th>a</th><th>00</th><th>10</th></tr>" in page
    assert page.endswith("<tr><td>i</td><td>08</td><td>18</td></tr></tbody></table>")
    narrow = notebook_html("words", wide[["a", "b"]])
    assert "<tr><th>a</th><th>b</th></tr>" in narrow
    assert "<tr><td>10</td><td>11</td></tr>" in narrow


def test_suggestions_and_inspections_are_a_line_and_a_table(study: StudyResult) -> None:
    found = fusionnas.suggest(study.folder.path, ["SiC", "LiSi2"], "max", count=2)
    assert repr(found).startswith("<Suggestions for ")
    assert "SiC" in repr(found)
    assert "</table>" in found._repr_html_()
    seen = fusionnas.inspect(small_dataset(300))
    assert repr(seen).startswith("<Inspected ")
    assert "to be checked" in repr(seen)
    assert "a search of" in seen._repr_html_()


def test_a_study_says_its_counts_and_errors(study: StudyResult) -> None:
    chosen = study.summary["chosen"]
    assert "12 trials: 12 done" in repr(study)
    assert f"test MAE {chosen['test_mae']:.4g}" in repr(study)


def test_models_data_spaces_and_views_say_what_they_are(study: StudyResult) -> None:
    assert "1 model" in repr(study.best)
    assert "uncorrected" in repr(study.best) or "corrected" in repr(study.best)
    assert "300 compositions" in repr(small_dataset(300))
    space = fusionnas.load_space("default")
    assert f"{space.size:,} architectures" in repr(space)
    assert repr(study.view("front")).startswith("<View front: ")
