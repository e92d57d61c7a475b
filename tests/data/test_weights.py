"""Weights and error bars of rows: reading, merging, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fusionnas.data.dataset import Dataset
from fusionnas.data.sources import load_dataset
from fusionnas.errors import DataError, OptionError
from tests.made.small_data import small_dataset

RNG = np.random.default_rng(5)

METALS = ("Li", "Na", "K", "Mg", "Ca", "Sr", "Ti", "V", "Fe")


def table(repeated: int = 40) -> pd.DataFrame:
    """120 compositions, some in a second row that differs, with weights and error bars."""
    data = small_dataset()
    frame = pd.DataFrame({"formula": data.table.formulas()[:120], "target": data.targets[:120]})
    again = frame.head(repeated).assign(target=lambda own: own["target"] + 0.2)
    frame = pd.concat([frame, again], ignore_index=True)
    frame["w"] = np.random.default_rng(0).integers(1, 4, len(frame)).astype(float)
    frame["s"] = np.exp(np.random.default_rng(1).uniform(-4, 0, len(frame)))
    return frame


def loaded(frame: pd.DataFrame, **options: Any) -> Dataset:
    return load_dataset(frame, target_column="target", **options)


def test_rows_are_merged_by_their_weights() -> None:
    frame = pd.concat(
        [table(0), pd.DataFrame({"formula": ["NaCl"] * 3, "target": [1.0, 2.0, 9.0]})]
    )
    frame["w"] = [*[1.0] * 120, 1.0, 1.0, 3.0]
    for how, expected in (("median", 9.0), ("mean", 6.0), ("min", 1.0), ("first", 1.0)):
        data = loaded(frame, weight_column="w", merge=how)
        (row,) = (i for i, f in enumerate(data.table.formulas()) if f == "NaCl")
        assert data.targets[row] == pytest.approx(expected)
        assert data.weights is not None
        # the sum of the weights, relative to the mean
        assert data.weights.values[row] == pytest.approx(5 * 121 / 125)
    # mean distance from the weighted median: (8 + 7 + 3 * 0) / 5
    assert loaded(frame, weight_column="w").noise.deviation == pytest.approx(3.0)


def test_error_bars_are_merged_as_inverse_variances() -> None:
    """The error of a mean of equal rows falls as one over the root of their number, and is widened
    by sqrt(chi^2 / (n - 1)) if they differ by more than their error bars."""
    pair = pd.DataFrame({"formula": ["NaCl", "NaCl", "KBr", "KBr"], "s": [0.1, 0.2, 0.1, 0.1]})
    pair["target"] = [1.0, 1.05, 2.0, 3.0]
    data = loaded(pd.concat([table(0), pair]), error_column="s", merge="mean")
    assert data.weights is not None
    assert data.weights.errors is not None
    rows = {formula: row for row, formula in enumerate(data.table.formulas())}
    agreeing, differing = rows["NaCl"], rows["KBr"]
    assert data.targets[agreeing] == pytest.approx((1 / 0.01 + 1.05 / 0.04) / 125)
    assert data.weights.errors[agreeing] == pytest.approx(1 / math.sqrt(125))
    chi = math.sqrt(2 * (0.5 / 0.1) ** 2)
    assert data.weights.errors[differing] == pytest.approx(chi * 0.1 / math.sqrt(2))
    expected = 1 / (data.weights.errors**2 + data.weights.common**2)
    np.testing.assert_allclose(data.weights.values, expected / expected.mean())


def test_the_common_part_keeps_tiny_error_bars_from_counting_for_all_others() -> None:
    frame = table(0)
    frame["s"] = np.where(np.arange(len(frame)) < 5, 1e-6, 0.1)
    data = loaded(frame, error_column="s")
    assert data.weights is not None
    assert 0.01 < data.weights.common < 1
    assert data.weights.values.max() < 20
    told = next(note for note in data.notes if note.startswith("error bars of column 's'"))
    assert f"common part of {data.weights.common:.3g}" in told


def test_the_common_part_knows_rows_of_one_composition(tmp_path: Path) -> None:
    """Rows at other temperatures would tell the model what the composition alone has."""
    formulas = [f"{a}{b}O{k}" for a in METALS for b in METALS if a < b for k in (2, 3)]
    own = np.random.default_rng(0).standard_normal(len(formulas))
    frame = pd.DataFrame(
        {
            "formula": np.repeat(formulas, 5),
            "target": np.repeat(own, 5),
            "kelvin": np.tile(np.arange(300.0, 800.0, 100.0), len(formulas)),
            "s": 0.01,
        }
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    data = load_dataset(
        tmp_path / "t.csv", target_column="target", input_columns="kelvin", error_column="s"
    )
    assert data.weights is not None
    assert data.weights.common > 0.5  # the targets differ by 1, and no formula says how


def test_doubling_all_weights_changes_nothing() -> None:
    frame = table()
    first = loaded(frame, weight_column="w")
    again = loaded(frame.assign(w=2 * frame["w"]), weight_column="w")
    assert first.fingerprint == again.fingerprint
    assert first.fingerprint != loaded(frame).fingerprint


def test_equal_weights_change_no_target() -> None:
    frame = table().assign(w=0.7)
    weighted, plain = loaded(frame, weight_column="w"), loaded(frame)
    np.testing.assert_array_equal(weighted.targets, plain.targets)
    assert weighted.noise.deviation == pytest.approx(plain.noise.deviation)


def test_a_row_of_weight_zero_is_left_out() -> None:
    frame = table()
    frame.loc[::10, "w"] = 0
    data = loaded(frame, weight_column="w")
    assert data.fingerprint == loaded(frame[frame["w"] > 0], weight_column="w").fingerprint
    assert "16 rows left out: their weight is zero" in data.notes


def test_the_order_of_rows_does_not_matter() -> None:
    frame = table()
    shuffled = frame.sample(frac=1, random_state=1)
    for options in ({"weight_column": "w"}, {"error_column": "s"}):
        assert loaded(frame, **options).fingerprint == loaded(shuffled, **options).fingerprint


def test_given_parts_have_weights_too(tmp_path) -> None:
    frame = table(0)
    for part, rows in (("train", frame[:60]), ("val", frame[60:90]), ("test", frame[90:])):
        rows.to_csv(tmp_path / f"{part}.csv", index=False)
    data = load_dataset(tmp_path, target_column="target", weight_column="w")
    assert data.weights is not None
    test = dict(zip(data.table.formulas(), data.weights.values, strict=True))
    expected = dict(zip(frame["formula"], frame["w"] / frame["w"].mean(), strict=True))
    assert list(test.values()) == pytest.approx([expected[name] for name in test])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weight_column": "w", "error_column": "s"}, "give only one"),
        ({"weight_column": "gone"}, "no column 'gone', which --weight-column names"),
        ({"error_column": "target"}, "'target' is the target, so it cannot be the --error-column"),
        ({"weight_column": "formula"}, "'formula' is the formula"),
        ({"weight_column": "zero"}, "not above zero in any row"),
        ({"weight_column": "minus"}, "row 3: the weight '-1.0' in column 'minus' is negative"),
        ({"error_column": "none"}, "row 3: the standard deviation '0.0' .* is not above zero"),
        ({"weight_column": "gap"}, "row 3: there is no weight"),
        ({"error_column": "inf"}, "row 3: the standard deviation 'inf' is not a finite number"),
        ({"weight_column": "huge"}, "row 3: the weight '1e\\+300' .* is not within 1e-30 and 1e"),
        ({"error_column": "tiny"}, "row 3: the standard deviation '1e-200' .* is not within"),
        ({"weight_column": "words"}, "row 0: the weight 'a' is not a finite number"),
        ({"error_column": "s", "input_columns": "s"}, "'s' is the condition"),
    ],
)
def test_what_cannot_be_used_is_told(options: dict[str, str], message: str) -> None:
    frame = table(0).assign(zero=0.0, words=1.0)
    frame[["minus", "none", "gap", "inf", "huge", "tiny"]] = 1.0
    frame["words"] = "a"
    frame.loc[5, "words"] = "1"
    odd = {"minus": -1, "none": 0, "gap": np.nan, "inf": np.inf, "huge": 1e300, "tiny": 1e-200}
    for name, value in odd.items():
        frame.loc[3, name] = value
    with pytest.raises((DataError, OptionError), match=message):
        loaded(frame, **options)


@pytest.mark.parametrize("rows", [3, 12])
def test_a_small_training_part_with_error_bars_is_one_message_or_is_learned(
    tmp_path: Path, rows: int
) -> None:
    """Also where its rows are of fewer compositions than there are folds for the common part."""
    frame = table(0)[["formula", "target", "s"]]
    repeated = pd.concat([frame.iloc[:3]] * (rows // 3))
    repeated.assign(t=np.arange(rows) % 4).to_csv(tmp_path / "train.csv", index=False)
    for name, part in (("val", frame.iloc[50:60]), ("test", frame.iloc[60:80])):
        part.assign(t=np.arange(len(part)) % 4).to_csv(tmp_path / f"{name}.csv", index=False)
    options = {"error_column": "s", "input_columns": "t"}
    if rows == 3:
        with pytest.raises(DataError, match="the train part has 3 compositions, but at least"):
            load_dataset(str(tmp_path), **options)
    else:
        assert load_dataset(str(tmp_path), **options).weights is not None


def test_rows_without_a_weight_can_be_skipped() -> None:
    frame = table(0)
    frame.loc[3, "w"] = np.nan
    data = loaded(frame, weight_column="w", skip_bad_rows=True)
    assert [bad.row for bad in data.skipped] == [3]


def test_a_class_has_no_error_bar() -> None:
    frame = table(0)
    frame["target"] = np.where(frame["target"] > frame["target"].median(), "high", "low")
    with pytest.raises(OptionError, match="is a class, which has no error bar"):
        loaded(frame, error_column="s")
    assert loaded(frame, weight_column="w").weights is not None


def test_data_with_a_name_have_no_weights() -> None:
    with pytest.raises(OptionError, match=r"leave out .*--weight-column"):
        load_dataset("seebeck-p", weight_column="w")


def test_rows_of_a_class_vote_by_their_weights() -> None:
    frame = table(0).assign(target=lambda own: np.where(own["target"] > 2.5, "high", "low"))
    votes = pd.DataFrame({"formula": ["NaCl"] * 3, "target": ["high", "low", "low"]})
    frame = pd.concat([frame, votes.assign(w=[3.0, 1.0, 1.0])], ignore_index=True)
    data = loaded(frame, weight_column="w")
    row = data.table.formulas().index("NaCl")
    assert data.classes[int(data.targets[row])] == "high"
    assert data.noise.deviation == pytest.approx(2 / 5)
    assert loaded(frame).targets[row] != data.targets[row]
