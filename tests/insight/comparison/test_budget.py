"""Final trainings count to what a search spent."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from fusionnas.insight.comparison import compare, search_worth
from fusionnas.insight.comparison.budget import Choice, chosen_with, repetitions
from fusionnas.insight.comparison.sides import SIDES, counted_trials, side_of
from fusionnas.searching.final_training import key_of
from fusionnas.searching.result_file import write_result
from fusionnas.studies.folder import StudyFolder

FINALISTS = (0, 3)  # a named and a random trial
SEEDS = 2


@pytest.fixture
def repeated(runs: Path, tmp_path: Path) -> Path:
    """The studies of `runs`, and in `searched` repetitions that prefer another network."""
    for name in ("searched", "random"):
        shutil.copytree(runs / name, tmp_path / name)
    folder = StudyFolder(tmp_path / "searched")
    for number in FINALISTS:
        for seed in range(SEEDS):
            result = {"state": "done", "val_mae": 1.0, "train_seconds": 10.0 + number}
            write_result(folder.path / key_of(number, seed), result)
    chosen = counted_trials(folder).set_index("number").loc[3]
    summary = dict(folder.summary())
    summary["chosen"] |= {"number": 3, "line": chosen["architecture"], "val_mae": chosen["error"]}
    (folder.path / "summary.json").write_text(json.dumps(summary))
    return tmp_path


def test_whom_a_study_chooses_with_less(repeated: Path) -> None:
    folder = StudyFolder(repeated / "searched")
    trials = counted_trials(folder)
    assert len(repetitions(folder)) == 4
    assert chosen_with(9, folder, trials) == chosen_with(99, folder, trials) == Choice(3, 5, 4)
    best = int(trials["error"].idxmin())
    for budget in (5, 6, 8):  # the repetitions are not over: validation decides
        assert chosen_with(budget, folder, trials) == Choice(best, 5, 0)
    head = trials.iloc[:3]["error"]
    assert chosen_with(3, folder, trials) == Choice(int(head.idxmin()), 3, 0)
    assert chosen_with(9, folder, trials).words == "5 trials and 4 final trainings"


def test_a_study_without_finalists_spends_its_trials(runs: Path) -> None:
    folder = StudyFolder(runs / "random")
    assert repetitions(folder).empty
    assert chosen_with(3, folder, counted_trials(folder)).repetitions == 0


def test_sides_have_the_seconds_of_their_repetitions(repeated: Path) -> None:
    folder = StudyFolder(repeated / "searched")
    trials, more = counted_trials(folder), repetitions(folder)
    for name in SIDES:
        bare, whole = side_of(trials, name), side_of(trials, name, more)
        count = {"named": 2, "random": 2, "sampler": 0}[name]
        seconds = {"named": 20.0, "random": 26.0, "sampler": 0.0}[name]
        assert (whole.repetitions, bare.repetitions) == (count, 0)
        assert whole.seconds - bare.seconds == pytest.approx(seconds)


def test_studies_are_compared_at_as_many_trainings(repeated: Path) -> None:
    """Five trials and four repetitions against three trials: at three trials each."""
    found = search_worth("searched", "random", runs=repeated)
    assert found.sides.set_index("side")["repetitions"].to_dict() == {
        "named": 2, "random": 2, "sampler": 0,
    }  # fmt: skip
    first = found.tested.iloc[0]
    assert first["name"] == "searched, best of 5, 4 repetitions"
    assert (first["trial"], first["tries"], first["repetitions"]) == (3, 5, 4)
    assert found.against["budget"].tolist() == found.against["tries"].tolist() == [3, 3]
    assert found.words[2].startswith("At 3 trials each, searched found")
    assert any("4 further trainings on its finalists" in note for note in found.notes)
    turned = search_worth("random", "searched", runs=repeated)
    assert turned.words[2].startswith("At 3 trials each, random found")


def test_with_the_budget_for_them_the_finalists_choose(repeated: Path) -> None:
    shutil.copytree(repeated / "searched", repeated / "twin")
    found = search_worth("searched", "twin", runs=repeated)
    assert found.against["trial"].tolist() == [3, 3]
    assert found.against["budget"].tolist() == [9, 9]
    assert found.words[2].startswith(
        "At 9 trainings each (searched: 5 trials and 4 final trainings; twin: 5 trials "
        "and 4 final trainings), searched found nothing better than twin"
    )


def test_a_comparison_tells_of_them(repeated: Path) -> None:
    table = compare("searched", "random", runs=repeated, yardsticks=False).table
    assert table["repetitions"].tolist() == [4, 0]
