"""Systems: each learns from a material that has no test part, and predicts in the target's unit."""

from __future__ import annotations

import json
import pickle
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fusionnas.benchmarking.budget import Budget
from fusionnas.benchmarking.made import load_made
from fusionnas.benchmarking.material import Material, for_search
from fusionnas.benchmarking.systems import ALL, choose_systems, find_system, searches
from fusionnas.benchmarking.systems.system import System
from fusionnas.data.composition import parse_formula
from fusionnas.data.dataset import Dataset
from fusionnas.data.folds import study_splits
from fusionnas.data.sources import load_dataset
from fusionnas.data.splits import Parts
from fusionnas.data.table import concatenate
from fusionnas.errors import OptionError, RunError
from fusionnas.statistics.metrics import mae
from fusionnas.workflows.preparation import Ingredients
from fusionnas.workflows.search_options import SearchOptions

DATA = load_made("made-mean", "folds:5:0", 0)
QUICK = ("median", "extra-trees-median", "lstm", "lstm:paper")


def material(folder: Path, epochs: int = 2) -> Material:
    return Material.of(DATA, 0, Budget(epochs=epochs), 16, folder)


@pytest.mark.parametrize("name", QUICK)
def test_a_system_predicts_each_compound(name: str, tmp_path: Path) -> None:
    fitted = find_system(name).fit(material(tmp_path))
    test = DATA.table.take(DATA.parts.test)
    found = fitted.predict(test)
    assert found.shape == (len(test),)
    assert np.isfinite(found).all()
    assert (fitted.parameters is not None) == name.startswith("lstm")
    if name == "extra-trees-median":
        target = DATA.targets[DATA.parts.test]
        assert mae(found, target) < 0.2 * mae(np.median(DATA.targets), target)


def test_a_material_has_no_row_of_the_test_part(tmp_path: Path) -> None:
    seen = material(tmp_path).dataset
    tested = set(DATA.table.take(DATA.parts.test).keys().tolist())
    assert len(seen.parts.test) == 0
    assert len(seen.table) == len(DATA.parts.train) + len(DATA.parts.val)
    assert tested.isdisjoint(seen.table.keys().tolist())
    for part in ("train", "val"):
        mine, given = getattr(seen.parts, part), getattr(DATA.parts, part)
        assert (seen.targets[mine] == DATA.targets[given]).all()


def given_to_a_search(
    given_material: Material, monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, Any], Dataset]:
    """The options of the search, and the data set that lies on disk for it."""
    given: dict[str, Any] = {}

    def start(args: list[str], **how: Any) -> SimpleNamespace:
        given.update(json.loads(Path(args[-1]).read_text()))
        return SimpleNamespace(returncode=1, stderr="fusionnas: stopped here\n")

    monkeypatch.setattr(subprocess, "run", start)
    with pytest.raises(RunError, match="stopped here"):
        find_system("search-fast").fit(given_material)
    return given, pickle.loads(Path(given["data"]).read_bytes())


