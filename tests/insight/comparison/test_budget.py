"""The final training counts to what a search spent, by its length."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from fusionnas.insight.comparison import compare, search_worth
from fusionnas.insight.comparison.budget import (
    Choice,
    chosen_with,
    final_trainings,
    in_trainings,
)
from fusionnas.insight.comparison.sides import SIDES, counted_trials, side_of
from fusionnas.networks.architecture import Architecture
from fusionnas.searching.final_training import key_of, network_folder, whole_key
from fusionnas.searching.result_file import read_result, write_result
from fusionnas.studies.folder import StudyFolder
from tests.made.made_study import trained
from tests.made.small_data import small_dataset

FINALISTS = (0, 4)  # a named and a random trial, of one epoch each


@pytest.fixture
def runs_with_final(runs: Path, tmp_path: Path) -> Path:
    """The studies of `runs`; in `searched` a final training that prefers another network.

    Two networks are trained twice, for two epochs each: as long as eight trials.
    """
    for name in ("searched", "random"):
        shutil.copytree(runs / name, tmp_path / name)
    folder = StudyFolder(tmp_path / "searched")
    architecture = Architecture.from_dict({"width": 8, "global": ["gru"]})
    for number in FINALISTS:
        for seed in range(2):
            trained(folder.path / key_of(number, seed), small_dataset(300), architecture, 2, seed)
    chosen = counted_trials(folder).set_index("number").loc[4]
    summary = dict(folder.summary())
    summary["chosen"] |= {"number": 4, "line": chosen["architecture"], "val_mae": chosen["error"]}
    (folder.path / "summary.json").write_text(json.dumps(summary))
    return tmp_path


def test_whom_a_study_chooses_with_less(runs_with_final: Path) -> None:
    folder = StudyFolder(runs_with_final / "searched")
    trials = counted_trials(folder)
    assert final_trainings(folder)["trainings"].tolist() == [2.0] * 4
    whole = Choice(4, 5, 8)
    assert chosen_with(13, folder, trials) == chosen_with(99, folder, trials) == whole
    assert whole.place(folder) == network_folder(folder.path, 4) != folder.trial(4)
    errors = trials.set_index("number")["error"]
    best = int(errors.idxmin())
    for budget in (5, 9, 12):  # the final training is not over: validation decides
        assert chosen_with(budget, folder, trials) == Choice(best, 5)
    assert chosen_with(3, folder, trials) == Choice(int(errors.iloc[:3].idxmin()), 3)
    assert Choice(1, 3).place(folder) == folder.trial(1)
    assert whole.words == "5 trials and a final training of 8 more"


def test_networks_of_all_folds_count(tmp_path: Path) -> None:
    """Trials of two folds of 4 epochs; final trainings of eight of 12, and one on all rows."""
    folder = StudyFolder(tmp_path)
    for key, folds, epochs in (("trials/7", 2, 4), (key_of(7, 0), 8, 12), (whole_key(7), 0, 10)):
        result = {"state": "done", "history": [{}] * epochs, "train_seconds": 1.0}
        write_result(tmp_path / key, result | ({"fold_maes": [1.0] * folds} if folds else {}))
    found = final_trainings(folder)
    assert sorted(found["trainings"]) == [10 / 8, 96 / 8]
    assert in_trainings(found) == 14  # 13.25, rounded up


def test_a_study_without_a_final_training_spends_its_trials(runs: Path) -> None:
    folder = StudyFolder(runs / "random")
    assert final_trainings(folder).empty
    assert chosen_with(3, folder, counted_trials(folder)).final == 0


def test_sides_have_the_seconds_of_their_final_training(runs_with_final: Path) -> None:
    folder = StudyFolder(runs_with_final / "searched")
    trials, final = counted_trials(folder), final_trainings(folder)
    for name, number in zip(SIDES, (0, 4, None), strict=True):
        bare, whole = side_of(trials, name), side_of(trials, name, final)
        assert (whole.final, bare.final) == (0 if number is None else 4, 0)
        results = [
            read_result(folder.path / key_of(number, seed))
            for seed in range(2)
            if number is not None
        ]
        spent = sum(result["train_seconds"] for result in results if result is not None)
        assert whole.seconds - bare.seconds == pytest.approx(spent)


def test_studies_are_compared_at_as_many_trainings(runs_with_final: Path) -> None:
    """Five trials and a final training against three trials: at three trials each."""
    found = search_worth("searched", "random", runs=runs_with_final)
    finals = found.sides.set_index("side")["final"]
    assert finals.to_dict() == {"named": 4, "random": 4, "sampler": 0}
    first = found.tested.iloc[0]
    assert first["name"] == "searched, best of 5 + 8"
    assert (first["trial"], first["tries"], first["final"]) == (4, 5, 8)
    assert found.against["budget"].tolist() == found.against["tries"].tolist() == [3, 3]
    assert found.words[2].startswith("At 3 trials each, searched found")
    assert any("took as long as 8 further trials" in note for note in found.notes)
    turned = search_worth("random", "searched", runs=runs_with_final)
    assert turned.words[2].startswith("At 3 trials each, random found")


def test_with_the_budget_for_it_the_final_network_is_tested(runs_with_final: Path) -> None:
    shutil.copytree(runs_with_final / "searched", runs_with_final / "twin")
    found = search_worth("searched", "twin", runs=runs_with_final)
    assert found.against["trial"].tolist() == [4, 4]
    assert found.against["budget"].tolist() == [13, 13]
    assert found.words[2].startswith(
        "At 13 trainings each (searched: 5 trials and a final training of 8 more; twin: 5 trials "
        "and a final training of 8 more), searched found nothing better than twin"
    )
    as_the_trial_left_it = found.tested["mae"].iloc[0]
    assert not np.isclose(found.against["mae"].iloc[0], as_the_trial_left_it)


def test_a_comparison_tells_of_it(runs_with_final: Path) -> None:
    table = compare("searched", "random", runs=runs_with_final, yardsticks=False).table
    assert table["final"].tolist() == [8, 0]
