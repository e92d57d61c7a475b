"""Splits that the user decides: by a column, by time, by clusters of compositions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusionnas.data.clusters import clusters
from fusionnas.data.dataset import Dataset
from fusionnas.data.folds import development_rows, fold_count, study_splits
from fusionnas.data.sources import load_dataset
from fusionnas.data.splits import Parts
from fusionnas.errors import DataError, OptionError
from tests.made.small_data import small_dataset

PARTS = ("train", "val", "test")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    data = small_dataset(120)
    return pd.DataFrame({"formula": data.table.formulas(), "gap": data.targets})


def read(frame: pd.DataFrame, split: str, **options: object) -> Dataset:
    return load_dataset(frame, target_column="gap", split=split, **options)


def part_of(data: Dataset) -> dict[str, str]:
    shown = data.to_frame()
    return dict(zip(shown["formula"], shown["part"], strict=True))


def test_given_labels_are_the_parts_and_training_gives_way(frame: pd.DataFrame) -> None:
    labels = np.array(["Train"] * 80 + ["validation"] * 20 + [" test "] * 20, dtype=object)
    twice = pd.concat(
        [frame.assign(part=labels), frame.iloc[[119, 85]].assign(part="train", gap=9.0)]
    )
    data = read(twice, "column:part")
    found = part_of(data)
    formulas = frame["formula"].tolist()
    assert [found[f] for f in formulas] == ["train"] * 80 + ["val"] * 20 + ["test"] * 20
    assert data.targets.max() < 9.0  # what was marked as training of a held-out composition is out
    assert any(note.startswith("2 rows left out") for note in data.notes)
    assert data.parts.groups is None
    assert data.split == "column:part"


def test_a_missing_validation_part_is_drawn_from_training(frame: pd.DataFrame) -> None:
    data = read(frame.assign(part=["train"] * 100 + ["test"] * 20), "column:part")
    assert [len(getattr(data.parts, part)) for part in PARTS] == [85, 15, 20]
    assert any("marks no val" in note for note in data.notes)


def test_groups_stay_together_in_parts_and_folds(frame: pd.DataFrame) -> None:
    labs = [f"lab {i // 6}" for i in range(120)]
    data = read(frame.assign(lab=labs), "column:lab")
    lab = dict(zip(frame["formula"], labs, strict=True))
    of_row = np.array([lab[f] for f in data.table.formulas()])
    held = [set(of_row[getattr(data.parts, part)]) for part in PARTS]
    assert not held[0] & held[1]
    assert not held[0] & held[2]
    assert not held[1] & held[2]
    assert [len(getattr(data.parts, part)) for part in PARTS] == [84, 18, 18]
    folds = study_splits(data.parts, fold_count("auto", data), 0)
    assert len(folds) == 5
    for fold in folds:
        assert not set(of_row[fold.train]) & set(of_row[fold.val])
    rows = np.concatenate([fold.val for fold in folds])
    np.testing.assert_array_equal(np.sort(rows), development_rows(data.parts))
    shuffled = read(frame.assign(lab=labs).sample(frac=1, random_state=1), "column:lab")
    assert shuffled.fingerprint == data.fingerprint
    alone = replace(data, parts=replace(data.parts, groups=None))
    assert alone.fingerprint != data.fingerprint  # other folds are other data


def test_systems_stay_together_in_folds(frame: pd.DataFrame) -> None:
    data = read(frame, "chemical-system")
    systems = np.array([" ".join(sorted(set(re.findall("[A-Z][a-z]?", f)))) for f in frame.formula])
    system = dict(zip(frame["formula"], systems, strict=True))
    of_row = np.array([system[f] for f in data.table.formulas()])
    folds = study_splits(data.parts, fold_count("auto", data), 0)
    assert len(folds) > 1
    for fold in folds:
        assert not set(of_row[fold.train]) & set(of_row[fold.val])


def test_groups_that_share_a_composition_are_one(frame: pd.DataFrame) -> None:
    labs = [f"lab {i // 6}" for i in range(120)]
    both = pd.concat([frame.assign(lab=labs), frame.iloc[[0]].assign(lab="lab 19")])
    data = read(both, "column:lab")
    found = part_of(data)
    first, last = frame["formula"].iloc[:6], frame["formula"].iloc[-6:]
    assert len({found[f] for f in [*first, *last]}) == 1
    assert any("19 groups" in note and "(20 labels)" in note for note in data.notes)


@pytest.mark.parametrize("dates", [False, True])
def test_the_past_trains_and_a_composition_counts_by_its_first_time(
    frame: pd.DataFrame, dates: bool
) -> None:
    years = np.arange(120) // 4 + 1990
    column = [f"{year}-05-01" for year in years] if dates else years.tolist()
    table = frame.assign(when=column).sample(frac=1, random_state=0)
    late = frame.iloc[[0]].assign(when="2025-01-01" if dates else 2025, gap=9.0)
    data = read(pd.concat([table, late]), "time:when")
    year = dict(zip(frame["formula"], years, strict=True))
    times = np.array([year[f] for f in data.table.formulas()])
    parts = [times[getattr(data.parts, part)] for part in PARTS]
    assert parts[0].max() < parts[1].min()
    assert parts[1].max() < parts[2].min()
    assert len(parts[0]) == 84
    assert data.targets.max() < 9.0  # the value measured later is not known in the past
    assert fold_count("auto", data) == 0
    with pytest.raises(OptionError, match="folds would train on later rows"):
        fold_count(3, data)


def test_clusters_are_left_out_whole(frame: pd.DataFrame) -> None:
    data = read(frame, "cluster:12")
    cluster = data.parts.groups
    assert cluster is not None
    held = [set(cluster[getattr(data.parts, part)].tolist()) for part in PARTS]
    assert not held[0] & held[1]
    assert not held[0] & held[2]
    assert not held[1] & held[2]
    np.testing.assert_array_equal(clusters(data.table, 12, 5), clusters(data.table, 12, 5))
    tested = []
    for i in range(5):
        one = read(frame, f"cluster:5:{i}")
        assert one.parts.groups is not None
        assert set(one.parts.groups[one.parts.test].tolist()) == {i}
        others = [set(one.parts.groups[rows].tolist()) for rows in (one.parts.train, one.parts.val)]
        assert not others[0] & others[1]
        tested.append(one.parts.test)
    np.testing.assert_array_equal(np.sort(np.concatenate(tested)), np.arange(120))


def labelled(*labels: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.assign(c=[labels[i % len(labels)] for i in range(len(frame))])


@pytest.mark.parametrize(
    ("split", "change", "error", "words"),
    [
        ("column:", labelled("a"), OptionError, "needs the name of a column"),
        ("column:d", labelled("a"), DataError, "needs a column 'd'"),
        ("column:c", labelled("a", "b"), DataError, "has 2 groups.* at least three"),
        ("column:c", labelled("train", "val"), DataError, "marks no composition as test"),
        ("column:c", labelled("test", "val"), DataError, "marks no composition as train"),
        ("column:c", labelled("train", "test", "no"), DataError, "'test' beside 'no'"),
        ("time:c", labelled(1990), DataError, "has 1 different times"),
        ("time:c", labelled(1990, "soon"), DataError, "'soon' in column 'c' is neither a number"),
        ("time:c", labelled("2021-04-03", "03/04/2021"), DataError, "neither a number nor a date"),
        ("time:c", labelled("1", "2", ""), DataError, "no value in column 'c'"),
        ("cluster:2", labelled("a"), OptionError, "3 <= K <= 120"),
        ("cluster:5:5", labelled("a"), OptionError, "0 <= I < K"),
        ("cluster:x", labelled("a"), OptionError, "There is no split"),
    ],
)
def test_what_cannot_be_split_says_why(
    frame: pd.DataFrame, split: str, change: Callable, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        read(change(frame), split)


def test_rows_without_a_label_can_be_skipped(frame: pd.DataFrame) -> None:
    labels = ["", *["train", "val", "test"] * 39, "train", "val"]
    data = read(frame.assign(c=labels), "column:c", skip_bad_rows=True)
    assert len(data.table) == 119
    assert data.skipped[0].reason.startswith("there is no value in column 'c'")


def test_columns_are_read_from_files_only(tmp_path: Path, frame: pd.DataFrame) -> None:
    path = tmp_path / "t.csv"
    frame.assign(year=np.arange(120)).to_csv(path, index=False)
    # the column of the split is not taken for the target
    data = load_dataset(path, split="time:year")
    assert (data.target, len(data.parts.test)) == ("gap", 18)
    with pytest.raises(OptionError, match="has no columns to split by"):
        load_dataset(split="time:year")


def test_groups_that_are_too_few_for_folds(frame: pd.DataFrame) -> None:
    """One group with nearly all rows leaves nothing to train on without it."""
    rows = np.arange(120)
    group = np.where(rows < 98, 0, rows)
    parts = Parts(rows[:90], rows[90:105], rows[105:], group)
    data = replace(read(frame, "random"), parts=parts)
    assert fold_count("auto", data) == 0
    with pytest.raises(DataError, match="too few or too unequal for folds"):
        fold_count(3, data)
