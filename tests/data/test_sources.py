from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fusionnas.data.folds import study_splits
from fusionnas.data.matbench import is_at_hand, official_fold
from fusionnas.data.sources import folds_of, list_datasets, load_dataset, load_fold
from fusionnas.data.transport import BUILT_IN
from fusionnas.errors import DataError, FormulaError, OptionError
from fusionnas.tasks.regression import REGRESSION
from tests.made.small_data import small_dataset

ELEMENTS = ["Li", "Na", "K", "Rb", "Mg", "Ca", "Sr", "Ba", "Ti", "Fe"]


def make_csv(path: Path, shuffle: int | None = None) -> Path:
    """90 compositions, 10 of them twice."""
    rows = [(f"{a}{b}O{k}", i + 0.5 * k) for k in (1, 2) for i, (a, b) in enumerate(_pairs())]
    rows += [(f"O{k}{b}{a}", 1000.0) for k in (1,) for a, b in _pairs()[:10]]
    frame = pd.DataFrame(rows, columns=["formula", "target"])
    if shuffle is not None:
        frame = frame.sample(frac=1, random_state=shuffle)
    frame.to_csv(path, index=False)
    return path


def _pairs() -> list[tuple[str, str]]:
    return [(a, b) for i, a in enumerate(ELEMENTS) for b in ELEMENTS[i + 1 :]]


def test_csv_merges_and_splits_without_a_leak(tmp_path: Path) -> None:
    data = load_dataset(make_csv(tmp_path / "t.csv"))
    assert (len(data.table), data.noise.merged, data.noise.groups) == (90, 10, 10)
    assert len(set(data.table.keys().tolist())) == 90
    rows = np.concatenate([data.parts.train, data.parts.val, data.parts.test])
    assert sorted(rows.tolist()) == list(range(90))
    assert [len(data.parts.train), len(data.parts.val)] == [62, 14]


def test_a_table_has_the_name_of_its_file_also_when_that_is_compressed(tmp_path: Path) -> None:
    plain = make_csv(tmp_path / "alloys.csv")
    packed = tmp_path / f"{plain.name}.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert load_dataset(packed).name == load_dataset(plain).name == "alloys"


def test_row_order_changes_nothing(tmp_path: Path) -> None:
    straight = load_dataset(make_csv(tmp_path / "a.csv"))
    shuffled = load_dataset(make_csv(tmp_path / "b.csv", shuffle=1))
    assert straight.fingerprint == shuffled.fingerprint
    assert load_dataset(tmp_path / "a.csv", seed=1).fingerprint != straight.fingerprint


@pytest.mark.parametrize(
    ("merge", "value"), [("median", 500.25), ("mean", 500.25), ("min", 0.5), ("first", 0.5)]
)
def test_merging(tmp_path: Path, merge: str, value: float) -> None:
    data = load_dataset(make_csv(tmp_path / "t.csv"), merge=merge)
    row = data.table.formulas().index("NaLiO")
    assert data.targets[row] == value
    # each such group of two differs from its median by half their distance
    assert data.noise.deviation == pytest.approx(np.mean([(1000 - i - 0.5) / 2 for i in range(10)]))


def test_merge_error_names_a_formula(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="occurs more than once"):
        load_dataset(make_csv(tmp_path / "t.csv"), merge="error")


def test_scaling_sees_the_training_part_alone(tmp_path: Path) -> None:
    data = load_dataset(make_csv(tmp_path / "t.csv"))
    train = data.targets[data.parts.train]
    assert REGRESSION.scaler(data).mean == pytest.approx(train.mean())
    assert REGRESSION.scaler(data).std == pytest.approx(train.std())


def test_split_by_chemical_system_and_element(tmp_path: Path) -> None:
    path = make_csv(tmp_path / "t.csv")
    systems = load_dataset(path, split="chemical-system")
    parts = [
        {frozenset(systems.table[r].numbers) for r in getattr(systems.parts, p)}
        for p in ("train", "val", "test")
    ]
    assert not parts[0] & parts[1]
    assert not (parts[0] | parts[1]) & parts[2]
    left_out = load_dataset(path, split="leave-out:Fe")
    assert left_out.table.contains(26)[left_out.parts.test].all()
    assert not left_out.table.contains(26)[left_out.parts.train].any()


def test_folds_cover_everything_once(tmp_path: Path) -> None:
    path = make_csv(tmp_path / "t.csv")
    tests = [load_dataset(path, split=f"folds:5:{i}").parts.test for i in range(5)]
    assert sorted(np.concatenate(tests).tolist()) == list(range(90))


