"""Tasks of Matbench v0.1 through matminer, with the official folds.

Dunn et al., npj Comput. Mater. 6 (2020) 138, doi:10.1038/s41524-020-00406-3.
"""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.data.reading.classes import Classes
from fusionnas.data.table import CompositionTable, encode_formulas
from fusionnas.errors import DataError, OptionError, did_you_mean

SOURCE = (
    "Matbench v0.1: Dunn et al., npj Comput. Mater. 6 (2020) 138, doi:10.1038/s41524-020-00406-3"
)
LICENCE = "MIT (Matbench); see the task's own source"
FOLDS, FOLD_SEED = 5, 18012019  # of Matbench's own split
VALIDATION_SHARE = 1 / 8  # of a fold's training part: 10% of all rows


@dataclass(frozen=True, slots=True)
class Task:
    column: str
    target: str
    unit: str
    rows: int
    origin: str  # who made the data
    classes: Classes = ()  # names of the classes False and True; empty for a number

    @property
    def source(self) -> str:
        """What to cite: who made the data, and Matbench."""
        return f"{self.origin}; {SOURCE}"


_ELASTIC = "de Jong et al., Sci. Data 2 (2015) 150009, doi:10.1038/sdata.2015.9"
_ZHUO = "Zhuo et al., J. Phys. Chem. Lett. 9 (2018) 1668, doi:10.1021/acs.jpclett.8b00124"
_MATERIALS_PROJECT = "Jain et al., APL Mater. 1 (2013) 011002, doi:10.1063/1.4812323"

TASKS = {
    "dielectric": Task(
        "n",
        "refractive index",
        "1",
        4764,
        "Petousis et al., Sci. Data 4 (2017) 160134, doi:10.1038/sdata.2016.134",
    ),
    "expt_is_metal": Task(
        "is_metal", "metal by experiment", "", 4921, _ZHUO, ("not metal", "metal")
    ),
    "expt_gap": Task(
        "gap expt",
        "experimental band gap",
        "eV",
        4604,
        _ZHUO,
    ),
    "glass": Task(
        "gfa",
        "glass formation",
        "",
        5680,
        "Kawazoe et al., Landolt-Boernstein III/37A (1997)",
        ("no glass", "glass"),
    ),
    "jdft2d": Task(
        "exfoliation_en",
        "exfoliation energy",
        "meV/atom",
        636,
        "Choudhary et al., Sci. Rep. 7 (2017) 5179, doi:10.1038/s41598-017-05402-0",
    ),
    "log_gvrh": Task("log10(G_VRH)", "log10 of the shear modulus", "log10(GPa)", 10987, _ELASTIC),
    "log_kvrh": Task("log10(K_VRH)", "log10 of the bulk modulus", "log10(GPa)", 10987, _ELASTIC),
    "mp_e_form": Task("e_form", "formation energy", "eV/atom", 132752, _MATERIALS_PROJECT),
    "mp_gap": Task("gap pbe", "PBE band gap", "eV", 106113, _MATERIALS_PROJECT),
    "mp_is_metal": Task(
        "is_metal", "metal by PBE", "", 106113, _MATERIALS_PROJECT, ("not metal", "metal")
    ),
    "perovskites": Task(
        "e_form",
        "formation energy of perovskites",
        "eV/unit cell",
        18928,
        "Castelli et al., Energy Environ. Sci. 5 (2012) 9034, doi:10.1039/C2EE22341D",
    ),
    "phonons": Task(
        "last phdos peak",
        "frequency of the last phonon peak",
        "1/cm",
        1265,
        "Petretto et al., Sci. Data 5 (2018) 180065, doi:10.1038/sdata.2018.65",
    ),
    "steels": Task(
        "yield strength",
        "yield strength",
        "MPa",
        312,
        "Citrine Informatics, Mechanical properties of some steels, "
        "citrination.com/datasets/153092",
    ),
}


def read_matbench(task: str) -> tuple[CompositionTable, np.ndarray]:
    """All rows of a task, classes by their codes 0 and 1; matminer downloads it once and keeps it.

    Raises:
        OptionError: there is no such task. DataError: it cannot be downloaded.
    """
    if task not in TASKS:
        raise OptionError(f"There is no Matbench task '{task}'; {did_you_mean(task, TASKS)}")
    from matminer.datasets import load_dataset

    try:
        frame = load_dataset(f"matbench_{task}")
    except Exception as e:  # matminer passes on any error of its download
        raise DataError(
            f"matbench:{task} cannot be downloaded ({type(e).__name__}: {str(e)[:100]}); a CSV or "
            "a folder with train.csv, val.csv and test.csv works without a connection."
        ) from e
    inputs = frame["composition"] if "composition" in frame.columns else frame["structure"]
    targets = frame[TASKS[task].column].to_numpy(dtype=np.float64)
    return encode_formulas([_formula(x) for x in inputs], f"matbench:{task}"), targets


def is_at_hand(task: str) -> bool:
    """Whether matminer keeps the task on this machine, so that nothing is downloaded."""
    place = os.environ.get("MATMINER_DATA")
    if place is None:
        package = importlib.util.find_spec("matminer")
        if package is None or package.origin is None:
            return False
        place = str(Path(package.origin).parent / "datasets")
    return (Path(place).expanduser() / f"matbench_{task}.json.gz").is_file()


def official_fold(
    rows: int, fold: int, codes: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Training and test rows of one of the five folds; `codes` (N,) of classes stratify them."""
    from sklearn.model_selection import KFold, StratifiedKFold

    kind = KFold if codes is None else StratifiedKFold
    folds = kind(FOLDS, shuffle=True, random_state=FOLD_SEED).split(np.arange(rows), codes)
    return list(folds)[fold]


def _formula(entry: Any) -> str:
    """The formula of a text, composition or structure."""
    if isinstance(entry, str):
        return entry
    return str(getattr(entry, "composition", entry).formula).replace(" ", "")
