"""Suggestions of a study, on the command line and in Python, and what is observed afterwards."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from fusionnas.cli import app
from fusionnas.data.nearest import NearestComposition
from fusionnas.data.sources import load_dataset
from fusionnas.data.table import encode_formulas
from fusionnas.errors import DataError, OptionError
from fusionnas.insight.suggestion.constraint import Constraint
from fusionnas.insight.suggestion.feasible import Feasible
from fusionnas.insight.suggestion.rules import RULES
from fusionnas.insight.suggestion.suggest import suggest
from fusionnas.insight.suggestion.systems import system_formulas
from fusionnas.insight.suggestion.wanted import WantedNumber
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.named_network import load_predictor
from fusionnas.workflows.observe import observe
from tests.made.made_study import made_study
from tests.made.small_data import small_dataset
from tests.made.small_networks import small_bundle


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    runs = tmp_path_factory.mktemp("suggested")
    return made_study(runs, small_dataset(300), trials=2, name="gaps", firsts=0, epochs=(10, 10))


CANDIDATES = system_formulas("Li-Mn-O", 4)


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_suggests_distinct_new_compounds(study: StudyFolder, rule: str) -> None:
    known = study.data()["formula"].iloc[0]
    found = suggest(
        study.path, [*CANDIDATES, known, CANDIDATES[0], "Xx"], "max", count=6, rule=rule
    )
    rows = found.table
    assert len(rows) == 6
    assert rows["score"].is_monotonic_decreasing
    assert found.best == study.data()["target"].max()
    table = encode_formulas(rows["formula"].tolist())
    for row in range(6):
        others = np.delete(np.arange(6), row)
        nearest = NearestComposition(table.take(others)).find(table.take(np.array([row])))
        assert nearest.distances[0] >= 0.1 - 1e-6
    assert all(why for why in rows["why"])
    assert any("1 could not be read" in note for note in found.notes)
    assert any("1 are given more than once" in note for note in found.notes)
    assert any("1 are known already" in note for note in found.notes)


def test_a_goal_turns_the_order(study: StudyFolder) -> None:
    most, least = (
        suggest(study.path, CANDIDATES, goal, count=3, rule="greedy").table["value"]
        for goal in ("max", "min")
    )
    assert most.min() > least.max()
    middle = (most.max() + least.min()) / 2
    near = suggest(study.path, CANDIDATES, middle, count=3, rule="greedy").table["value"]
    assert np.abs(near - middle).max() < most.max() - middle


def test_candidates_without_a_chance_are_told(study: StudyFolder) -> None:
    """Nothing comes nearer to a value than a known compound that has it."""
    goal = float(study.data()["target"].iloc[0])
    found = suggest(study.path, CANDIDATES, goal, count=3)
    assert (found.table["chance"] < 0.01).all()
    assert f"nearer to {goal:g} than the best known" in found.table["why"].iloc[0]
    assert "with less than 1%" in found.table["why"].iloc[0]
    assert any(note.startswith(f"none is nearer to {goal:g} than") for note in found.notes)


def test_a_constraint_leaves_out_what_hardly_fulfils_it(study: StudyFolder) -> None:
    free = suggest(study.path, CANDIDATES, "max", count=999, rule="greedy", distance=0)
    limit = float(free.table["value"].quantile(0.3))
    text = f"{study.path}<{limit!r}"
    bound = suggest(study.path, CANDIDATES, "max", count=50, constraints=[text], distance=0)
    assert (bound.table[f"chance of {text}"] >= 0.5).all()
    assert (bound.table[text] <= limit + 0.1).all()
    assert any("left out by constraints" in note for note in bound.notes)
    with pytest.raises(OptionError, match="No candidate fulfils"):
        suggest(study.path, CANDIDATES, "max", constraints=[f"{study.path}>1e6"])


def test_the_best_known_value_is_one_that_fulfils_the_constraint(study: StudyFolder) -> None:
    """Known values of the other study decide, here those of the study itself."""
    known = study.data()["target"].sort_values()
    middle = float(known.iloc[150])
    for text, best in (
        (f"{study.path}<{middle!r}", float(known[known < middle].max())),
        (f"{study.path}<={middle!r}", middle),
        (f"{study.path}>{middle!r}", float(known.max())),
    ):
        found = suggest(study.path, CANDIDATES, "max", count=3, constraints=[text], rule="ucb")
        assert found.best == best
        told = f"the best known is {best:.4g}; {known.max():.4g} breaks a constraint"
        assert (told in found.notes) == (best != known.max())


def test_known_rows_are_judged_by_predictions_where_the_other_model_knows_nothing(
    study: StudyFolder, tmp_path: Path
) -> None:
    data = study.data()
    shutil.copytree(study.best, tmp_path / "other")  # a model without the data of a study
    value = load_predictor(tmp_path / "other").predict(data["formula"])["value"].to_numpy()
    limit = float(np.quantile(value, 0.4))
    text = f"{tmp_path / 'other'}<{limit!r}"
    found = suggest(study.path, CANDIDATES, "max", count=3, constraints=[text])
    predictor = load_predictor(tmp_path / "other")
    table = encode_formulas(data["formula"].tolist())
    chance = predictor.chance(predictor.mixture(table), (-np.inf, limit))
    assert found.best == data["target"][chance >= 0.5].max() < data["target"].max()
    none = f"{tmp_path / 'other'}<{float(value.min()) - 100!r}"
    judged = Feasible([predictor], [Constraint.of(none)], {})
    everything = WantedNumber.of(load_predictor(study.path), "max", "ei", {}, judged)
    assert everything.best == data["target"].max()
    assert "no known row fulfils the constraints" in everything.notes[0]


def test_what_cannot_be_suggested(study: StudyFolder) -> None:
    bundle = small_bundle("lstm")
    with pytest.raises(OptionError, match="--rule ei compares with known values"):
        suggest(bundle, CANDIDATES, "max")
    assert len(suggest(bundle, CANDIDATES, "max", rule="ucb", count=2).table) == 2
    with pytest.raises(OptionError, match="No candidate is left"):
        suggest(study.path, study.data()["formula"].head(3).tolist(), "max")
    with pytest.raises(DataError, match="No candidate can be read"):
        suggest(study.path, ["Xx"], "max")
    for options in ({"count": 0}, {"distance": 2.0}):
        with pytest.raises(OptionError):
            suggest(study.path, CANDIDATES, "max", **options)


def test_from_suggestions_to_the_next_table(
    study: StudyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["suggest", str(study.path), "--system", "Li-Mn-O", "--goal", "max", "-n", "3"]
    done = CliRunner().invoke(app, [*words, "-o", "next.csv"])
    assert done.exit_code == 0, done.output
    plain = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    table = pd.read_csv("next.csv", na_filter=False)
    assert [row["formula"] for row in plain["suggestions"]] == table["formula"].tolist()
    target = small_dataset().target
    table[target] = ["1.5", "", "2.5"]
    old = study.data().iloc[0]
    again = pd.DataFrame({"formula": [old["formula"]], target: ["9"]})
    pd.concat([table, again]).to_csv("measured.csv", index=False)
    done = CliRunner().invoke(app, ["observe", str(study.path), "measured.csv"])
    assert done.exit_code == 0, done.output
    assert "2 new compositions, 1 rows of known ones, 1 rows skipped" in done.output
    command = shlex.split(done.output.strip().splitlines()[-1])
    given = dict(zip(command[2::2], command[3::2], strict=True))
    data = load_dataset(
        given["--data"], target_column=given["--target-column"], split=given["--split"]
    )
    parts = dict(zip(data.table.formulas(), data.to_frame()["part"], strict=True))
    before = study.data()
    assert [parts[f] for f in before["formula"]] == before["part"].tolist()
    assert [parts[encode_formulas([f]).formulas()[0]] for f in table["formula"].iloc[[0, 2]]] == [
        "train",
        "train",
    ]
    merged = data.targets[data.table.formulas().index(old["formula"])]
    assert merged == pytest.approx((old["target"] + 9) / 2)


def test_observations_that_cannot_be_added(study: StudyFolder, tmp_path: Path) -> None:
    target = small_dataset().target
    empty = tmp_path / "empty.csv"
    pd.DataFrame({"formula": ["NaCl"], target: [""]}).to_csv(empty, index=False)
    with pytest.raises(DataError, match="no row has a formula and a value"):
        observe(study.path, empty, output=tmp_path / "new.csv")
    with pytest.raises(OptionError, match="exists already"):
        observe(study.path, empty, output=empty)


def test_formulas_of_any_kind_are_candidates(study: StudyFolder) -> None:
    wanted = suggest(study.path, CANDIDATES, "max", count=2).table
    for given in (np.array(CANDIDATES), pd.Series(CANDIDATES), tuple(CANDIDATES), iter(CANDIDATES)):
        pd.testing.assert_frame_equal(suggest(study.path, given, "max", count=2).table, wanted)
    assert suggest(study.path, "LiMnO2", "max").table["formula"].tolist() == ["LiMnO2"]


@pytest.mark.parametrize("window", [(3, 1), (float("nan"), 1), (2, 2)])
def test_a_window_that_holds_nothing_is_refused(
    study: StudyFolder, window: tuple[float, float]
) -> None:
    with pytest.raises(OptionError, match="from a lower to a higher value"):
        load_predictor(study.path).predict(["LiMnO2"], window=window)
