from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from fusionnas.errors import OptionError, StudyError
from fusionnas.insight.comparison import search_worth
from fusionnas.insight.comparison.sides import counted_trials, seed_noise, side_of
from fusionnas.studies.folder import StudyFolder


def test_sides_are_told_by_their_origin(runs: Path) -> None:
    folder = StudyFolder(runs / "searched")
    trials = counted_trials(folder)
    sides = {name: side_of(trials, name) for name in ("named", "random", "sampler")}
    assert {name: len(side) for name, side in sides.items()} == {
        "named": 1,
        "random": 3,
        "sampler": 1,
    }
    assert sides["random"].errors.max() == float("inf")  # the failed trial cost its try
    assert sides["sampler"].best == 5
    found = seed_noise(folder)
    assert found is not None
    assert found > 0


def test_a_search_that_won(runs: Path) -> None:
    """The sampler's network learned far longer, so it must win; luck is told beside it."""
    found = search_worth("searched", runs=runs)
    assert found.tested["name"].tolist() == [
        "searched, best of 5",
        "best of 1 named",
        "best of 3 random",
    ]
    assert (found.tested["verdict"].iloc[1:] == "worse").all()
    assert found.chance == pytest.approx(1 / 4)
    named, random = found.words
    assert named.startswith("The search's best beats the best named network: on the test")
    assert "but this can be luck" in random
    assert "with a chance of 25%" in random
    assert any("used for 3 networks" in note for note in found.notes)
    assert any("--sampler random" in note for note in found.notes)


def test_sides_are_compared_at_an_equal_number_of_tries(runs: Path) -> None:
    sides = search_worth("searched", runs=runs).sides.set_index("side")
    assert sides["tries"].unique().tolist() == [1]
    assert sides["expected"]["sampler"] == pytest.approx(sides["val_mae"]["sampler"])
    assert sides["expected"]["random"] > sides["val_mae"]["random"]


def test_against_another_study_at_as_many_trials(runs: Path) -> None:
    found = search_worth("searched", "random", runs=runs)
    ours, theirs = found.against.to_dict("records")
    assert (ours["name"], theirs["name"]) == ("searched", "random")
    assert ours["tries"] == theirs["tries"] == 3
    head = counted_trials(StudyFolder(runs / "searched")).iloc[:3]
    assert ours["val_mae"] == pytest.approx(head["error"].min())  # not its best, which came later
    assert found.words[2].startswith("At 3 trials each, searched found")
    assert not any("--sampler random" in note for note in found.notes)


def test_two_studies_of_one_name_are_told_apart_by_their_folders(
    runs: Path, tmp_path: Path
) -> None:
    shutil.copytree(runs / "random", tmp_path / "searched")
    found = search_worth("searched", tmp_path / "searched", runs=runs)
    ours, theirs = (f"{folder.name}/searched" for folder in (runs, tmp_path))
    assert found.study == ours
    assert found.against["name"].tolist() == [ours, theirs]
    assert found.curves["study"].unique().tolist() == [ours, theirs]
    assert found.words[2].startswith(f"At 3 trials each, {ours} found")
    assert f"{theirs}: best so far" in found.view.svg()
    beside = search_worth("searched", "random", runs=runs).against
    for column in ("mae", "val_mae", "difference"):
        assert found.against[column].tolist() == pytest.approx(beside[column].tolist(), nan_ok=True)


def test_a_study_is_not_compared_with_itself(runs: Path) -> None:
    for again in ("searched", runs / "searched"):
        with pytest.raises(OptionError, match="'searched' is named twice"):
            search_worth("searched", again, runs=runs)


def test_a_search_that_won_nothing_says_so(runs: Path) -> None:
    """A study of named and random proposals alone."""
    found = search_worth("random", runs=runs)
    assert "nothing was searched" in found.words[1]
    assert found.chance is None
    found = search_worth("elsewhere", runs=runs)
    assert len(found.words) == 2


def test_without_weights_validation_speaks_and_says_so(runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs / "searched", tmp_path / "bare")
    (tmp_path / "bare" / "trials" / "0" / "weights.safetensors").unlink()
    found = search_worth("bare", runs=tmp_path)
    assert found.tested.empty
    assert found.words[0].startswith("On validation alone, which flatters it")
    assert any("weights were not kept: best of 1 named" in note for note in found.notes)


def test_studies_of_other_data_are_refused(runs: Path) -> None:
    with pytest.raises(StudyError, match="they differ in data or split"):
        search_worth("searched", "elsewhere", runs=runs)


def test_as_files_and_plain_data(runs: Path, tmp_path: Path) -> None:
    found = search_worth("searched", "random", runs=runs)
    names = {path.name for path in found.save(tmp_path)}
    assert names == {
        "search-worth.svg",
        "search-worth.csv",
        "search-worth-sides.csv",
        "search-worth-tested.csv",
        "search-worth-against.csv",
    }
    assert "random: best so far" in (tmp_path / "search-worth.svg").read_text()
    assert json.loads(json.dumps(found.to_dict()))["words"] == list(found.words)


def test_a_recommended_network_of_an_earlier_study_is_not_the_search_s(
    runs: Path, tmp_path: Path
) -> None:
    """It was taken over, so that the best of the trials that this search trained is judged."""
    shutil.copytree(runs / "searched", tmp_path / "warm")
    folder = StudyFolder(tmp_path / "warm")
    chosen = folder.summary()["chosen"]["number"]
    trials = pd.read_csv(folder.path / "trials.csv")
    trials.loc[trials["number"] == chosen, "origin"] = "carried:earlier/1"
    trials.to_csv(folder.path / "trials.csv", index=False)
    found = search_worth(folder.path)
    assert found.tested["trial"].iloc[0] != chosen
    assert found.tested["name"].iloc[0] == "warm, best of 4"
