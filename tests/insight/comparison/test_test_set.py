from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fusionnas.data.splits import split
from fusionnas.errors import BundleError, DataError
from fusionnas.insight.comparison.test_set import common_test_set
from fusionnas.insight.known_data import KnownData
from fusionnas.studies.trained_network import TrainedNetwork
from tests.made.small_data import small_dataset


def known(seed: int, rows: slice = slice(None)) -> KnownData:
    data = small_dataset(600)
    data = replace(data, parts=split(data.table, "random", seed, "data"))
    whole = KnownData.of_dataset(data)
    kept = np.arange(len(whole.table))[rows]
    return replace(
        whole, table=whole.table.take(kept), targets=whole.targets[kept], part=whole.part[kept]
    )


def networks(*names: str) -> list[TrainedNetwork]:
    return [TrainedNetwork(name, predictor=None) for name in names]  # type: ignore[arg-type]


def formulas(data: KnownData, *parts: str) -> set[str]:
    return set(data.table.take(data.where(*parts)).formulas())


def test_networks_of_one_split_share_its_test_part() -> None:
    data = known(0)
    found = common_test_set(networks("a", "b"), [data, data], None, False)
    assert set(found.table.formulas()) == formulas(data, "test")
    assert found.left_out == 0
    assert found.notes == ()


def test_what_any_network_has_seen_is_left_out_and_counted() -> None:
    one, other = known(0), known(1)
    found = common_test_set(networks("a", "b"), [one, other], None, False)
    seen = formulas(one, "train", "val") | formulas(other, "train", "val")
    tested = formulas(one, "test") | formulas(other, "test")
    assert set(found.table.formulas()) == tested - seen
    assert found.left_out == len(tested & seen) > 0
    assert f"{found.left_out} test compositions" in found.notes[0]
    truth = dict(zip(one.table.formulas(), one.targets, strict=True))
    assert [truth[f] for f in found.table.formulas()] == found.targets.tolist()


def test_compositions_that_only_one_network_knows_are_new_to_the_other() -> None:
    one, other = known(0, slice(0, 450)), known(0)
    found = common_test_set(networks("a", "b"), [one, replace(other, fingerprint="x")], None, False)
    assert set(found.table.formulas()) == formulas(other, "test")


def test_given_data_lose_what_was_seen() -> None:
    data = known(0)
    found = common_test_set(networks("a"), [data], replace(data, fingerprint="more"), False)
    assert set(found.table.formulas()) == formulas(data, "test")
    assert found.left_out == len(data.where("train", "val"))
    assert "are left out" in found.notes[0]


def test_unknown_training_is_refused_unless_told() -> None:
    data = known(0)
    with pytest.raises(BundleError, match="training data of 'b' are not available"):
        common_test_set(networks("a", "b"), [data, None], None, False)
    with pytest.raises(BundleError, match="--assume-new"):
        common_test_set(networks("b"), [None], data, False)
    found = common_test_set(networks("b"), [None], data, True)
    assert len(found.table) == len(data.table)
    assert "this was not checked" in found.notes[0]


def test_data_that_disagree_are_refused() -> None:
    one = known(0)
    other = replace(known(1), targets=one.targets + 1, name="shifted")
    with pytest.raises(DataError, match="shifted disagree on 600 compositions"):
        common_test_set(networks("a", "b"), [one, other], None, False)


def test_too_little_is_refused() -> None:
    one = known(0)
    everything = replace(one, part=np.full(len(one.part), "train"), fingerprint="all")
    with pytest.raises(DataError, match="seen by none of the networks"):
        common_test_set(networks("a", "b"), [one, everything], None, False)
