"""What a resumed search may change, and what it is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from optuna.exceptions import StorageInternalError

from fusionnas.cecv.probe import choose_probe
from fusionnas.data.element_vectors import element_vectors
from fusionnas.errors import RunError, StorageError, StudyError
from fusionnas.search_space.space_file import load_space
from fusionnas.studies.folder import StudyFolder
from fusionnas.training.recipe_file import load_recipe
from fusionnas.workflows.preparation import Ingredients, open_folder
from fusionnas.workflows.search import explained
from fusionnas.workflows.search_options import SearchOptions
from tests.made.small_data import small_dataset


def ingredients(unit: str, seed: int = 0) -> Ingredients:
    data = replace(small_dataset(300), unit=unit)
    return Ingredients(
        load_space("default"),
        load_recipe("default", 1),
        data,
        {"mat2vec": element_vectors("mat2vec")},
        choose_probe(data, "all"),
        None,
        seed,
        "tpe",
    )


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        ("eV", "meV", r"the unit \(was eV, is now meV\)"),
        ("", "eV", r"the unit \(was none, is now eV\)"),
    ],
)
def test_another_unit_is_refused(tmp_path: Path, before: str, now: str, words: str) -> None:
    open_folder(ingredients(before), tmp_path, "study", resume=False)
    with pytest.raises(StudyError, match=words):
        open_folder(ingredients(now), tmp_path, "study", resume=True)


def test_without_a_unit_it_is_the_studys(tmp_path: Path) -> None:
    open_folder(ingredients("eV"), tmp_path, "study", resume=False)
    for given in ("eV", ""):
        folder = open_folder(ingredients(given), tmp_path, "study", resume=True)
        assert ingredients(given).resuming(folder).dataset.unit == "eV"


def test_another_quality_keeps_the_epochs_of_a_trial(tmp_path: Path) -> None:
    """They were chosen by the quality that the study was started with."""

    def read(quality: str, **more: Any) -> Ingredients:
        data = small_dataset(900)
        options = {"probe": "all", "folds": "off", "quality": quality, **more}
        return Ingredients.read(SearchOptions(data=data, **options))

    first, second = read("fast"), read("good")
    assert second.recipe.epochs < first.recipe.epochs
    folder = open_folder(first, tmp_path, "study", resume=False)
    assert second.resuming(folder).recipe == first.recipe
    open_folder(second, tmp_path, "study", resume=True)
    with pytest.raises(StudyError, match="the recipe changed"):
        open_folder(read("good", epochs=3), tmp_path, "study", resume=True)


def test_what_changed_is_told_with_both_values(tmp_path: Path) -> None:
    open_folder(ingredients("eV"), tmp_path, "study", resume=False)
    with pytest.raises(StudyError, match=r"the seed \(was 0, is now 3\) changed"):
        open_folder(ingredients("eV", seed=3), tmp_path, "study", resume=True)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device", "x"), "no space is left for x. Make room there."),
        (OSError(13, "Permission denied", "x"), "this user has no permission for x. Change"),
        (StorageError("trials/3 cannot be written: y."), "trials/3 cannot be written: y."),
        (StorageInternalError("database or disk is full"), "no space is left for the study's"),
        (StorageInternalError("attempt to write a readonly database"), "may no longer write"),
        (StorageInternalError("database is locked"), "another process keeps"),
        (StorageInternalError("the server closed the connection"), "fails: the server closed"),
    ],
)
def test_each_cause_of_a_stop_has_its_words(tmp_path: Path, error: Exception, words: str) -> None:
    folder = StudyFolder(tmp_path / "it's")
    found = explained(error, folder)
    assert isinstance(found, StorageError)
    assert words in str(found)
    assert ("Make room" in str(found)) == ("no space is left" in words)
    assert str(found).endswith("""the same command and --name 'it'"'"'s' --resume.""")


def test_other_errors_stay_as_they_are(tmp_path: Path) -> None:
    error = RunError("Ray cannot be started: x")
    assert explained(error, StudyFolder(tmp_path)) is error
