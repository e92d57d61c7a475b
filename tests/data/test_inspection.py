"""What a table says of itself: each thing that stands out is found, and a plain table is quiet."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusionnas.data.duplicates import suspected_units
from fusionnas.data.inspection import Finding, inspect_dataset
from fusionnas.data.sources import load_dataset
from tests.made.small_data import small_dataset

QUIET = {"nearness", "rare", "unseen"}


def frame(targets: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"formula": small_dataset(len(targets)).table.formulas(), "gap": targets})


def findings(table: pd.DataFrame, **options: object) -> dict[str, Finding]:
    found = inspect_dataset(load_dataset(table, **options))
    return {finding.name: finding for finding in found.findings}


@pytest.fixture
def plain() -> np.ndarray:
    return np.random.default_rng(0).normal(5, 1, 200)


def test_a_plain_table_is_quiet(plain: np.ndarray) -> None:
    found = inspect_dataset(load_dataset(frame(plain)))
    assert {finding.name for finding in found.findings} <= QUIET
    assert (found.rows, found.compositions) == (200, 200)
    assert found.quantiles[2] == pytest.approx(np.median(plain))
    assert found.target_words("eV").startswith(f"{plain.min():.4g} to {plain.max():.4g} eV, median")


def test_a_unit_in_the_heading_is_offered(plain: np.ndarray) -> None:
    named = frame(plain).rename(columns={"gap": "gap [meV/atom]"})
    assert "--unit meV/atom" in findings(named)["unit"].words
    assert "unit" not in findings(named, unit="eV")


def test_spikes_and_placeholders(plain: np.ndarray) -> None:
    spiked = np.where(np.arange(200) < 80, 0.0, plain)
    assert findings(frame(spiked))["spike"].words == "40% of the compositions have 0"
    marked = np.where(np.arange(200) < 6, -1.0, plain)
    found = findings(frame(marked))["placeholder"]
    assert found.warns
    assert "-1 is the only negative value, in 6 compositions" in found.words


def test_long_tails_and_their_logarithm(plain: np.ndarray) -> None:
    found = findings(frame(np.exp(3 * (plain - 5))))
    assert "the logarithm of the target has shorter ones" in found["tails"].words
    assert "heaps" not in found


def test_two_heaps_may_be_two_units(plain: np.ndarray) -> None:
    mixed = np.where(np.arange(200) < 40, 1000 * plain, plain)
    found = findings(frame(mixed))["heaps"]
    assert found.warns
    assert "160 values are up to" in found.words


@pytest.mark.filterwarnings("ignore:.*far from all others")
def test_duplicates_that_disagree_by_a_unit(plain: np.ndarray) -> None:
    table = frame(plain)
    again = pd.concat([table, table.head(5).assign(gap=96.485 * table["gap"].head(5))])
    found = findings(again)
    assert found["units"].words == (
        "mixed units? in 5 compositions rows differ by 96.49, as between eV and kJ/mol"
    )
    assert "largest disagreements: " in found["disagreement"].words
    assert found["disagreement"].words.count("(2 rows, ") == 5
    assert "noise floor" in found["duplicates"].words


def test_disagreement_by_chance_is_no_unit() -> None:
    rng = np.random.default_rng(0)
    low = rng.uniform(1, 2, 500)
    assert suspected_units(low, low * rng.uniform(1, 200, 500)) == ""
    assert suspected_units(np.array([0.0, -1.0, 1.0]), np.array([1.0, 1.0, 1.0])) == ""


def test_leaks_between_given_parts_are_named(tmp_path: Path, plain: np.ndarray) -> None:
    table = frame(plain)
    for name, rows in (
        ("train", slice(0, 150)),
        ("val", slice(140, 170)),
        ("test", slice(165, 200)),
    ):
        table.iloc[rows].to_csv(tmp_path / f"{name}.csv", index=False)
    found = inspect_dataset(load_dataset(tmp_path))
    leaks = [finding.words for finding in found.findings if finding.warns]
    assert any("10 training rows removed" in words for words in leaks)
    assert any("5 validation rows removed" in words for words in leaks)
    assert len(leaks) == 2


def test_a_test_part_beside_the_training_part_is_told() -> None:
    formulas = [f"Sr{1000 + i}Ti1000O3000" for i in range(60)]
    table = pd.DataFrame({"formula": formulas, "gap": np.arange(60.0)})
    words = findings(table)["nearness"].words
    assert "100% of the test part differ by at most 5%" in words


def test_it_is_quick() -> None:
    data = load_dataset()
    begun = time.perf_counter()
    inspect_dataset(data)
    assert time.perf_counter() - begun < 8  # 1 s alone; tests share the machine
