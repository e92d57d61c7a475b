"""Rows that can be trained on: bad ones refused or skipped, and targets that are hardly meant."""

from __future__ import annotations

import datetime
import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusionnas.data.reading.bad_rows import table_of
from fusionnas.data.reading.outliers import far_values
from fusionnas.data.sources import load_dataset
from fusionnas.data.transport import BUILT_IN, read_transport
from fusionnas.errors import DataError, DataWarning, FormulaError, OptionError
from tests.data.test_sources import make_csv

BAD = "Fe@O,3\nNaCl,\nBaO.6Fe2O3,2\nKCl,high\nKF,inf\n,7\n"
REASONS = ["'@' is not part", "no target", "two ways", "target 'high'", "target 'inf'", "is empty"]


def frame_of(path: Path) -> pd.DataFrame:
    return pd.read_csv(make_csv(path))


def test_bad_rows_are_skipped_and_listed(tmp_path: Path) -> None:
    plain = load_dataset(make_csv(tmp_path / "t.csv"))
    with (tmp_path / "t.csv").open("a") as file:
        file.write(BAD)
    with pytest.raises(FormulaError) as refused:
        load_dataset(tmp_path / "t.csv")
    assert "row 102: 'Fe@O'" in str(refused.value)
    assert "(5 more rows cannot be read.) --skip-bad-rows leaves such" in str(refused.value)
    found = load_dataset(tmp_path / "t.csv", skip_bad_rows=True)
    assert found.fingerprint == plain.fingerprint
    assert found.notes[0].startswith("6 rows skipped (search and train list them in skipped_rows")
    table = table_of(found.skipped)
    assert table["row"].tolist() == list(range(102, 108))
    assert table["formula"].tolist() == ["Fe@O", "NaCl", "BaO.6Fe2O3", "KCl", "KF", ""]
    assert table["target"].tolist() == ["3", "", "2", "high", "inf", "7"]
    for reason, words in zip(table["reason"], REASONS, strict=True):
        assert words in reason


def test_bad_rows_of_given_parts_name_their_file(tmp_path: Path) -> None:
    for name in ("train", "val", "test"):
        make_csv(tmp_path / f"{name}.csv")
    with (tmp_path / "val.csv").open("a") as file:
        file.write("X2O,3\n")
    with pytest.raises(FormulaError, match=r"val\.csv, row 102: 'X2O'.*--skip-bad-rows"):
        load_dataset(tmp_path)


def test_where_nothing_is_left_skipping_is_not_offered(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("formula,day\nNaCl,2024-01-31\nKCl,2024-02-01\n")
    for skip in (False, True):
        with pytest.raises(DataError, match=r"\(1 more row cannot be read.\) No row can be used"):
            load_dataset(tmp_path / "t.csv", skip_bad_rows=skip)


def test_data_with_a_name_have_no_bad_rows() -> None:
    with pytest.raises(OptionError, match="--skip-bad-rows"):
        load_dataset("seebeck-p", skip_bad_rows=True)


def test_column_names_that_are_no_text(tmp_path: Path) -> None:
    frame = frame_of(tmp_path / "t.csv")
    plain = load_dataset(frame)
    frame.columns = ["composition", 0]
    assert load_dataset(frame).fingerprint == plain.fingerprint
    assert load_dataset(frame, target_column="0").target == "0"
    frame.columns = [0, 1]
    assert load_dataset(frame, formula_column="0").fingerprint == plain.fingerprint
    with pytest.raises(DataError, match=r"DataFrame: which column is the formula\? It has 0, 1"):
        load_dataset(frame)
    frame.columns = pd.MultiIndex.from_tuples([("a", "formula"), ("a", "gap")])
    with pytest.raises(DataError, match="which column is the formula"):
        load_dataset(frame)


def test_a_doubled_column(tmp_path: Path) -> None:
    frame = frame_of(tmp_path / "t.csv")
    frame.insert(2, "target", frame["target"], allow_duplicates=True)
    with pytest.raises(DataError, match="2 columns are called 'target', and one must be the targ"):
        load_dataset(frame)
    with pytest.raises(DataError, match="2 columns are called 'target'"):
        load_dataset(frame, target_column="target")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda n: pd.date_range("2024-01-01", periods=n), "dates"),
        (lambda n: [datetime.date(2024, 1, 1)] * n, "dates"),
        (lambda n: pd.period_range("2024-01", periods=n, freq="M"), "dates"),
        (lambda n: pd.Categorical(pd.date_range("2024-01-01", periods=n)), "dates"),
        (lambda n: pd.to_timedelta(np.arange(n), unit="s"), "durations"),
        (lambda n: np.arange(n) + 1j, "complex numbers"),
    ],
)
def test_a_target_of_dates_is_refused(tmp_path: Path, make, words: str) -> None:
    """pandas and NumPy make nanoseconds since 1970 of dates."""
    frame = frame_of(tmp_path / "t.csv")
    frame["target"] = make(len(frame))
    with pytest.raises(DataError, match=f"column 'target' contains {words}; a target must be"):
        load_dataset(frame)


