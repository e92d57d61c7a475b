"""What changes do to the error, over all committed tables: `python -m benchmarks.table.effects`.

Writes fusionnas/searching/error_effects.json, the prior of the adaptive sampler: for each data set
of `benchmarks.table.measured` and each kind of mutation the mean change of ln(validation MAE) over
all pairs of networks that differ by it alone. What leads one way only (a new component starts with
the first of its settings) tells of the way back, too. `spread` is the standard deviation of a
pair's change about its kind's mean, pooled over kinds with `freedom` degrees of freedom.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from benchmarks.table.measured import Measured, measured
from fusionnas.errors import ArchitectureError
from fusionnas.files.atomic import write_text
from fusionnas.search_space.mutations import mutations, opposite
from fusionnas.searching.error_effects import FILE


def effects(one: Measured) -> dict[str, Any]:
    """A data set's row of the file."""
    changes: dict[str, list[float]] = {}
    for name, architecture in one.architectures.items():
        try:
            near = mutations(one.space, architecture)
        except ArchitectureError:  # one that the space does not offer
            continue
        for mutation in near:
            if mutation.identity in one.errors:
                change = one.errors[mutation.identity] - one.errors[name]
                changes.setdefault(mutation.kind, []).append(change)
    for kind in list(changes):
        changes.setdefault(opposite(kind), [-change for change in changes[kind]])
    left = [np.array(found) - np.mean(found) for found in changes.values()]
    freedom = sum(len(found) - 1 for found in left)
    square = sum(float(found @ found) for found in left)
    return {
        "source": one.source,
        "data": one.data,
        "spread": round(float(np.sqrt(square / freedom)), 4),
        "freedom": freedom,
        "kinds": {kind: round(float(np.mean(found)), 4) for kind, found in sorted(changes.items())},
    }


def main() -> None:
    rows = [effects(one) for one in measured()]
    plain = {"made_by": "python -m benchmarks.table.effects", "tables": rows}
    write_text(FILE, json.dumps(plain, indent=1) + "\n")
    for row in rows:
        print(f"{row['source']:8} {row['data']:28} {len(row['kinds']):3} kinds")


if __name__ == "__main__":
    main()
