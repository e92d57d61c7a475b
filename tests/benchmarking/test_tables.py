"""Tables and suites: what is found, which folds it has, and what is said of it."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusionnas.benchmarking.budget import Budget
from fusionnas.benchmarking.divisions import SPLITS, TAIL, common_elements
from fusionnas.benchmarking.made import load_made
from fusionnas.benchmarking.material import Material
from fusionnas.benchmarking.options import BenchmarkOptions
from fusionnas.benchmarking.results import Results
from fusionnas.benchmarking.suites import find_suite
from fusionnas.benchmarking.tables import Table, capped, check_target
from fusionnas.data.sources import folds_of, load_dataset
from fusionnas.errors import DataError, OptionError
from fusionnas.studies.folder import STUDY
from tests.made.small_data import small_dataset


def test_the_small_suite_needs_nothing_and_is_the_same_each_time() -> None:
    suite = find_suite("small", None)
    assert [table.name for table in suite.tables] == ["made-mean", "made-spread", "made-tail"]
    table = suite.tables[1]
    folds = table.own_folds()
    assert len(folds) == 5
    first, again = table.load(folds[0], 0), table.load(folds[0], 0)
    assert first.fingerprint == again.fingerprint
    tested = np.concatenate([table.load(fold, 0).parts.test for fold in folds])
    assert sorted(tested) == list(range(len(first.table)))
    assert table.standing() == "made"


def test_matbench_is_read_from_a_folder_and_what_is_not_there_is_said(tables: Path) -> None:
    suite = find_suite("matbench", tables)
    (table,) = suite.tables
    assert (table.name, table.unit) == ("phonons", "1/cm")
    assert table.own_folds() == ("0", "1")
    assert table.standing().startswith("duplicates merged (600 of 1,265")
    assert any(line.startswith("steels: ") for line in suite.missing)
    one, other = (table.load(fold, 0) for fold in table.own_folds())
    tested = [set(data.table.take(data.parts.test).formulas()) for data in (one, other)]
    assert tested[0].isdisjoint(tested[1])


def test_any_folder_is_a_suite(tables: Path) -> None:
    suite = find_suite(str(tables), None)
    assert {table.name for table in suite.tables} == {"matbench-phonons", "spread", "classes"}
    found = {table.name: table for table in suite.tables}
    assert found["spread"].own_folds()[0] == "folds:5:0"
    with pytest.raises(DataError, match="classes"):
        check_target(found["classes"].load("folds:5:0", 0))


def test_results_and_studies_below_a_folder_are_no_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A benchmark writes into the folder that it was started in."""
    table = "formula,gap\n" + "".join(f"NaCl{n},{n}\n" for n in range(1, 90))
    Results(tmp_path / "benchmark").begin({}, resume=False)
    for place in ("my.csv", "more/a.csv", "benchmark/predictions/x.csv", "runs/one/skipped.csv"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(table)
    (tmp_path / "runs" / "one" / STUDY).write_text("id: x\n")
    monkeypatch.chdir(tmp_path)
    assert {one.name for one in find_suite(".", None).tables} == {"my", "more-a"}
    monkeypatch.chdir(tmp_path / "more")
    (tmp_path / "more" / "train.csv").write_text(table)
    (only,) = find_suite(".", None).tables
    assert (only.name, only.suite) == ("more", "more")


def test_a_folder_named_like_a_suite_has_no_published_figures(tmp_path: Path) -> None:
    folder = tmp_path / "matbench"
    folder.mkdir()
    (folder / "steels.csv").write_text("formula,gap\nNaCl,1\n")
    (table,) = find_suite(str(folder), None).tables
    assert (table.name, table.suite) == ("steels", "own")


def test_several_suites_and_unknown_ones(tables: Path, tmp_path: Path) -> None:
    both = find_suite("small,matbench", tables)
    assert both.name == "small,matbench"
    assert len(both.tables) == 4
    with pytest.raises(OptionError, match=r"same name: made-mean \(.*\), made-spread"):
        find_suite("small,small", None)
    with pytest.raises(OptionError, match="did you mean 'matbench'"):
        find_suite("matbensh", None)
    with pytest.raises(OptionError, match="--tables FOLDER"):
        find_suite("extended", tmp_path)
    with pytest.raises(OptionError, match="No table lies below"):
        find_suite(str(tmp_path), None)


def test_names_of_tables_in_a_folder_keep_their_dots_and_differ(
    tables: Path, tmp_path: Path
) -> None:
    table = (tables / "spread.csv").read_text()
    for name in ("alloys.v1.csv", "alloys.v2.csv"):
        (tmp_path / name).write_text(table)
    for name in ("v1.5", "v1.6"):
        shutil.copytree(tables / "matbench" / "phonons", tmp_path / name)
    suite = find_suite(str(tmp_path), None)
    assert [table.name for table in suite.tables] == ["alloys.v1", "alloys.v2", "v1.5", "v1.6"]
    (tmp_path / "alloys").mkdir()
    (tmp_path / "alloys" / "new.csv").write_text(table)
    (tmp_path / "alloys-new.csv").write_text(table)
    with pytest.raises(OptionError, match=r"same name: alloys-new \(.*alloys-new.csv, .*new.csv\)"):
        find_suite(str(tmp_path), None)


@pytest.mark.parametrize("how", SPLITS)
def test_made_tables_are_divided_in_every_way(how: str) -> None:
    table = Table("made-mean", "small", "made:made-mean")
    whole = table.load(table.own_folds()[0], 0)
    folds = table.splits_of(how, whole)
    data = table.load(folds[0], 0)
    tested = set(data.table.take(data.parts.test).formulas())
    trained = set(data.table.take(data.parts.train).formulas())
    assert tested
    assert tested.isdisjoint(trained)
    assert sorted(data.table.formulas()) == sorted(whole.table.formulas())
    if how == TAIL:
        rest = np.concatenate([data.parts.train, data.parts.val])
        assert data.targets[data.parts.test].min() >= data.targets[rest].max()


def test_folds_of_a_folder(tables: Path, tmp_path: Path) -> None:
    assert folds_of(tables / "matbench" / "phonons") == [0, 1]
    assert folds_of(tmp_path) == []


def test_fewer_rows_are_among_more_and_the_test_part_stays() -> None:
    whole = Table("made-mean", "small", "made:made-mean").load("folds:5:0", 0)
    few, more = capped(whole, 50, 0), capped(whole, 200, 0)
    assert len(few.parts.train) == 50
    assert set(few.parts.train) < set(more.parts.train) < set(whole.parts.train)
    assert len(few.parts.val) < len(more.parts.val) < len(whole.parts.val)
    assert (few.parts.test == whole.parts.test).all()
    assert capped(whole, 10_000, 0) is whole


def test_error_bars_are_weighed_by_the_training_part_alone(tmp_path: Path) -> None:
    """Where compounds with oxygen are noisy and held out, nothing is known of that."""
    made = small_dataset(300)
    rng, noisy = np.random.default_rng(0), made.table.contains(8)
    frame = pd.DataFrame({"formula": made.table.formulas(), "y": made.targets, "e": 0.01})
    frame["y"] += np.where(noisy, rng.normal(0, 20, len(frame)), rng.normal(0, 0.01, len(frame)))
    frame.to_csv(tmp_path / "t.csv", index=False)
    reading = {"target_column": "y", "error_column": "e"}
    table = Table("t", "own", str(tmp_path / "t.csv"), reading=reading)
    found = table.load("leave-out:O", 0).weights
    wanted = load_dataset(tmp_path / "t.csv", split="leave-out:O", **reading).weights
    assert found is not None
    assert wanted is not None
    assert found.common == pytest.approx(wanted.common)
    whole = table.load("folds:5:0", 0)
    assert whole.weights is not None
    assert whole.weights.common > 3 * found.common
    fewer = capped(whole, 60, 0).weights
    assert fewer is not None
    assert fewer.common != whole.weights.common


def test_a_table_with_conditions_has_its_own_folds_alone(tmp_path: Path) -> None:
    made = small_dataset(60)
    frame = pd.DataFrame({"formula": made.table.formulas(), "y": made.targets})
    frame["T"] = np.arange(60) % 7
    frame.to_csv(tmp_path / "t.csv", index=False)
    reading = {"target_column": "y", "input_columns": "T"}
    table = Table("t", "own", str(tmp_path / "t.csv"), reading=reading)
    with pytest.raises(OptionError, match=r"has conditions \(T\), which another split"):
        table.splits_of("elements", table.load("folds:5:0", 0))


def test_an_element_is_left_out_whole(tables: Path) -> None:
    table = find_suite("matbench", tables).tables[0]
    whole = table.load("0", 0)
    folds = table.splits_of("elements", whole)
    assert folds == tuple(f"leave-out:{symbol}" for symbol in common_elements(whole))
    data = table.load(folds[0], 0)
    symbol = folds[0].removeprefix("leave-out:")
    assert len(data.table) == len(whole.table)
    with_it = [any(symbol == part for part in _elements(f)) for f in data.table.formulas()]
    assert sorted(np.flatnonzero(with_it)) == sorted(data.parts.test)


def test_no_chemical_system_is_in_two_parts(tables: Path) -> None:
    table = find_suite("matbench", tables).tables[0]
    data = table.load(table.splits_of("chemical-systems", table.load("0", 0))[0], 0)
    systems = [
        {frozenset(_elements(f)) for f in data.table.take(rows).formulas()}
        for rows in (data.parts.train, data.parts.val, data.parts.test)
    ]
    assert systems[0].isdisjoint(systems[1] | systems[2])
    assert systems[1].isdisjoint(systems[2])


def test_each_cluster_is_left_out_in_one_fold(tables: Path) -> None:
    table = find_suite("matbench", tables).tables[0]
    whole = table.load("0", 0)
    folds = table.splits_of("clusters", whole)
    tested = [table.load(fold, 0).parts.test for fold in folds]
    assert sorted(np.concatenate(tested)) == list(range(len(whole.table)))
    assert len(tested) == 5


def test_the_highest_targets_are_left_out(tables: Path) -> None:
    table = find_suite("matbench", tables).tables[0]
    whole = table.load("0", 0)
    (fold,) = table.splits_of("tail", whole)
    data = table.load(fold, 0)
    parts = data.parts
    seen = data.targets[np.concatenate([parts.train, parts.val])]
    assert data.targets[parts.test].min() >= seen.max()
    assert len(parts.test) == round(len(whole.table) / 10)
    assert len(parts.train) + len(parts.val) + len(parts.test) == len(whole.table)
    assert (table.load(fold, 0).parts.train == parts.train).all()
    assert (table.load(fold, 1).parts.train != parts.train).any()


def _elements(formula: str) -> list[str]:
    from pymatgen.core import Composition

    return [element.symbol for element in Composition(formula).elements]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A CSV of a user: 120 compositions from six laboratories, with weights."""
    frame = load_made("made-spread", "random", 0).to_frame()[["formula", "target"]].head(120)
    frame = frame.rename(columns={"target": "gap"})
    frame["lab"] = [f"lab {row % 6}" for row in range(len(frame))]
    frame["trust"] = 1.0 + (frame.index % 3)
    frame.to_csv(tmp_path / "mine.csv", index=False)
    return tmp_path / "mine.csv"


def test_folds_of_a_csv_keep_groups_together(own: Path) -> None:
    reading = {"target_column": "gap", "weight_column": "trust"}
    options = BenchmarkOptions(
        data=own, reading=reading | {"unit": "eV"}, split="folds:3:lab", output=own.parent / "out"
    )
    assert options.way == "given"
    (table,) = options.found.tables
    assert table.own_folds() == ("folds:3:0:lab", "folds:3:1:lab", "folds:3:2:lab")
    labs = dict(pd.read_csv(own)[["formula", "lab"]].to_numpy())
    tested: list[str] = []
    for fold in table.own_folds():
        data = table.load(fold, 0)
        assert data.unit == "eV"
        assert data.weights is not None
        of_parts = [
            {labs[formula] for formula in data.table.take(rows).formulas()}
            for rows in (data.parts.train, data.parts.val, data.parts.test)
        ]
        assert [len(part) for part in of_parts] == [3, 1, 2]
        assert of_parts[0].isdisjoint(of_parts[1] | of_parts[2])
        tested += data.table.take(data.parts.test).formulas()
        material = Material.of(data, 0, Budget(), None, own.parent)
        assert material.dataset.weights is not None
        assert len(material.dataset.weights.values) == len(material.dataset.table)
    assert sorted(tested) == sorted(labs)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"suite": "small"}, "either --suite, tables to compare on, or --data"),
        ({"split": "folds:1"}, "In 'folds:K:I'"),
        ({"split": "fold:3"}, "There is no split 'fold:3'"),
        ({"data": None, "suite": "small", "reading": {"unit": "eV"}}, "--unit says how --data"),
        ({"data": None, "suite": "small", "split": "folds:3"}, "There is no split 'folds:3'"),
    ],
)
def test_options_of_a_csv_that_do_not_fit(
    own: Path, given: dict[str, object], message: str
) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        BenchmarkOptions(**({"data": own, "output": own.parent / "out"} | given))  # type: ignore[arg-type]


def test_more_folds_than_groups_are_refused(own: Path) -> None:
    options = BenchmarkOptions(
        data=own, reading={"target_column": "gap"}, split="folds:7:lab", output=own.parent / "out"
    )
    (table,) = options.found.tables
    with pytest.raises(DataError, match="'lab' has 6 groups, too few for 7 folds"):
        table.load(table.own_folds()[0], 0)
    with pytest.raises(OptionError, match="--data takes one CSV"):
        replace(options, data=own.parent / "none.csv").found  # noqa: B018