def test_given_parts_stay_and_training_gives_way(tmp_path: Path) -> None:
    train = ["NaCl", "KCl", "Cl2K2"] + [f"{e}O2" for e in ELEMENTS] + ["LiF"]
    held = {"val": ["LiF", "NaF", "KF", "RbCl"], "test": ["NaF", "FNa", "RbF"]}
    pd.DataFrame({"formula": train, "target": range(len(train))}).to_csv(
        tmp_path / "train.csv", index=False
    )
    for name, formulas in held.items():
        pd.DataFrame({"formula": formulas, "target": np.arange(1.0, len(formulas) + 1)}).to_csv(
            tmp_path / f"{name}.csv", index=False
        )
    data = load_dataset(tmp_path)
    formulas = data.table.formulas()
    assert "LiF" not in [formulas[i] for i in data.parts.train]
    assert [formulas[i] for i in data.parts.val] == ["LiF", "KF", "RbCl"]
    assert [formulas[i] for i in data.parts.test] == ["NaF", "NaF", "RbF"]
    assert data.targets[data.parts.test].tolist() == [1, 2, 3]
    assert data.noise.merged == 1  # KCl in training
    assert data.notes[0].startswith("1 training rows removed")
    assert data.notes[1] == "1 validation rows removed: their composition is in test"


def test_folds_of_given_parts_keep_the_rows_of_a_composition_together(tmp_path: Path) -> None:
    frame = pd.read_csv(make_csv(tmp_path / "t.csv"), na_filter=False).drop_duplicates("formula")
    twice = pd.concat([frame[60:75], frame[60:75].assign(target=5.0)])
    for name, rows in (("train", frame[:60]), ("val", twice), ("test", frame[75:90])):
        rows.to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "t.csv").unlink()
    data = load_dataset(tmp_path)
    keys = data.table.keys()
    for fold in study_splits(data.parts, 5, seed=0):
        assert not np.intersect1d(keys[fold.train], keys[fold.val]).size


def test_nan_is_a_formula(tmp_path: Path) -> None:
    make_csv(tmp_path / "t.csv")
    with (tmp_path / "t.csv").open("a") as file:
        file.write("NaN,3.0\n")
    assert "NaN" in load_dataset(tmp_path / "t.csv").table.formulas()


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("", {}, "cannot be read as a CSV"),
        ("formula,target\n", {}, "has no rows"),
        ("formula,a,b\nNaCl,1,2\n", {}, "which column is the target.*--target-column"),
        ("x,y,z\nNaCl,1,2\n", {}, "which column is the formula"),
        ("formula,gap\nNaCl,1\n", {"target_column": "gop"}, "no column 'gop'; did you mean 'gap'"),
        ("formula,target\nNaCl,1,5\nKCl,2\n", {}, "more cells than the header has columns"),
        ("formula,target\nNaCl,1\nKCl,2,5\n", {}, "Expected 2 fields in line 3"),
        ("formula,target\nNaCl,1\nKCl,high\n", {}, "row 3: the target 'high'"),
        ("formula,target\nNaCl,inf\n", {}, "row 2: the target 'inf'"),
        ("formula,target\nNaCl,\n", {}, r"row 2: there is no target\. No row"),
        ("formula,target\nNaCl,1\nQqO,2\n", {}, "row 3: 'QqO'"),
        ("formula,target\nNaCl,1\n", {}, "the train part has 0 compositions"),
        ("formula,target\nNaCl,1\n", {"merge": "max"}, "no merge 'max'"),
        ("formula,target\nNaCl,1\n", {"split": "rendom"}, "no split 'rendom'"),
        ("formula,target\nNaCl,1\n", {"split": "folds:3:3"}, "0 <= I < K"),
    ],
)
def test_bad_input(tmp_path: Path, text: str, options: dict, message: str) -> None:
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises((DataError, OptionError, FormulaError), match=message):
        load_dataset(tmp_path / "bad.csv", **options)


