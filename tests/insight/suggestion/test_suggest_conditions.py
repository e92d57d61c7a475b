"""Suggestions of a study whose data have conditions beside the formula."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from fusionnas.cli import app
from fusionnas.data.sources import load_dataset
from fusionnas.errors import DataError, OptionError
from fusionnas.insight.suggestion.suggest import suggest
from fusionnas.insight.suggestion.wanted import _known
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.named_network import load_predictor
from fusionnas.workflows.observe import observe
from tests.made.condition_study import condition_study, condition_table
from tests.made.made_study import made_study

FORMULAS = ["Li2O3", "NaCl3", "KBr2O", "SrF3", "Ba2S", "NaCl"]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return condition_study(tmp_path_factory)


def test_candidates_have_their_own_conditions_or_one_for_all(study: StudyFolder) -> None:
    frame = pd.DataFrame({"formula": FORMULAS, "temperature": [300, 400, 500, 600, 700, 650]})
    found = suggest(study.path, frame, "max", conditions={"route": "melt"}, rule="greedy")
    assert found.conditions == ("temperature", "route")
    rows = found.table.set_index("formula")
    assert rows["route"].unique().tolist() == ["melt"]
    given = {"temperature": rows["temperature"].tolist(), "route": "melt"}
    again = load_predictor(study.path).predict(rows.index.tolist(), conditions=given)
    np.testing.assert_allclose(again["value"], rows["value"])
    # NaCl at 650 K is new, although NaCl is known at other temperatures
    assert rows.loc["NaCl", "temperature"] == "650"


def test_a_known_row_is_left_out_and_another_condition_is_not(study: StudyFolder) -> None:
    row = study.data().iloc[0]
    at = {"temperature": [row["temperature"], 555.0], "route": row["route"]}
    found = suggest(study.path, [row["formula"]] * 2, "max", conditions=at, distance=0)
    assert found.table["temperature"].tolist() == ["555.0"]
    assert "1 are known already" in found.notes


def test_the_best_known_value_is_that_of_the_same_conditions(study: StudyFolder) -> None:
    data = study.data()
    same = (data["route"] == "sol-gel") & (data["temperature"] == 800)
    given = {"route": "sol-gel", "temperature": "800.0"}
    found = suggest(study.path, FORMULAS[:4], "max", conditions=given)
    assert found.best == data.loc[same, "target"].max() < data["target"].max()
    assert any(f"that of the {same.sum()} rows with route=sol-gel" in n for n in found.notes)
    other = suggest(study.path, FORMULAS[:4], "max", conditions=given | {"temperature": 444})
    assert other.best == data["target"].max()
    assert any("nothing is known with route=sol-gel, temperature=444" in n for n in other.notes)


def test_what_is_missing_or_unknown_is_one_message(study: StudyFolder) -> None:
    with pytest.raises(DataError, match=r"no column 'temperature'.*--set temperature=VALUE"):
        suggest(study.path, FORMULAS, "max", conditions={"route": "melt"})
    with pytest.raises(OptionError, match="no condition 'rout'"):
        suggest(study.path, FORMULAS, "max", conditions={"rout": "melt", "temperature": 3})


def test_a_constraint_reads_its_own_conditions(study: StudyFolder) -> None:
    given = {"route": "melt", "temperature": 500}
    text = f"{study.path}>-100"
    found = suggest(study.path, FORMULAS, "max", conditions=given, constraints=[text])
    assert found.table[text].tolist() == pytest.approx(found.table["value"].tolist(), rel=1e-4)


def test_a_constraint_s_condition_is_no_condition_of_the_known_rows(study: StudyFolder) -> None:
    rows, _ = _known(load_predictor(study.path), {"pressure": "3", "route": "melt"})
    assert len(rows) == (study.data()["route"] == "melt").sum()


def test_a_condition_named_like_a_column_is_read_back(tmp_path: Path) -> None:
    """`suggest` has a distance and a score of its own."""
    named = {"temperature": "distance", "route": "score"}
    data = load_dataset(condition_table().rename(columns=named), input_columns="distance,score")
    made_study(tmp_path, data, trials=2, firsts=1)
    given = {"score": "melt", "distance": "500"}
    found = suggest(tmp_path / "made", FORMULAS, "max", conditions=given)
    assert found.conditions == ("condition distance", "condition score")
    table = found.table.assign(target=2.5)
    table.to_csv(tmp_path / "next.csv", index=False)
    observe(tmp_path / "made", tmp_path / "next.csv", output=tmp_path / "new.csv")
    new = pd.read_csv(tmp_path / "new.csv").tail(len(table))
    assert set(new["score"]) == {"melt"}
    assert set(new["distance"]) == {500}


def test_on_the_command_line(study: StudyFolder, tmp_path: Path) -> None:
    candidates, out = tmp_path / "candidates.csv", tmp_path / "next.csv"
    pd.DataFrame({"formula": FORMULAS, "route": ["melt", "sol-gel"] * 3}).to_csv(candidates)
    words = ["suggest", str(study.path), "--candidates", str(candidates), "--goal", "min"]
    done = CliRunner().invoke(app, [*words, "--set", "temperature=450", "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert "sol-gel" in done.output
    written = pd.read_csv(out)
    assert {"formula", "temperature", "route"} <= set(written.columns)
    assert set(written["temperature"]) == {450}
