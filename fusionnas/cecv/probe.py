"""Probe sets: the compounds whose environments are clustered. Labels are never used."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.elements import NUMBERS
from fusionnas.data.files import read_formulas
from fusionnas.data.table import CompositionTable, encode_formulas
from fusionnas.errors import CECVError, OptionError
from fusionnas.seeding import sub_seed

FEWEST = 300  # compounds of three or more elements, below which the package's own list serves
PROBE_HELP = "an element or several (Si,Ge), random:N, all, list (the package's own) or a CSV"


@dataclass(frozen=True, slots=True)
class ProbeSet:
    """Compositions in the order that the rule `leader` goes through them."""

    name: str  # for people
    table: CompositionTable
    note: str  # what was chosen, and why

    @property
    def hash(self) -> str:
        """A hash of the compositions."""
        return hashlib.sha256(np.sort(self.table.keys()).tobytes()).hexdigest()[:16]

    @property
    def usable(self) -> int:
        """Compounds of three or more elements."""
        return int((self.table.lengths >= 3).sum())


def choose_probe(dataset: Dataset, how: str | None = None, seed: int = 0) -> ProbeSet:
    """The probe set of a study.

    Args:
        dataset: its validation part is probed; its training part is kept out.
        how: one of `PROBE_HELP`; None is Si, or the package's own list where too few validation
            compounds hold it.
        seed: of `random:N`.

    Raises:
        OptionError: `how` is not understood. CECVError: no compound of three or more elements.
    """
    if how is None:
        probe = _of_elements(dataset, ["Si"])
        if probe.usable >= FEWEST:
            return probe
        shipped = _shipped(dataset)
        reason = f"only {probe.usable} validation compounds with Si have three or more elements"
        return ProbeSet(shipped.name, shipped.table, f"{shipped.note}, since {reason}")
    val = dataset.table.take(dataset.parts.val)
    if how == "list":
        probe = _shipped(dataset)
    elif how == "all":
        probe = _sorted("all validation compounds", val)
    elif how.startswith("random:") and how.removeprefix("random:").isdigit():
        size = min(int(how.removeprefix("random:")), len(val))
        rng = np.random.default_rng(sub_seed(seed, "probe"))
        rows = np.sort(rng.permutation(len(val))[:size])
        probe = _sorted(f"{size} random validation compounds", val.take(rows))
    elif all(symbol in NUMBERS for symbol in how.split(",")):
        probe = _of_elements(dataset, how.split(","))
    elif how.endswith(".csv"):
        formulas = read_formulas(Path(how))
        probe = _sorted(f"{Path(how).name}", encode_formulas(formulas, how, first_row=2))
    else:
        raise OptionError(f"There is no probe '{how}'; known: {PROBE_HELP}.")
    if not probe.usable:
        raise CECVError(
            f"The probe ({probe.name}) has no compound of three or more elements; choose another: "
            f"{PROBE_HELP}."
        )
    return probe


def _of_elements(dataset: Dataset, symbols: Sequence[str]) -> ProbeSet:
    val = dataset.table.take(dataset.parts.val)
    held = np.any([val.contains(NUMBERS[symbol]) for symbol in symbols], axis=0)
    return _sorted(
        f"validation compounds with {' or '.join(symbols)}", val.take(np.flatnonzero(held))
    )


def _shipped(dataset: Dataset) -> ProbeSet:
    """The package's own list without what the training part holds."""
    text = resources.files("fusionnas.cecv").joinpath("probe_list.csv").read_text(encoding="utf-8")
    table = encode_formulas(text.split()[1:], "the package's probe list")
    seen = np.isin(table.keys(), dataset.table.take(dataset.parts.train).keys())
    return _sorted("the package's probe list", table.take(np.flatnonzero(~seen)))


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