def test_the_target_is_the_only_column_of_numbers(tmp_path: Path) -> None:
    frame = pd.read_csv(make_csv(tmp_path / "t.csv"))
    plain = load_dataset(tmp_path / "t.csv")
    frame = frame.rename(columns={"target": "gap"})
    frame.insert(0, "id", [f"mp-{i}" for i in range(len(frame))])
    frame.to_csv(tmp_path / "t.csv")  # with the row numbers, as pandas does
    found = load_dataset(tmp_path / "t.csv")
    assert (found.target, found.fingerprint) == ("gap", plain.fingerprint)


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("seebeck-p", {"unit": "V"}, "its own columns and unit, and no bad rows: leave out"),
        (
            "matbench:steels",
            {"target_column": "x"},
            "its own columns and unit, and no bad rows: leave out",
        ),
        ("matbench:steels", {"split": "folds:5:0"}, "its own parts: leave out --split"),
        (".", {"split": "chemical-system"}, "its own parts: leave out --split"),
    ],
)
def test_options_that_would_change_nothing(source: str, options: dict, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        load_dataset(source, **options)


def test_a_damaged_cache_of_the_default_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUSIONNAS_CACHE", str(tmp_path))
    first = load_dataset().fingerprint
    (path,) = tmp_path.glob("transport-*.npz")
    path.write_bytes(path.read_bytes()[:1000])
    assert load_dataset().fingerprint == first


def test_unknown_sources() -> None:
    with pytest.raises(DataError, match="did you mean 'seebeck-p'"):
        load_dataset("seebek-p")
    with pytest.raises(DataError, match=r"nowhere\.csv: there is no such file"):
        load_dataset("nowhere.csv")
    with pytest.raises(OptionError, match="did you mean 'expt_gap'"):
        load_dataset("matbench:expt-gap")
    with pytest.raises(OptionError, match="FOLD 0 to 4"):
        load_dataset("matbench:steels:7")


def test_a_folder_without_its_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no train\.csv, val\.csv, test\.csv"):
        load_dataset(tmp_path)


def test_a_folder_of_folds(tmp_path: Path) -> None:
    """Each fold has files of its own, and its training rows give way to the other parts."""
    data = small_dataset(60)
    rows = pd.DataFrame({"formula": data.table.formulas(), "target": data.targets})
    for fold in (0, 10):
        order = rows if fold == 0 else rows.iloc[::-1]
        order.iloc[:45].to_csv(tmp_path / f"train{fold}.csv", index=False)
        order.iloc[40:50].to_csv(tmp_path / f"val{fold}.csv", index=False)
        order.iloc[50:].to_csv(tmp_path / f"test{fold}.csv", index=False)
    assert folds_of(tmp_path) == [0, 10]
    first, other = (load_fold(tmp_path, fold, "eV") for fold in folds_of(tmp_path))
    assert [len(part) for part in (first.parts.train, first.parts.val, first.parts.test)] == [
        40,
        10,
        10,
    ]
    assert (first.unit, first.split) == ("eV", "given fold 0")
    tested = [set(one.table.take(one.parts.test).formulas()) for one in (first, other)]
    assert tested[0].isdisjoint(tested[1])
    with pytest.raises(DataError, match=r"no train2.csv, val2.csv, test2.csv"):
        load_fold(tmp_path, 2)


def test_whether_matminer_keeps_a_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATMINER_DATA", str(tmp_path))
    assert not is_at_hand("steels")
    (tmp_path / "matbench_steels.json.gz").touch()
    assert is_at_hand("steels")


def test_the_default_data() -> None:
    """Ricci et al. (2017): the counts that the built-in cards state."""
    data = load_dataset()
    card = list_datasets()[0]
    assert (data.noise.rows, len(data.table)) == (card.rows, card.compositions) == (47407, 34546)
    assert len(data.parts.train) == 24182
    assert data.table.contains(14).sum() == 2361
    assert data.noise.deviation == pytest.approx(74.57, abs=0.01)
    assert data.unit == "uV/K"


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_target_is_finite(name: str) -> None:
    data = load_dataset(name)
    assert np.isfinite(data.targets).all()
    assert (data.noise.rows, len(data.table)) == (BUILT_IN[name].rows, BUILT_IN[name].compositions)


def test_conductivity_and_mass_fit_together() -> None:
    """m = n e^2 / (sigma / tau) with n = 1e18 cm-3 fixes the unit of the conductivity."""
    sigma, mass = (10 ** load_dataset(f"log-{q}-p").targets for q in ("conductivity", "mass"))
    electrons = 1e24 * 1.602176634e-19**2 / 9.1093837015e-31
    # direction by direction that is exact; after averaging over directions, half are within 10%
    assert np.median(sigma * mass / electrons) == pytest.approx(1, abs=0.15)


def test_matbench_through_a_faked_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    formulas = [f"{a}{b}O{k}" for k in (1, 2, 3) for a, b in _pairs()]
    frame = pd.DataFrame({"composition": formulas, "gap expt": rng.normal(size=len(formulas))})
    monkeypatch.setattr("matminer.datasets.load_dataset", lambda name: frame)
    folds = [load_dataset(f"matbench:expt_gap:{i}") for i in range(5)]
    tested = [formula for d in folds for formula in d.table.take(d.parts.test).formulas()]
    assert len(tested) == len(set(tested)) == len(formulas)
    train, test = official_fold(len(formulas), 0)
    assert len(folds[0].parts.test) == len(test)
    assert len(folds[0].parts.train) + len(folds[0].parts.val) == len(train)


def test_matbench_entries_of_one_composition_stay_in_one_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Tasks of structures hold polymorphs, which the official folds tear apart."""
    formulas = [f"{a}{b}O{k}" for k in (1, 2, 3) for a, b in _pairs()] * 2
    frame = pd.DataFrame({"composition": formulas, "n": np.arange(len(formulas), dtype=float)})
    monkeypatch.setattr("matminer.datasets.load_dataset", lambda name: frame)
    data = load_dataset("matbench:dielectric:1")
    keys = data.table.keys()
    train, val, test = (
        set(keys[rows]) for rows in (data.parts.train, data.parts.val, data.parts.test)
    )
    assert not train & val
    assert not (train | val) & test
    _, tested = official_fold(len(formulas), 1)
    assert len(data.parts.test) == len(tested)  # as given, polymorphs too
    removed = 2 * len(test) - len(tested)
    assert data.notes == (
        f"{removed} training rows removed: their composition is in validation or test",
    )


def test_matbench_that_cannot_be_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(name: str) -> None:
        raise ConnectionError("no network")

    monkeypatch.setattr("matminer.datasets.load_dataset", fails)
    with pytest.raises(DataError, match=r"cannot be downloaded.*no network"):
        load_dataset("matbench:steels")


def test_a_data_frame_is_read_as_its_csv(tmp_path: Path) -> None:
    data = small_dataset(60)
    frame = pd.DataFrame({"formula": data.table.formulas(), "y": data.targets})
    frame.to_csv(tmp_path / "data.csv", index=False)
    from_csv = load_dataset(tmp_path / "data.csv")
    from_frame = load_dataset(frame)
    np.testing.assert_array_equal(from_frame.table.keys(), from_csv.table.keys())
    np.testing.assert_array_equal(from_frame.parts.val, from_csv.parts.val)
    np.testing.assert_allclose(from_frame.targets, from_csv.targets, rtol=1e-14)
    shuffled = load_dataset(frame.sample(frac=1, random_state=0))
    assert shuffled.fingerprint == from_frame.fingerprint
    assert load_dataset(from_frame) is from_frame
    with pytest.raises(OptionError, match="omit such options"):
        load_dataset(from_frame, split="chemical-system")
    frame.loc[3, "formula"] = "Fe@O"
    with pytest.raises(FormulaError, match="DataFrame, row 3: 'Fe@O'"):
        load_dataset(frame)


def test_numbers_with_decimal_commas_can_be_the_target_too(tmp_path: Path) -> None:
    rows = "".join(f"Na1Cl{i};{i};0,{i}43\n" for i in range(1, 40))
    (tmp_path / "t.csv").write_text("formula;id;gap\n" + rows)
    with pytest.raises(DataError, match="which column is the target"):
        load_dataset(tmp_path / "t.csv")
    assert load_dataset(tmp_path / "t.csv", target_column="gap").targets.max() < 1


def test_given_parts_of_different_targets_are_refused(tmp_path: Path) -> None:
    for place, (part, column) in enumerate((("train", "gap"), ("val", "gap"), ("test", "energy"))):
        rows = "".join(f"Na{place + 1}Cl{i},{i}.5\n" for i in range(4, 30))
        (tmp_path / f"{part}.csv").write_text(f"formula,{column}\n{rows}")
    with pytest.raises(
        DataError, match=r"of train\.csv is 'gap', and that of test\.csv is 'energy'"
    ):
        load_dataset(tmp_path)


@pytest.mark.parametrize("how", ["mean", "median"])
@pytest.mark.parametrize("weighed", [False, True])
def test_the_order_of_the_rows_changes_nothing(how: str, weighed: bool) -> None:
    """Not even the last digit of a mean, and so not the fingerprint."""
    rng = np.random.default_rng(0)
    formulas = [f"Na{a}Cl{b}" for a in range(1, 8) for b in range(1, 8)] * 7
    frame = pd.DataFrame({"formula": formulas, "y": rng.normal(size=len(formulas))})
    frame["w"] = np.exp(rng.normal(size=len(frame)))
    options = {"target_column": "y", "merge": how, "weight_column": "w" if weighed else None}
    found = {
        load_dataset(frame.sample(frac=1, random_state=k), **options).fingerprint for k in range(4)
    }
    assert len(found) == 1


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("matbench:steels:12", {}, "FOLD 0 to 4"),
        ("matbench:steels:", {}, "FOLD 0 to 4"),
        (5, {}, "Data are a name, a path, a DataFrame or a Dataset, but got int"),
        (None, {"split": "folds:100000000000:0"}, "2 <= K <= 1000"),
        (pd.DataFrame({"formula": ["NaCl"], "y": [1.0]}), {"target_column": ()}, "takes one name"),
    ],
)
def test_what_is_no_source_is_refused(source: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        load_dataset(source, **options)
