"""The built-in data: the ab initio transport database of Ricci et al.

Sci. Data 4, 170085 (2017), doi:10.1038/sdata.2017.85; the file is part of the matminer wheel
(transport at 300 K and 1e18 carriers/cm3, averaged over directions) and is read from there.
"""

from __future__ import annotations

import importlib.util
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fusionnas.data.cache import read_arrays, write_arrays
from fusionnas.data.table import CompositionTable, encode_formulas
from fusionnas.errors import DataError

SOURCE = "Ricci et al., Sci. Data 4, 170085 (2017), doi:10.1038/sdata.2017.85"
LICENCE = "CC BY 4.0"
_FILE = Path("utils/data_files/mp_transport/transport_database.tar.xz")


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """One target of the transport database."""

    name: str
    target: str
    unit: str
    column: str
    factor: float | None  # target = log10(factor * column) if positive; None: the column itself
    rows: int  # entries with two or more elements and a target
    compositions: int  # distinct compositions among them


# The conductivities of the file are in units of 1e15 S/(m s): only with this unit, and with
# n = 1e18 cm-3, are its masses n e^2 / (sigma / tau) in electron masses.
_SIGMA = 1e15

BUILT_IN = {
    row.name: row
    for row in (
        BuiltIn(
            "seebeck-p",
            "p-type Seebeck coefficient at 300 K and 1e18 cm-3",
            "uV/K",
            "S_p",
            None,
            47407,
            34546,
        ),
        BuiltIn(
            "seebeck-n",
            "n-type Seebeck coefficient at 300 K and 1e18 cm-3",
            "uV/K",
            "S_n",
            None,
            47407,
            34546,
        ),
        BuiltIn(
            "log-conductivity-p",
            "log10 of p-type conductivity over relaxation time",
            "log10(S/(m s))",
            "sigma_p",
            _SIGMA,
            47407,
            34546,
        ),
        BuiltIn(
            "log-conductivity-n",
            "log10 of n-type conductivity over relaxation time",
            "log10(S/(m s))",
            "sigma_n",
            _SIGMA,
            47407,
            34546,
        ),
        BuiltIn(
            "log-mass-p",
            "log10 of the p-type conductivity effective mass",
            "log10(m_e)",
            "m_p",
            1.0,
            47407,
            34546,
        ),
        BuiltIn(
            "log-mass-n",
            "log10 of the n-type conductivity effective mass",
            "log10(m_e)",
            "m_n",
            1.0,
            47407,
            34546,
        ),
    )
}
DEFAULT = "seebeck-p"


def read_transport(name: str) -> tuple[CompositionTable, np.ndarray]:
    """Compositions with two or more elements and their targets, duplicates included."""
    built_in = BUILT_IN[name]
    formulas, values = _columns(built_in.column)
    table = encode_formulas(formulas, "the built-in transport database")
    kept = table.lengths >= 2
    if built_in.factor is not None:
        kept &= values > 0
        scaled = built_in.factor * values
        values = np.log10(scaled, where=values > 0, out=np.full(len(values), np.nan))
    return table.take(np.flatnonzero(kept)), values[kept]


def _columns(column: str) -> tuple[list[str], np.ndarray]:
    """Formulas and one column, from the cache if the archive was unpacked before."""
    package = importlib.util.find_spec("matminer")  # not imported, because that takes seconds
    if package is None or package.origin is None:
        raise DataError("The package matminer, which holds the built-in data, is not installed.")
    archive = Path(package.origin).parent / _FILE
    if not archive.is_file():
        raise DataError(f"This version of matminer lacks the built-in data ({_FILE}).")
    name = f"transport-{archive.stat().st_size}"
    arrays = read_arrays(name)
    if arrays is None or not arrays.keys() >= {"formula", column}:
        arrays = _unpack(archive)
        write_arrays(name, arrays)
    return arrays["formula"].tolist(), arrays[column]


def _unpack(archive: Path) -> dict[str, np.ndarray]:
    import pandas as pd

    with tarfile.open(archive) as tar:
        member = next(m for m in tar.getmembers() if m.name.endswith(".csv"))
        file = tar.extractfile(member)
        assert file is not None
        text = io.TextIOWrapper(file, encoding="utf-8")
        columns = sorted({row.column for row in BUILT_IN.values()})
        frame = pd.read_csv(
            text,
            usecols=["pretty_formula", *columns],
            dtype={"pretty_formula": str},
            na_filter=False,
        )
    arrays = {column: frame[column].to_numpy(dtype=np.float64) for column in columns}
    return {"formula": frame["pretty_formula"].to_numpy(dtype=str)} | arrays
