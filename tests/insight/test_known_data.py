"""Options of reading without data, which would have no effect, are refused."""

from __future__ import annotations

import pytest

from fusionnas.errors import OptionError
from fusionnas.insight.comparison import compare
from fusionnas.insight.known_data import check_reading
from fusionnas.insight.sweeps import sweep, sweep_condition


@pytest.mark.parametrize(
    ("option", "value"),
    [("formula_column", "f"), ("unit", "eV"), ("merge", "mean"), ("skip_bad_rows", True)],
)
def test_options_of_reading_need_data(option: str, value: object) -> None:
    told = f"--{option.replace('_', '-')} says how --data is read, and there is no --data; leave"
    with pytest.raises(OptionError, match=told):
        compare("study", "model", **{option: value})
    with pytest.raises(OptionError, match=told):
        sweep("study", ["Si", "O"], **{option: value})  # type: ignore[arg-type]
    with pytest.raises(OptionError, match=told):
        sweep_condition("study", ["SiO2"], "temperature", **{option: value})  # type: ignore[arg-type]


def test_the_seed_of_a_sweep_needs_data() -> None:
    with pytest.raises(OptionError, match="--seed says how --data is read"):
        sweep("study", ["Si", "O"], seed=1)


def test_defaults_and_options_with_data_are_not_refused() -> None:
    check_reading(None, formula_column=None, split="random", skip_bad_rows=False)
    check_reading("table.csv", formula_column="f")
