"""The elements: symbols, a frozen electronegativity table, and element vectors.

The electronegativities (Pauling scale, pymatgen's table) are frozen here because they decide ties
of the element order: a later revision elsewhere must not change what a trained network reads.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.errors import ElementError, OptionError, did_you_mean

if TYPE_CHECKING:
    from fusionnas.data.table import CompositionTable

MAX_Z = 118

_SYMBOLS = """
H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As
Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu
Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np
Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og
"""
SYMBOLS: tuple[str, ...] = ("", *_SYMBOLS.split())  # SYMBOLS[z] is the symbol of atomic number z
NUMBERS: dict[str, int] = {symbol: z for z, symbol in enumerate(SYMBOLS) if symbol}

_PAULING = """
2.2 - 0.98 1.57 2.04 2.55 3.04 3.44 3.98 - 0.93 1.31 1.61 1.9 2.19 2.58 3.16 - 0.82 1
1.36 1.54 1.63 1.66 1.55 1.83 1.88 1.91 1.9 1.65 1.81 2.01 2.18 2.55 2.96 3 0.82 0.95
1.22 1.33 1.6 2.16 1.9 2.2 2.28 2.2 1.93 1.69 1.78 1.96 2.05 2.1 2.66 2.6 0.79 0.89 1.1
1.12 1.13 1.14 1.13 1.17 1.2 1.2 1.1 1.22 1.23 1.24 1.25 1.1 1.27 1.3 1.5 2.36 1.9 2.2
2.2 2.28 2.54 2 1.62 2.33 2.02 2 2.2 2.2 0.7 0.9 1.1 1.3 1.5 1.38 1.36 1.28 1.3 1.3 1.3
1.3 1.3 1.3 1.3 1.3 1.3 - - - - - - - - - - - - - - -
"""
# row = atomic number; infinity where no value is known, so that such elements come last
ELECTRONEGATIVITY: np.ndarray = np.array(
    [np.inf, *(np.inf if x == "-" else float(x) for x in _PAULING.split())]
)

# name here: (name in ElementEmbeddings, source); the scaled tables, where the raw ones hold
# quantities of very different size
_TABLES = {
    "mat2vec": ("mat2vec", "Tshitoyan et al., Nature 571 (2019) 95"),
    "magpie": ("magpie_sc", "Ward et al., npj Comput. Mater. 2 (2016) 16028, standardised"),
    "oliynyk": ("oliynyk_sc", "Oliynyk et al., Chem. Mater. 28 (2016) 7324, standardised"),
    "megnet16": ("megnet16", "Chen et al., Chem. Mater. 31 (2019) 3564"),
    "matscholar": ("matscholar", "Weston et al., J. Chem. Inf. Model. 59 (2019) 3692"),
    "skipatom": ("skipatom", "Antunes et al., npj Comput. Mater. 8 (2022) 44"),
}
VECTOR_NAMES: tuple[str, ...] = (*_TABLES, "onehot", "trainable")


@cache
def element_vectors(name: str = "mat2vec") -> np.ndarray:
    """Element vectors (119, channels), float32, row = atomic number.

    Row 0 is zero; the row of an element that the table lacks is NaN.

    Raises:
        OptionError: no table of that name.
    """
    if name == "trainable":  # nothing is read; the embedding learns its own
        return np.zeros((MAX_Z + 1, 1), dtype=np.float32)
    if name == "onehot":
        return np.eye(MAX_Z + 1, dtype=np.float32)[:, 1:]
    if name not in _TABLES:
        raise OptionError(
            f"There are no element vectors '{name}'; {did_you_mean(name, VECTOR_NAMES)}"
        )
    return embedding_table(_TABLES[name][0]).astype(np.float32)


def embedding_table(name: str) -> np.ndarray:
    """A table of ElementEmbeddings as (119, channels), float64; NaN rows for missing elements."""
    from elementembeddings.core import Embedding

    vectors = Embedding.load_data(name).embeddings
    channels = len(next(iter(vectors.values())))
    table = np.full((MAX_Z + 1, channels), np.nan)
    table[0] = 0
    for symbol, z in NUMBERS.items():
        if symbol in vectors:
            table[z] = vectors[symbol]
    return table


def check_covered(table: CompositionTable, vectors: np.ndarray, name: str) -> None:
    """Raise ElementError, naming element and formula, where `table` needs a missing vector."""
    missing = ~np.isfinite(vectors).all(axis=1)[table.numbers]
    if missing.any():
        element = int(np.flatnonzero(missing)[0])
        row = int(np.searchsorted(table.offsets, element, side="right")) - 1
        raise ElementError(
            f"The element vectors '{name}' lack {SYMBOLS[table.numbers[element]]}, which "
            f"'{table[row].formula}' contains. mat2vec and onehot cover all elements."
        )
