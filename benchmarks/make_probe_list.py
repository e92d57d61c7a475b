"""Draw the package's probe list: `python benchmarks/make_probe_list.py`.

About 2,000 compositions of three or more elements from the built-in data, as many of each number
of elements as there are (at most a third of the list), and within each spread evenly over the
chemical families of their most electronegative element.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fusionnas.data.duplicates import merge_duplicates
from fusionnas.data.elements import ELECTRONEGATIVITY
from fusionnas.data.transport import DEFAULT, read_transport

SIZE = 2000
OUT = Path(__file__).parents[1] / "fusionnas" / "cecv" / "probe_list.csv"


def main() -> None:
    table, targets = read_transport(DEFAULT)
    table, _, _ = merge_duplicates(table, targets, "first", DEFAULT)
    rng = np.random.default_rng(0)
    picked: list[int] = []
    for n, (rows, numbers, _) in table.groups().items():
        if n < 3:
            continue
        anion = numbers[
            np.arange(len(rows)),
            np.where(np.isfinite(ELECTRONEGATIVITY[numbers]), ELECTRONEGATIVITY[numbers], 0).argmax(
                1
            ),
        ]
        quota = min(len(rows), SIZE // 3 if n < 5 else SIZE // 6)
        order = rng.permutation(len(rows))
        # turn by turn through the families: the first of each, the second of each, ...
        turn = np.zeros(len(rows), dtype=int)
        for family in np.unique(anion):
            members = order[anion[order] == family]
            turn[members] = np.arange(len(members))
        chosen = order[np.argsort(turn[order], kind="stable")][:quota]
        picked += rows[chosen].tolist()
    lines = sorted(table[row].formula for row in picked)
    OUT.write_text("formula\n" + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} compositions in {OUT.name}")


if __name__ == "__main__":
    main()
