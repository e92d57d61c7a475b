"""Suggestions for a class, and constraints by a class."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fusionnas.cli import app
from fusionnas.errors import OptionError
from fusionnas.insight.suggestion.suggest import suggest
from fusionnas.insight.suggestion.systems import system_formulas
from fusionnas.insight.suggestion.wanted import entropy
from fusionnas.statistics.class_metrics import of_each_class
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.named_network import load_predictor
from fusionnas.tasks.columns import values_of
from tests.made.class_study import THREE, TWO, class_study
from tests.made.small_networks import small_bundle

CANDIDATES = system_formulas("Li-Mn-O", 4)


@pytest.fixture(scope="module", params=[TWO, THREE], ids=len)
def study(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> StudyFolder:
    return class_study(tmp_path_factory, request.param)


def probabilities(study: StudyFolder) -> np.ndarray:
    found = load_predictor(study.path).predict(CANDIDATES)
    return of_each_class(values_of(found, "value"))


def test_candidates_are_ranked_by_the_probability_of_the_class(study: StudyFolder) -> None:
    classes = study.facts["data"]["classes"]
    known = study.data()["formula"].iloc[0]
    for code, name in enumerate(classes):
        found = suggest(study.path, [known, *CANDIDATES], name, count=4, distance=0)
        best = np.sort(probabilities(study)[:, code])[::-1][:4]
        np.testing.assert_allclose(found.table["chance"], best, rtol=1e-5)
        assert found.table["why"].str.startswith(f"{name} with").all()
        assert any("1 are known already" in note for note in found.notes)
        count = int((study.data()["target"] == code).sum())
        assert f"{count} of the 120 known ones are {name}" in found.notes


def test_exploring_takes_what_is_undecided(study: StudyFolder) -> None:
    found = suggest(study.path, CANDIDATES, TWO[0], rule="explore", count=3, distance=0)
    wanted = np.sort(entropy(probabilities(study)))[::-1][:3]
    np.testing.assert_allclose(found.table["score"], wanted, rtol=1e-5)
    assert found.table["why"].str.startswith("undecided").all()


def test_entropy_is_one_for_equal_probabilities_and_zero_for_certainty() -> None:
    p = np.array([[1 / 3, 1 / 3, 1 / 3], [0.0, 1.0, 0.0], [0.5, 0.5, 0.0]])
    np.testing.assert_allclose(entropy(p), [1, 0, np.log(2) / np.log(3)])


def test_a_constraint_can_be_a_class(study: StudyFolder) -> None:
    """Only what is more likely of the class than not; scores are multiplied by its chance."""
    name = study.facts["data"]["classes"][-1]
    text = f"{study.path}={name}"
    p = probabilities(study)[:, -1]
    if (p < 0.5).all():
        with pytest.raises(OptionError, match="No candidate fulfils"):
            suggest(small_bundle("lstm"), CANDIDATES, "max", rule="ucb", constraints=[text])
        return
    found = suggest(
        small_bundle("lstm"), CANDIDATES, "max", rule="ucb", constraints=[text], count=999
    )
    assert (found.table[f"chance of {text}"] >= 0.5).all()


def test_what_is_no_goal_or_rule_for_a_class(study: StudyFolder) -> None:
    for goal, options, message in (
        ("max", {}, "--goal must be a class of the model"),
        ("hihg", {}, "did you mean 'high'"),
        ("low", {"rule": "ei"}, "--rule ei compares numbers; for a class use probability or"),
        ("low", {"constraints": [f"{study.path}>2"]}, "predicts a class"),
        ("low", {"constraints": [f"{small_bundle('lstm')}=low"]}, "predicts numbers"),
    ):
        with pytest.raises(OptionError, match=message):
            suggest(study.path, CANDIDATES, goal, **options)


def test_on_the_command_line(study: StudyFolder, tmp_path: Path) -> None:
    words = ["suggest", str(study.path), "--system", "Li-Mn-O", "--goal", "high", "-n", "2"]
    shown = CliRunner().invoke(app, [*words, "-o", str(tmp_path / "next.csv")])
    assert shown.exit_code == 0, shown.output
    assert "chance of high" in shown.output
    assert (tmp_path / "next.csv").read_text().splitlines()[0].startswith("formula,")
    plain = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert plain["best_known"] is None
    assert len(plain["suggestions"]) == 2


def test_the_model_of_a_class_is_that_of_no_other(study: StudyFolder) -> None:
    """Also as a constraint, which asks the model of a class for this class again."""
    classes = study.facts["data"]["classes"]
    whole = load_predictor(study.path)
    for code, name in enumerate(classes):
        alone = load_predictor(f"{study.path}:{name}")
        again = alone.of_class(name).predict(CANDIDATES)["value"]
        np.testing.assert_allclose(again, probabilities(study)[:, code], rtol=1e-5)
        with pytest.raises(OptionError, match=f"is that of '{name}' alone"):
            alone.of_class(alone.classes[0])
    assert whole.one_class is None
