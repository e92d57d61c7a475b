"""Several targets of one table: reading, gaps, merging, parts, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusionnas.data.sources import load_dataset
from fusionnas.errors import DataError, InputError, OptionError
from tests.made.several import NAMES, UNITS, table_of_targets


def test_gaps_are_kept_and_rows_without_any_target_are_left_out(tmp_path: Path) -> None:
    frame = table_of_targets()
    frame.to_csv(tmp_path / "table.csv", index=False)
    data = load_dataset(tmp_path / "table.csv", target_column=",".join(NAMES), unit=UNITS)
    none = frame[list(NAMES)].isna().all(axis=1)
    assert none.any()
    assert len(data.table) == len(frame) - none.sum()
    assert data.targets.shape == (len(data.table), 3)
    assert f"{none.sum()} rows have none of the targets" in data.notes[-1]
    assert [(one.name, one.unit) for one in data.several] == [
        (NAMES[0], "Pauling"),
        (NAMES[1], ""),
        (NAMES[2], "Pauling"),
    ]
    values = dict(zip(frame["formula"], frame[NAMES[1]], strict=True))
    own = data.of_target(1)
    assert own.targets.tolist() == [values[formula] for formula in own.table.formulas()]
    again = load_dataset(data.to_frame().drop(columns="part"), target_column=NAMES)
    np.testing.assert_array_equal(again.targets, data.targets)


def test_each_target_has_the_parts_of_all() -> None:
    data = load_dataset(table_of_targets(), target_column=NAMES)
    for place in range(3):
        own = data.of_target(place)
        assert (own.target, own.task) == (NAMES[place], "regression")
        for part in ("train", "val", "test"):
            rows = getattr(data.parts, part)
            known = rows[np.isfinite(data.targets[rows, place])]
            mine = getattr(own.parts, part)
            assert own.table.take(mine).formulas() == data.table.take(known).formulas()
            np.testing.assert_array_equal(own.targets[mine], data.targets[known, place])


def test_rows_of_a_composition_are_merged_target_by_target() -> None:
    frame = table_of_targets()[["formula", NAMES[0], NAMES[1]]].dropna()
    more = pd.DataFrame(
        {
            "formula": ["NaCl", "ClNa", "Na2Cl2", "KCl", "ClK"],
            NAMES[0]: [1.0, 3.0, np.nan, 5.0, np.nan],
            NAMES[1]: [np.nan, 7000.0, 9000.0, np.nan, 8000.0],
        }
    )
    data = load_dataset(pd.concat([frame, more]), target_column=NAMES[:2])
    rows = dict(zip(data.table.formulas(), data.targets.tolist(), strict=True))
    assert rows["NaCl"] == [2.0, 8000.0]
    assert rows["KCl"] == [5.0, 8000.0]
    electronegativity, elements = (one.noise for one in data.several)
    assert (electronegativity.merged, electronegativity.deviation) == (1, 1.0)
    assert (elements.merged, elements.deviation) == (1, 1000.0)
    # one value of each target for a composition is no contradiction
    load_dataset(pd.concat([frame, more[3:]]), target_column=NAMES[:2], merge="error")
    with pytest.raises(DataError, match="'electronegativity': 'NaCl' occurs more than once"):
        load_dataset(pd.concat([frame, more]), target_column=NAMES[:2], merge="error")


def test_one_name_is_one_target() -> None:
    frame = table_of_targets().dropna().rename(columns={NAMES[0]: "a,b"})
    assert load_dataset(frame, target_column="a,b").targets.ndim == 1
    assert load_dataset(frame, target_column=["a,b"]).task == "regression"


def test_the_data_of_several_targets_have_their_own_fingerprint() -> None:
    frame = table_of_targets()
    prints = {
        load_dataset(frame, target_column=names).fingerprint
        for names in (NAMES, NAMES[:2], NAMES[1::-1])
    }
    assert len(prints) == 3


def test_a_folder_of_parts_can_have_several_targets(tmp_path: Path) -> None:
    frame = table_of_targets()
    for part, rows in (("train", slice(0, 160)), ("val", slice(160, 200)), ("test", slice(200, 0))):
        frame[rows if part != "test" else slice(200, None)].to_csv(
            tmp_path / f"{part}.csv", index=False
        )
    data = load_dataset(tmp_path, target_column=NAMES, unit=UNITS)
    assert data.task == "multi-target"
    assert len(data.parts.test) > 30
    assert data.several[2].unit == "Pauling"


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({}, {"target_column": "elements,sum,elements"}, "--target-column names 'elements' twice"),
        ({}, {"target_column": "elements,"}, "names separated by commas, but got 'elements,'"),
        ({}, {"target_column": "elements,smu"}, "no column 'smu'; did you mean 'sum'"),
        ({}, {"target_column": "elements,formula"}, "cannot be called 'formula'"),
        ({}, {"unit": "eV,K,K,K"}, "has 4 units for 2 targets"),
        ({}, {"task": "classification"}, "are learned as numbers"),
        ({"sum": ""}, {}, "'sum' has no value in any row. Leave this target out"),
        ({"sum": "high"}, {}, "'sum' has no numbers, but 'high'"),
        ({"sum": ["ionic", "metallic"] * 120}, {}, "'sum' is a class .ionic or metallic."),
        ({"sum": 4.0}, {}, "'sum' is 4 in all"),
        ({"sum": [1.0, 2.0, *[""] * 238]}, {}, "'sum' has values for"),
        ({"sum": ["about 3", *[2.0, 3.0] * 119, ""]}, {}, "row 0: sum: the target 'about 3'"),
    ],
)
def test_bad_input_is_one_message(
    change: dict[str, object], options: dict[str, str], message: str
) -> None:
    frame = table_of_targets().astype(object).where(table_of_targets().notna(), "")
    for name, values in change.items():
        frame[name] = values
    with pytest.raises(InputError, match=message):
        load_dataset(frame, **({"target_column": "elements,sum"} | options))


def test_a_cell_that_is_no_number_can_be_skipped() -> None:
    frame = table_of_targets().astype(object)
    frame.loc[0, "sum"] = "about 3"
    data = load_dataset(frame, target_column=NAMES, skip_bad_rows=True)
    assert [(bad.target, bad.reason) for bad in data.skipped] == [
        ("about 3", "sum: the target 'about 3' is not a finite number.")
    ]


def test_what_reads_one_target_says_so() -> None:
    data = load_dataset(table_of_targets(), target_column=NAMES)
    with pytest.raises(OptionError, match=r"has several targets .* and a benchmark reads one"):
        data.only_numbers("a benchmark")
