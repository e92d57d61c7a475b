"""Conditions beside the formula: reading, merging, splitting and encoding."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusionnas.data.conditions import Conditions
from fusionnas.data.scaling import Scaler
from fusionnas.data.sources import load_dataset
from fusionnas.data.stored_rows import stored_cells, stored_table
from fusionnas.errors import DataError, DataWarning, OptionError
from tests.made.small_data import small_dataset

METALS = ("Li", "Na", "K", "Rb", "Cs", "Cu", "Ag", "Mg", "Ca", "Sr", "Ba", "Zn")
OTHERS = ("F", "Cl", "Br", "I", "O", "S")


def measured() -> pd.DataFrame:
    """72 compositions at three temperatures by two routes, some of them missing."""
    rows = []
    for i, metal in enumerate(METALS):
        for j, other in enumerate(OTHERS):
            for t in (300, 600, 900):
                route = ("melt", "sol-gel")[(i + j + t // 300) % 2]
                value = i * t / 300 + j + (route == "melt")
                rows.append((f"{metal}{other}", str(t), route, value))
    frame = pd.DataFrame(rows, columns=["formula", "temperature", "route", "target"])
    frame.loc[::17, "temperature"] = ""
    frame.loc[::19, "route"] = ""
    return frame


def loaded(frame: pd.DataFrame, columns: str = "temperature,route", **options: object):  # type: ignore[no-untyped-def]
    return load_dataset(frame, input_columns=columns, **options)  # type: ignore[arg-type]


def test_numbers_are_standardised_on_the_training_part() -> None:
    data = loaded(measured())
    conditions, table = data.conditions, data.table
    assert conditions is not None
    assert table.conditions is not None
    # number and its gap; two words and their gap
    assert conditions.names == ("temperature", "route")
    assert conditions.width == 5
    train = table.conditions[data.parts.train]
    present = train[:, 1] == 0
    assert abs(train[present, 0].mean()) < 1e-5
    assert abs(train[present, 0].std() - 1) < 1e-5
    assert (train[~present, 0] == 0).all()
    assert (~present).any()
    assert conditions.columns[1].words == ("melt", "sol-gel")


def test_decoding_gives_the_cells_back() -> None:
    frame = measured()
    told = loaded(frame).to_frame()
    key = ["formula", "temperature", "route", "target"]
    own = {tuple(map(str, row)) for row in told[key].to_numpy()}
    assert own == {tuple(map(str, row)) for row in frame[key].to_numpy()}


@pytest.mark.parametrize("how", ["random", "chemical-system", "folds:4:1", "cluster:5"])
def test_a_composition_stays_in_one_part(how: str) -> None:
    data = loaded(measured(), split=how)
    keys = data.table.keys()
    parts = [set(keys[getattr(data.parts, name)].tolist()) for name in ("train", "val", "test")]
    assert len(set.union(*parts)) == 72 == sum(map(len, parts))
    assert sum(len(getattr(data.parts, n)) for n in ("train", "val", "test")) == len(data.table)


def test_the_order_of_the_rows_does_not_matter() -> None:
    frame = measured()
    other = frame.sample(frac=1, random_state=3).reset_index(drop=True)
    assert loaded(frame).fingerprint == loaded(other).fingerprint


def test_rows_are_merged_only_where_all_inputs_agree() -> None:
    frame = measured()
    twice = pd.concat([frame, frame.assign(target=frame["target"] + 2)], ignore_index=True)
    data = loaded(twice)
    assert data.noise.merged == len(frame)
    assert len(data.table) == len(frame)
    np.testing.assert_allclose(np.sort(data.targets), np.sort(frame["target"] + 1))
    assert "composition and conditions" in data.noise.describe("K")


def test_conditions_are_part_of_the_fingerprint() -> None:
    frame = measured()
    warmer = frame.assign(temperature=[t and str(int(t) + 1) for t in frame["temperature"]])
    assert loaded(frame).fingerprint != loaded(warmer).fingerprint


def test_folds_keep_a_composition_together() -> None:
    from fusionnas.data.folds import study_splits

    data = loaded(measured())
    keys = data.table.keys()
    for parts in study_splits(data.parts, 4, seed=0):
        assert not set(keys[parts.train].tolist()) & set(keys[parts.val].tolist())


def test_the_manifest_form_is_complete() -> None:
    conditions = loaded(measured()).conditions
    assert conditions is not None
    assert Conditions.from_plain(conditions.to_plain()) == conditions
    cells = np.array([["300", "melt"], ["", ""], ["hot", "melt"], ["600", "spin"]], dtype=object)
    numbers, errors, unseen = conditions.read(cells)
    assert numbers.shape == (4, 5)
    assert list(errors) == [2]
    assert unseen == ["", "", "", "route=spin"]
    np.testing.assert_array_equal(numbers[3, 2:], numbers[1, 2:])  # like a missing word


def test_decimal_commas_are_numbers() -> None:
    frame = measured()
    halves = frame["temperature"].map(lambda text: text and f"{text}.5")
    commas = halves.str.replace(".", ",")
    with pytest.warns(DataWarning, match="'temperature': decimal commas are read as points"):
        data = loaded(frame.assign(temperature=commas), "temperature")
    same = loaded(frame.assign(temperature=halves), "temperature")
    assert data.conditions == same.conditions
    np.testing.assert_array_equal(data.table.conditions, same.table.conditions)
    assert data.conditions is not None
    one, other = (data.conditions.read(np.array([[text]])) for text in ("300,5", "300.5"))
    np.testing.assert_array_equal(one[0], other[0])
    assert data.conditions.read(np.array([["1,500"]]))[1] == {
        0: "the condition 'temperature' is '1,500', which is not a number."
    }
    with pytest.raises(DataError, match="decimals or thousands"):
        loaded(frame.assign(temperature=["1,500", *["2,500"] * 215]), "temperature")


def test_a_value_that_is_too_large_is_an_error_of_its_row() -> None:
    conditions = loaded(measured()).conditions
    assert conditions is not None
    _, errors, _ = conditions.read(np.array([["1e200", "melt"], ["300", "melt"]]))
    assert errors == {0: "the condition 'temperature' is 1e200, which is too large."}


def test_values_that_training_lacks_are_told() -> None:
    frame = measured()
    part = ["train"] * 150 + ["val"] * 33 + ["test"] * 33
    frame = frame.assign(part=part, route=["melt", "spin"] * 75 + ["cast"] * 66)
    data = loaded(frame, "route", split="column:part")
    told = [note for note in data.notes if "no value that training has" in note]
    assert told == [
        "condition 'route': 22 rows of validation and test have no value that training has, and "
        "are read as its mean"
    ]


def test_given_parts_share_their_words(tmp_path: Path) -> None:
    frame = measured()
    for name, rows in (
        ("train", slice(0, 120)),
        ("val", slice(120, 160)),
        ("test", slice(160, 216)),
    ):
        frame[rows].to_csv(tmp_path / f"{name}.csv", index=False)
    data = load_dataset(tmp_path, input_columns="route,temperature")
    assert data.conditions is not None
    assert data.conditions.columns[0].words == ("melt", "sol-gel")
    assert data.parts.groups is not None


def changed(**columns: object) -> pd.DataFrame:
    return measured().assign(**columns)


@pytest.mark.parametrize(
    ("frame", "columns", "message"),
    [
        (measured(), "target", "cannot be in --input-columns"),
        (measured(), "formula", "is the formula"),
        (measured(), "temperatur", "did you mean 'temperature'"),
        (changed(temperature="300"), "temperature", "is 300 in all"),
        (changed(route="melt"), "route", "is 'melt' in all"),
        (changed(route=""), "route", "has no value in any row"),
        (changed(route=[f"batch{i}" for i in range(216)]), "route", "too many for a category"),
        (changed(temperature=[1e200, *[300.0] * 215]), "temperature", "the value 1e+200, and the"),
        (changed(route=["RT", *["300"] * 215]), "route", "such as 'RT'"),
    ],
)
def test_columns_that_cannot_be_used_are_one_message(
    frame: pd.DataFrame, columns: str, message: str
) -> None:
    options = {"target_column": "target"}
    with pytest.raises(DataError, match=re.escape(message)):
        loaded(frame, columns, **options)


def test_names_are_checked() -> None:
    with pytest.raises(OptionError, match="twice"):
        loaded(measured(), "route,route")
    with pytest.raises(OptionError, match="leave out"):
        load_dataset("seebeck-p", input_columns="temperature")


def test_codes_are_a_category_where_that_is_said() -> None:
    frame = measured().assign(site=[(i % 3) + 1 for i in range(216)])
    as_numbers = loaded(frame, "site").conditions
    data = loaded(frame.assign(site=frame["site"].astype(float)), "temperature, site:category")
    assert as_numbers is not None
    assert data.conditions is not None
    assert as_numbers.columns[0].kind == "number"
    temperature, site = data.conditions.columns
    assert (temperature.kind, site.kind, site.name) == ("number", "category", "site")
    assert site.words == ("1", "2", "3")
    _, errors, unseen = site.values(["1", "2.0", "4"])
    assert (errors, unseen) == ({}, {2: "site=4"})
    with pytest.raises(OptionError, match="twice"):
        loaded(frame, "site,site:category")


def test_a_condition_can_have_the_name_of_a_stored_column() -> None:
    frame = measured().rename(columns={"temperature": "weight", "route": "part"})
    data = loaded(frame, "weight,part")
    stored = data.to_frame()
    assert set(stored["part"]) == {"train", "val", "test"}
    assert data.conditions is not None
    assert stored_cells(stored, data.conditions)["part"] == stored["condition part"].tolist()
    again = stored_table(stored, data.conditions).conditions
    np.testing.assert_array_equal(again, data.table.conditions)


@pytest.mark.parametrize("value", [0.1, 1 / 3, 300.7])
def test_a_condition_with_one_value_and_gaps_has_a_scale_of_one(value: float) -> None:
    """The standard deviation of equal values can be a rounding error."""
    made = small_dataset(60)
    frame = pd.DataFrame({"formula": made.table.formulas(), "target": made.targets})
    frame["x"] = np.where(np.arange(60) % 3 == 0, np.nan, value)
    conditions = load_dataset(frame, input_columns="x").conditions
    assert conditions is not None
    assert conditions.columns[0].std == 1
    assert Scaler.fit(np.full(43, value)).std == 1