@pytest.mark.parametrize("kind", ["Int64", "category", "object", "bool"])
def test_other_kinds_of_numbers(tmp_path: Path, kind: str) -> None:
    frame = frame_of(tmp_path / "t.csv")
    frame["target"] = np.arange(len(frame)) % 2
    plain = load_dataset(frame)
    read = load_dataset(frame.astype({"target": kind}), task="regression")
    assert read.fingerprint == plain.fingerprint


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT])
def test_a_missing_formula_of_a_data_frame(tmp_path: Path, missing: object) -> None:
    frame = frame_of(tmp_path / "t.csv").astype({"formula": object})
    frame.at[3, "formula"] = missing
    with pytest.raises(FormulaError, match="row 3: there is no formula; pandas reads the text NaN"):
        load_dataset(frame)
    assert load_dataset(frame, skip_bad_rows=True).skipped[0].row == 3
    with_na = frame_of(tmp_path / "t.csv").astype({"target": "Float64"})
    with_na.loc[5, "target"] = pd.NA
    with pytest.raises(DataError, match="row 5: there is no target"):
        load_dataset(with_na)


def test_a_constant_target_is_refused(tmp_path: Path) -> None:
    frame = frame_of(tmp_path / "t.csv")
    for value in (1.5, 0.0, -2e20):
        words = re.escape(f"'target' is {value:g} in all 62 rows of the training part")
        with pytest.raises(DataError, match=f"{words}, so there is nothing to learn"):
            load_dataset(frame.assign(target=value))
    # the same but for rounding, and too little for single precision
    for target in (0.1 + 1e-17 * frame["target"], 1e-43 * frame["target"]):
        with pytest.raises(DataError, match=r"nothing to learn|too little for single precision"):
            load_dataset(frame.assign(target=target))


def test_a_validation_part_that_the_median_predicts_is_refused(tmp_path: Path) -> None:
    """No network could have skill there, so that all would count as collapsed."""
    parts = {"train": ("Na", [0.0] * 9 + [1.0]), "val": ("K", [0.0] * 4), "test": ("Rb", [0, 1, 2])}
    for name, (metal, targets) in parts.items():
        formulas = [f"{metal}{count}Cl" for count in range(1, len(targets) + 1)]
        frame = pd.DataFrame({"formula": formulas, "target": targets})
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    with pytest.raises(DataError, match="is 0 in all 4 rows of the validation part"):
        load_dataset(tmp_path)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([-9999.0] * 3, "-9999 in rows 7, 9, 11"),
        ([1e30], r"1e\+30 in row 7"),
        ([1e30, -9999.0], r"-9999 in row 9; 1e\+30 in row 7"),
        ([9999.0] * 40, r"9999 in rows 7, 9, 11, 13, 15 and 35 more"),
    ],
)
def test_values_far_from_all_others_warn(tmp_path: Path, values: list[float], words: str) -> None:
    frame = frame_of(tmp_path / "t.csv").query("target < 1000").reset_index(drop=True)
    frame.loc[range(7, 7 + 2 * len(values), 2), "target"] = values
    with pytest.warns(DataWarning, match=f"far from all others, which are .*: {words}. If such"):
        load_dataset(frame)


@pytest.mark.parametrize("value", [1e39, -1e300])
def test_what_overflows_is_refused(tmp_path: Path, value: float) -> None:
    frame = frame_of(tmp_path / "t.csv")
    frame.loc[7, "target"] = value
    with pytest.raises(DataError, match=r"in row 7, and computations with it overflow"):
        load_dataset(frame)


@pytest.mark.parametrize("name", BUILT_IN)
def test_real_targets_do_not_warn(name: str) -> None:
    targets = read_transport(name)[1]
    assert not len(far_values(targets))
    spoilt = targets.copy()
    spoilt[[5, 50, 500]] = -9999
    spoilt[7] = 1e30
    assert far_values(spoilt).tolist() == [-9999, 1e30]


@given(st.lists(st.floats(-50, 50), min_size=20, max_size=200), st.integers(1, 3), st.data())
def test_placeholders_are_found_among_any_values(values: list[float], count: int, data) -> None:
    places = data.draw(st.lists(st.integers(0, len(values) - 1), min_size=count, max_size=count))
    targets = np.array(values)
    targets[places] = -9999
    assert far_values(targets)[0] == -9999


def test_binary_and_zero_inflated_targets_do_not_warn() -> None:
    rng = np.random.default_rng(0)
    for targets in (
        rng.integers(0, 2, 500).astype(float),
        np.where(rng.random(500) < 0.93, 0, rng.normal(size=500)),
        np.zeros(5),
        np.empty(0),
        np.array([1.0, 999.0]),
    ):
        assert not len(far_values(targets))


def test_reading_an_ordinary_table_warns_of_nothing(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_dataset(make_csv(tmp_path / "t.csv"))
