"""What a reader meets on the page: the order, the fold, the test compounds, the examples."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusionnas.data.table import encode_formulas
from fusionnas.errors import ViewError
from fusionnas.insight.reading.examples import examples, of_table
from fusionnas.insight.reading.feature_matrices import PEROVSKITES
from fusionnas.plots.view import View
from fusionnas.report import compounds as compounds_file
from fusionnas.report.compounds import compounds
from fusionnas.report.layout import Panel, blocks
from fusionnas.report.page import check_enough
from fusionnas.report.views import view_maker
from fusionnas.studies.finished import FinishedStudy
from fusionnas.studies.folder import StudyFolder
from tests.report.many_compounds import repeat_predictions


def test_answer_errors_and_search_come_before_the_fold(made: StudyFolder) -> None:
    page = made.report.read_text(encoding="utf-8")
    places = [
        page.index(f'id="{name}"')
        for name in ("answer", "errors", "compounds", "search", "curious", "models", "trials")
    ]
    places += [page.index(f'id="{name}"') for name in ("cecv-section", "why", "use")]
    assert places == sorted(places)
    before = page[page.index('id="answer"') : page.index('id="curious"')]
    assert len(re.findall("<figure", before)) <= 4
    assert "CECV" not in re.sub(r"<script.*?</script>", "", before, flags=re.DOTALL)
    for aim in re.findall(r'<a href="#([^"]+)"', page):
        assert f'id="{aim}"' in page


def test_test_compounds_hold_errors_and_neighbours(
    material: FinishedStudy, made: StudyFolder
) -> None:
    page = made.report.read_text(encoding="utf-8")
    found = re.search(r'id="compounds-data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data = json.loads(found[1])
    assert len(data["formulas"]) == data["of"] == len(material.predictions)
    errors = np.abs(np.subtract(data["value"], data["target"]))
    assert (np.diff(errors) <= 1e-4).all()
    training = material.data[material.data["part"] == "train"].set_index("formula")["target"]
    assert len(data["near"]) == data["of"]
    for near in data["near"].values():
        distances = [distance for _, distance in near]
        assert distances == sorted(distances)
        for place, _ in near:
            formula, value = data["known"][place]
            assert training[formula] == pytest.approx(value, rel=1e-4)


def test_of_many_compounds_the_worst_stay(
    material: FinishedStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = compounds(material)
    monkeypatch.setattr(compounds_file, "MOST", 20)
    some = compounds(material)
    assert whole is not None
    assert some is not None
    assert len(some["formulas"]) == 20
    assert some["of"] == whole["of"]
    assert some["formulas"][:10] == whole["formulas"][:10]
    assert (some["whole"], some["weight"]) == (10, (whole["of"] - 10) / 10)
    error = np.abs(np.subtract(some["value"], some["target"]))
    estimate = (error[:10].sum() + some["weight"] * error[10:].sum()) / some["of"]
    exact = np.abs(np.subtract(whole["value"], whole["target"])).mean()
    assert estimate == pytest.approx(exact, rel=0.1)


@pytest.mark.parametrize("count", [5000, 20_000])
def test_the_page_holds_every_test_compound_in_little_space(copy: StudyFolder, count: int) -> None:
    repeat_predictions(copy, count)
    study = FinishedStudy(copy)
    found = compounds(study)
    assert found is not None
    assert len(found["formulas"]) == len(found["elements"]) == found["of"] == count
    assert found["weight"] == 1
    assert list(found["near"]) == sorted(found["near"])
    assert len(found["near"]) == 2000
    errors = np.abs(np.subtract(found["value"], found["target"]))
    assert errors.mean() == pytest.approx(np.abs(study.test_errors).mean())
    assert len(json.dumps(found)) < 2e6


def test_without_predictions_there_are_no_compounds(copy: StudyFolder) -> None:
    (copy.path / "test_predictions.csv").unlink()
    assert compounds(FinishedStudy(copy)) is None


def test_examples_are_of_elements_that_training_saw(material: FinishedStudy) -> None:
    """The made data hold no Sr, Ba, K, Nb or Cs."""
    found = examples(material.best)
    assert len(set(found)) == 4
    assert not set(found) & set(PEROVSKITES)
    seen = set(encode_formulas(material.data["formula"].tolist()).numbers.tolist())
    assert set(encode_formulas(list(found)).numbers.tolist()) <= seen
    known = encode_formulas([*PEROVSKITES, "NaCl"])
    assert of_table(known, 4)[0] in {"Ba1 Ti1 O3", "BaTiO3", "SrTiO3", *known.formulas()}


def panel(size: tuple[float, float], name: str = "one") -> Panel:
    view = View(name, "", "", None, lambda fig: None, size)  # type: ignore[arg-type]
    return Panel(view, "", [], [], "")


def test_a_grid_has_no_column_that_is_empty() -> None:
    small, large = (5.0, 4.0), (9.0, 4.0)
    assert [len(block) for block in blocks([panel(small), panel(large), panel(small)])] == [2, 1]
    assert [len(block) for block in blocks([panel(large), panel(small)])] == [1, 1]
    assert blocks([]) == []
    for count in range(2, 7):
        (columns,) = blocks([replace(panel(small)) for _ in range(count)])
        assert all(columns)


def test_two_dots_make_no_picture() -> None:
    maker = view_maker("front")
    view = View("front", "", "", pd.DataFrame({"number": range(3)}), lambda fig: None)
    check_enough(view, maker)
    with pytest.raises(ViewError, match="fewer than 3 dots: 2"):
        check_enough(replace(view, table=view.table.head(2)), maker)


def test_the_wheel_holds_the_templates() -> None:
    folder = Path(compounds_file.__file__).parent / "templates"
    for name in ("base.html.jinja", "page.html.jinja", "page.css", "page.js", "compounds.js"):
        assert (folder / name).is_file()
