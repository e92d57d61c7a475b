"""A CSV of several targets: each of them is a table of the benchmark."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusionnas.benchmarking.options import BenchmarkOptions
from fusionnas.benchmarking.plan import Plan, make_plan
from fusionnas.benchmarking.run import benchmark
from fusionnas.benchmarking.suites import find_suite
from fusionnas.errors import OptionError
from tests.made.command_line import fusionnas
from tests.made.here import without_ray
from tests.made.several import table_of_targets

ASKED = {"target_column": "electronegativity,sum,elements", "unit": "Pauling,Pauling,1"}


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    table_of_targets().to_csv(tmp_path / "mine.csv", index=False)
    return tmp_path / "mine.csv"


def _plan(csv: Path, **reading: object) -> Plan:
    options = BenchmarkOptions(
        data=csv, reading=reading or ASKED, output=csv.parent / "out", systems="median", folds=2
    )
    return make_plan(options, options.found)


def test_each_target_is_a_table_of_the_rows_that_have_it(csv: Path) -> None:
    plan = _plan(csv)
    assert list(plan.tables) == ["mine-electronegativity", "mine-sum"]
    assert plan.left_out == [
        "mine-elements: its target has fewer than four values; write them as words if they are "
        "classes"
    ]
    (note,) = plan.notes
    assert "mine has several targets (electronegativity, sum, elements)" in note
    frame = pd.read_csv(csv).set_index("formula")
    tested = []
    for table in plan.tables.values():
        assert table.unit == "Pauling"
        assert table.target is not None
        data = table.load("folds:5:0", 0)
        known = frame[table.target].dropna()
        assert (data.target, data.unit) == (table.target, "Pauling")
        assert len(data.table) == len(known)
        for row, value in zip(data.table.formulas(), data.targets, strict=True):
            assert value == pytest.approx(known[row])
        tested.append(set(data.table.take(data.parts.test).formulas()))
        trained = set(data.table.take(data.parts.train).formulas())
        assert not trained & set.union(*tested)  # all targets have the same folds
    assert tested[0] & tested[1]


def test_its_other_splits_are_those_of_the_rows_of_the_target(csv: Path) -> None:
    table = _plan(csv).tables["mine-sum"]
    whole = table.load("folds:5:0", 0)
    (tail,) = table.splits_of("tail", whole)
    data = table.load(tail, 0)
    assert len(data.table) == len(whole.table)
    parts = data.parts
    rest = data.targets[np.concatenate([parts.train, parts.val])]
    assert data.targets[parts.test].min() >= rest.max()


def test_names_of_targets_are_names_of_files(csv: Path) -> None:
    frame = table_of_targets().rename(columns={"electronegativity": "K/G (GPa)", "sum": "T c"})
    frame.to_csv(csv, index=False)
    assert list(_plan(csv, target_column="K/G (GPa),T c").tables) == ["mine-K_G__GPa_", "mine-T_c"]
    frame.rename(columns={"K/G (GPa)": "t_C"}).to_csv(csv, index=False)
    assert list(_plan(csv, target_column="t_C,T c").tables) == ["mine-1-t_C", "mine-2-T_c"]


def test_all_targets_run_one_after_the_other(csv: Path) -> None:
    options = BenchmarkOptions(
        data=csv, reading=ASKED, output=csv.parent / "out", systems="median,gru", folds=2,
        width=8, budget="1", workers=1,
    )  # fmt: skip
    with without_ray():
        results, complete = benchmark(options)
    assert complete
    table = results.table()
    assert table["state"].tolist() == ["done"] * 8
    assert set(table["table"]) == {"mine-electronegativity", "mine-sum"}
    held_out = pd.read_csv(results.folder / "held_out" / "mine-sum.csv")
    known = pd.read_csv(csv).set_index("formula")["sum"]
    assert held_out["target"].tolist() == pytest.approx(known[held_out["formula"]].tolist())
    assert held_out[["median", "gru"]].notna().all(axis=None)


def test_one_target_can_be_chosen_and_the_messages_teach_it(csv: Path) -> None:
    command = ("benchmark", "--data", csv.name, "--systems", "median", "--folds", "1", "-o", "out")
    done = fusionnas(*command, cwd=csv.parent)
    assert done.returncode == 2
    assert "It has formula, electronegativity, elements, sum; use --target-column NAME" in (
        done.stderr
    )
    done = fusionnas(*command, "--target-column", "sum", cwd=csv.parent)
    assert done.returncode == 2
    assert "--skip-bad-rows leaves such rows out" in done.stderr
    reading = {"target_column": "sum", "skip_bad_rows": True}
    assert list(_plan(csv, **reading).tables) == ["mine"]
    assert not _plan(csv, **reading).notes


def test_a_suite_says_how_such_a_table_is_read(csv: Path) -> None:
    options = BenchmarkOptions(suite=str(csv.parent), output=csv.parent / "out", systems="median")
    with pytest.raises(OptionError, match=r"can be said for one CSV alone: --data .*mine\.csv\."):
        make_plan(options, find_suite(str(csv.parent), None))
