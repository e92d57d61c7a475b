"""The elements: symbols and a frozen electronegativity table.

The electronegativities (Pauling scale, pymatgen's table) are frozen here because they decide the
order of elements with equal fractions: a later revision elsewhere must not change the input of a
trained network.
"""

from __future__ import annotations

import numpy as np

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
# row = atomic number; infinity if no value is known, so that such elements come last
ELECTRONEGATIVITY: np.ndarray = np.array(
    [np.inf, *(np.inf if x == "-" else float(x) for x in _PAULING.split())]
)
