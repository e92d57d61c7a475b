"""`fusionnas inspect`: parts and folds as a search then has them, as text, JSON and a page."""

from __future__ import annotations

import json
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from fusionnas.cli import app
from fusionnas.data.sources import load_dataset
from fusionnas.errors import DataError
from fusionnas.workflows import inspection
from fusionnas.workflows.inspection import course_of, inspect
from fusionnas.workflows.preparation import Ingredients
from fusionnas.workflows.search_options import SearchOptions
from tests.made.small_data import small_dataset


@pytest.fixture
def table(tmp_path: Path) -> Path:
    data = small_dataset(120)
    frame = pd.DataFrame({"formula": data.table.formulas(), "gap": data.targets})
    frame.assign(lab=[f"lab {i // 6}" for i in range(120)]).to_csv(tmp_path / "t.csv", index=False)
    return tmp_path / "t.csv"


def test_the_course_is_that_of_the_search(table: Path) -> None:
    found = inspect(table, target_column="gap", split="column:lab")
    options = SearchOptions(data=table, target_column="gap", split="column:lab")
    ingredients = Ingredients.read(options)
    course, parts = found.course, ingredients.dataset.parts
    assert found.dataset.fingerprint == ingredients.dataset.fingerprint
    assert course.parts == (len(parts.train), len(parts.val), len(parts.test))
    assert (course.final_folds, course.epochs) == (ingredients.folds, ingredients.recipe.epochs)
    assert found.inspection.summary in ingredients.notes[0]  # the search prints the short form
    assert 60 < course.seconds < 24 * 3600


@pytest.mark.parametrize("folds", [0, 3])
def test_a_search_without_final_training_fits_yardsticks_too(table: Path, folds: int) -> None:
    data = load_dataset(table, target_column="gap")
    fast = SearchOptions(data=table, quality="fast", folds=folds or "off", trials=5)
    with_yardsticks = course_of(data, fast)
    rows, free = sum(with_yardsticks.parts[:2]), with_yardsticks.cores
    with mock.patch.object(inspection, "YARDSTICK", 0.0):
        without = course_of(data, fast)
    fits = 1 + max(1, folds)  # for each split, and for all rows
    expected = fits * rows * inspection.YARDSTICK / free
    assert with_yardsticks.seconds - without.seconds == pytest.approx(expected)


def test_warnings_of_reading_are_findings(table: Path) -> None:
    frame = pd.read_csv(table)
    frame.loc[3, "gap"] = -9999
    found = inspect(frame, target_column="gap")
    assert any(
        f.name == "reading" and "-9999 in row 3" in f.words for f in found.inspection.findings
    )


def test_text_json_and_page(table: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    words = ["inspect", str(table), "--target-column", "gap", "--unit", "eV"]
    done = CliRunner().invoke(app, [*words, "-o", str(page)])
    assert done.exit_code == 0, done.output
    assert "120 rows, 120 compositions" in done.output
    assert "What a search will do" in done.output
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 2
    assert "split random: 84 train, 18 validate, 18 test" in text
    plain = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert plain["search"]["parts"] == [84, 18, 18]
    assert np.isfinite(plain["quantiles"]).all()


def test_bad_input_is_one_error(table: Path) -> None:
    with pytest.raises(DataError, match="needs a column 'labs'; did you mean 'lab'"):
        inspect(table, target_column="gap", split="column:labs")
