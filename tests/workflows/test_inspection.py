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
from fusionnas.searching import yardstick_jobs
from fusionnas.workflows.inspection import course_of, inspect
from fusionnas.workflows.preparation import Ingredients
from fusionnas.workflows.search_options import SearchOptions
from tests.made.several import NAMES, UNITS, table_of_targets
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
    # without `workers` each course counts the idle cores of its moment
    fast = SearchOptions(data=table, quality="fast", folds=folds or "off", trials=5, workers=2)
    with_yardsticks = course_of(data, fast)
    rows = sum(with_yardsticks.parts[:2])
    with mock.patch.object(yardstick_jobs, "SECONDS_OF_A_ROW", 0.0):
        without = course_of(data, fast)
    fits = 1 + max(1, folds)  # for each split, and for all rows
    expected = fits * rows * yardstick_jobs.SECONDS_OF_A_ROW / 2
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


def test_each_of_several_targets_is_described(tmp_path: Path) -> None:
    """Its values, gaps, parts, spikes, duplicates and pictures; and the search says the same."""
    frame = table_of_targets()
    first, second, third = NAMES
    known = frame[frame[first].notna()]
    again = known.head(3)[["formula", first]].assign(**{first: known[first].head(3) + 1})
    table, page = tmp_path / "t.csv", tmp_path / "page.html"
    pd.concat([frame, again]).to_csv(table, index=False)
    words = ["inspect", str(table), "--target-column", ",".join(NAMES), "--unit", UNITS]
    done = CliRunner().invoke(app, [*words, "-o", str(page)])
    assert done.exit_code == 0, done.output
    found = inspect(table, target_column=NAMES, unit=UNITS)
    targets = found.dataset.targets
    for place, one in enumerate(found.inspection.targets):
        values = targets[np.isfinite(targets[:, place]), place]
        assert (one.target, one.compositions) == (NAMES[place], len(values))
        assert sum(one.parts) == len(values)
        assert one.quantiles[2] == np.median(values)
    text = " ".join(done.output.split())
    assert f"{first}: {found.inspection.targets[0].compositions} compositions" in text
    lines = [finding.words for finding in found.inspection.findings]
    assert "- 3 targets are learned together" in text
    assert not any(finding.warns for finding in found.inspection.findings)
    assert f"{np.isnan(targets).mean():.0%} of the values are gaps" in " ".join(lines)
    duplicates = [line for line in lines if "merged into others" in line]
    assert [line.partition(":")[0] for line in duplicates] == [first]
    assert "in these 3 groups targets differ from their median by 0.5 Pauling" in duplicates[0]
    common = f"% of the compositions have {frame[second].mode()[0]:g}"
    assert any(line.startswith(f"{second}: ") and common in line for line in lines)
    assert "each network predicts all 3 targets" in text
    svg = page.read_text(encoding="utf-8")
    assert svg.count("<svg") == 4
    assert f"The target in each part: {third}" in svg
    notes = Ingredients.read(SearchOptions(data=table, target_column=NAMES, unit=UNITS)).notes
    assert {duplicates[0], found.inspection.summary} <= set(notes)
    plain = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert plain["search"]["targets"] == 3
    assert [one["unit"] for one in plain["targets"]] == UNITS.split(",")
