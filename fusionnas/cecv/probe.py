"""Probe sets: the compounds whose environments are clustered. Labels are never used."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from fusionnas.data.conditions import Conditions
from fusionnas.data.dataset import Dataset
from fusionnas.data.elements import NUMBERS
from fusionnas.data.reading.files import read_formulas
from fusionnas.data.table import CompositionTable, encode_formulas
from fusionnas.errors import CECVError, OptionError
from fusionnas.seeding import sub_seed

FEWEST = 300  # with fewer compounds of three or more elements, the package's own list is used
_PARTS = {"val": "validation", "test": "test"}
PROBE_HELP = "an element or several (Si,Ge), random:N, all, list (the package's own) or a CSV"


@dataclass(frozen=True, slots=True)
class ProbeSet:
    """Compositions in the order in which the rule `leader` visits them."""

    name: str  # for people
    table: CompositionTable
    note: str  # the choice and its reason

    @property
    def hash(self) -> str:
        """A hash of the compositions, with their conditions if there are any."""
        return hashlib.sha256(np.sort(self.table.row_keys()).tobytes()).hexdigest()[:16]

    def at_baseline(self, conditions: Conditions | None) -> ProbeSet:
        """The same compounds, all at the median and the most frequent word of each condition."""
        if conditions is None:
            return self
        told = ", ".join(f"{name}={cell}" for name, cell in conditions.baseline.items())
        return ProbeSet(self.name, conditions.at(self.table), f"{self.note}, at {told}")

    @property
    def usable(self) -> int:
        """The number of compounds with three or more elements."""
        return int((self.table.lengths >= 3).sum())


def choose_probe(
    dataset: Dataset, how: str | None = None, seed: int = 0, part: str = "val"
) -> ProbeSet:
    """The probe set of a study.

    Where the data have conditions, all compounds are at `ProbeSet.at_baseline`: a clustering vector
    is about formulas.

    Args:
        dataset: the probe comes from its validation part, never from its training part.
        how: one of `PROBE_HELP`; None means Si, or the package's own list if too few validation
            compounds contain Si.
        seed: the seed for `random:N`.
        part: val, or test to repeat published vectors; a search never uses the test part.

    Raises:
        OptionError: `how` is not offered. CECVError: no compound has three or more elements.
    """
    if part not in _PARTS:
        raise OptionError(f"The probe's part must be val or test, but got '{part}'.")
    return _chosen(dataset, how, seed, part).at_baseline(dataset.conditions)


def _chosen(dataset: Dataset, how: str | None, seed: int, part: str) -> ProbeSet:
    rows = dataset.parts.val if part == "val" else dataset.parts.test
    table, compounds = dataset.table.take(rows), f"{_PARTS[part]} compounds"
    if how is None:
        probe = _of_elements(table, compounds, ["Si"])
        if probe.usable >= FEWEST:
            return probe
        shipped = shipped_probe(dataset)
        reason = f"only {probe.usable} {compounds} with Si have three or more elements"
        return ProbeSet(shipped.name, shipped.table, f"{shipped.note}, because {reason}")
    if how == "list":
        probe = shipped_probe(dataset)
    elif how == "all":
        probe = _sorted(f"all {compounds}", table)
    elif how.startswith("random:") and how.removeprefix("random:").isdecimal():
        size = min(int(how.removeprefix("random:")), len(table))
        rng = np.random.default_rng(sub_seed(seed, "probe"))
        chosen = np.sort(rng.permutation(len(table))[:size])
        probe = _sorted(f"{size} random {compounds}", table.take(chosen))
    elif all(symbol in NUMBERS for symbol in how.split(",")):
        probe = _of_elements(table, compounds, how.split(","))
    elif how.endswith(".csv"):
        probe = read_probe(Path(how))
    else:
        raise OptionError(f"There is no probe '{how}'; known: {PROBE_HELP}.")
    return _usable(probe)


def read_probe(path: Path) -> ProbeSet:
    """The compositions in the column of formulas of a CSV.

    Raises:
        DataError: the file cannot be read. CECVError: no compound has three or more elements.
    """
    formulas = read_formulas(path)
    return _usable(_sorted(path.name, encode_formulas(formulas, str(path), first_row=2)))


def shipped_probe(dataset: Dataset | None = None) -> ProbeSet:
    """The package's own list, without the training compositions of `dataset`."""
    text = resources.files("fusionnas.cecv").joinpath("probe_list.csv").read_text(encoding="utf-8")
    table = encode_formulas(text.split()[1:], "the package's probe list")
    if dataset is not None:
        seen = np.isin(table.keys(), dataset.table.take(dataset.parts.train).keys())
        table = table.take(np.flatnonzero(~seen))
    return _sorted("the package's probe list", table)


def _usable(probe: ProbeSet) -> ProbeSet:
    if probe.usable:
        return probe
    raise CECVError(
        f"The probe ({probe.name}) has no compound of three or more elements; choose another: "
        f"{PROBE_HELP}."
    )


def _of_elements(table: CompositionTable, compounds: str, symbols: Sequence[str]) -> ProbeSet:
    held = np.any([table.contains(NUMBERS[symbol]) for symbol in symbols], axis=0)
    return _sorted(f"{compounds} with {' or '.join(symbols)}", table.take(np.flatnonzero(held)))


def _sorted(name: str, table: CompositionTable) -> ProbeSet:
    """Distinct compositions, sorted by their (Z, fraction) in element order."""
    _, first = np.unique(table.keys(), return_index=True)
    distinct = table.take(first)
    rows = [distinct[row] for row in range(len(distinct))]
    order = sorted(
        range(len(rows)),
        key=lambda i: tuple(zip(rows[i].numbers, rows[i].fractions, strict=True)),
    )
    table = distinct.take(np.array(order, dtype=np.int64))
    usable = int((table.lengths >= 3).sum())
    return ProbeSet(
        name, table, f"{name}: {len(table)}, {usable} of them with three or more elements"
    )