def test_a_search_is_given_the_training_part_of_the_outer_fold_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No compound that it will be judged by; with folds its test part is the validation part."""
    given, data = given_to_a_search(material(tmp_path), monkeypatch)
    tested = {parse_formula(f) for f in DATA.table.take(DATA.parts.test).formulas()}
    seen = {parse_formula(formula) for formula in data.table.formulas()}
    assert len(seen) == len(DATA.parts.train) + len(DATA.parts.val)
    assert seen.isdisjoint(tested)
    for part, own in (("train", "train"), ("val", "val"), ("val", "test")):
        rows, mine = getattr(DATA.parts, part), getattr(data.parts, own)
        np.testing.assert_array_equal(data.targets[mine], DATA.targets[rows])
    assert (given["quality"], given["epochs"], given["resume"]) == ("fast", 2, False)


def test_a_search_without_folds_has_a_test_part_that_nothing_learns_from() -> None:
    """Its test part corrects intervals and probabilities; a composition is in one part."""
    given = (DATA.parts.train, DATA.parts.val, DATA.parts.test)
    copies, size = 12, len(DATA.table)
    rows = [np.concatenate([own + k * size for k in range(copies)]) for own in given]
    many = replace(
        DATA,
        table=concatenate([DATA.table] * copies),
        targets=np.tile(DATA.targets, copies),
        parts=Parts(*rows),
    )
    found = for_search(many, 0)
    train, val, test = (
        set(found.table.take(own).keys().tolist())
        for own in (found.parts.train, found.parts.val, found.parts.test)
    )
    assert len(found.parts.train) == copies * len(DATA.parts.train)
    assert len(val) + len(test) == len(DATA.parts.val)
    assert abs(len(val) - len(test)) <= 1
    assert train.isdisjoint(val | test)
    assert val.isdisjoint(test)


def test_a_validation_part_that_corrects_nothing_is_not_divided() -> None:
    """Where rows are too few for folds, or later than the training rows."""
    few = replace(DATA.parts, train=DATA.parts.train[:12], val=DATA.parts.val[:5])
    found = for_search(replace(DATA, parts=few), 0)
    assert (len(found.parts.val), len(found.parts.test)) == (5, 5)


def test_a_search_reads_conditions_and_keeps_groups_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its validation part and in its folds, as in the outer ones."""
    frame = DATA.to_frame()[["formula", "target"]]
    frame["lab"] = [f"lab {place % 17}" for place in range(len(frame))]
    frame["temperature"] = np.linspace(300, 900, len(frame))
    whole = load_dataset(frame, split="folds:5:0:lab", input_columns="temperature")
    asked = Material.of(whole, 0, Budget(epochs=2), 16, tmp_path)
    given, data = given_to_a_search(asked, monkeypatch)
    ingredients = Ingredients.read(SearchOptions.of(**{**given, "data": data}))
    assert data.conditions == whole.conditions
    kept = [whole.table.take(getattr(whole.parts, part)).conditions for part in ("train", "val")]
    assert data.table.conditions is not None
    learned = np.concatenate(kept)
    np.testing.assert_array_equal(data.table.conditions[: len(learned)], learned)
    lab = dict(zip(frame["formula"], frame["lab"], strict=True))
    parts = [data.parts, *study_splits(data.parts, ingredients.folds, 0)]
    assert len(parts) > 3
    for one in parts:
        train, val = (
            {lab[formula] for formula in data.table.take(rows).formulas()}
            for rows in (one.train, one.val)
        )
        assert train
        assert val
        assert train.isdisjoint(val)


def test_a_study_that_cannot_be_read_is_begun_anew(tmp_path: Path) -> None:
    study = tmp_path / searches.STUDY
    study.mkdir()
    assert not searches._can_go_on(study)
    assert not study.exists()


def test_systems_are_chosen_by_name_and_group() -> None:
    names = [row.name for row in choose_systems("lstm, yardsticks,lstm")]
    assert names[:2] == ["median", "extra-trees-median"]
    assert names[-1] == "lstm"
    assert names.count("lstm") == 1
    with pytest.raises(OptionError, match="did you mean 'crabnet'"):
        choose_systems("crabnett")
    with pytest.raises(OptionError, match="must name at least one"):
        choose_systems(" , ")


def test_every_system_has_a_name_of_its_own_and_says_what_it_is() -> None:
    names = [row.name for row in ALL]
    assert len(names) == len(set(names))
    for row in ALL:
        assert row.how
        assert (row.package is None) == (row.licence is None)


def test_a_system_whose_package_is_not_installed_says_so() -> None:
    row = System("other", "field", "", lambda seen: pytest.fail("called"), "no_such_package", "MIT")
    assert row.missing == "the package no_such_package is not installed"
    assert find_system("median").missing is None


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        (None, Budget()),
        ("40", Budget(epochs=40)),
        ("90s", Budget(seconds=90)),
        ("10m", Budget(seconds=600)),
        ("1h", Budget(seconds=3600)),
    ],
)
def test_budgets(text: str | None, budget: Budget) -> None:
    assert Budget.parse(text) == budget


@pytest.mark.parametrize("text", ["0", "1.5", "soon", "-3", "10d"])
def test_a_budget_that_is_none(text: str) -> None:
    with pytest.raises(OptionError, match="--budget must be"):
        Budget.parse(text)
