"""Predictions of a bundle in a separate process that knows only the bundle's folder.

`python -m fusionnas.models.fresh_process BUNDLE` reads JSON from standard input, a list of formulas
and the conditions of each by name, and writes a JSON list of predictions to standard output.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.errors import ExportError
from fusionnas.processes import of_module
from fusionnas.tasks.columns import values_of

if TYPE_CHECKING:
    import pandas as pd

PREDICTION = "value"  # the compared columns of `Predictor.predict`


def compared(frame: pd.DataFrame, targets: Sequence[str] = ()) -> np.ndarray:
    """The predictions in a result of `Predictor.predict`: (N,), or (N, K) of classes or targets."""
    if targets:
        return frame[[f"{PREDICTION}_{name}" for name in targets]].to_numpy(float)
    return values_of(frame, PREDICTION)


def predict_afresh(
    bundle: Path, formulas: Sequence[str], conditions: Mapping[str, Sequence[str]] | None = None
) -> np.ndarray:
    """Predictions of the bundle in a new process, in the unit of its target: (N,) or (N, K).

    Args:
        bundle: folder of the bundle.
        formulas: (N,).
        conditions: (N,) cells of each condition that it reads, by name.

    Raises:
        ExportError: the process could not load the bundle or predict.
    """
    done = subprocess.run(
        **of_module("fusionnas.models.fresh_process", str(bundle.absolute())),
        input=json.dumps([list(formulas), conditions or {}]),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ExportError(f"The bundle {bundle} cannot be used in a separate process: {last}")
    return np.array(json.loads(done.stdout), dtype=float)


def main() -> None:
    from fusionnas.models.predictor import Predictor

    predictor = Predictor.load(sys.argv[1])
    formulas, conditions = json.load(sys.stdin)
    frame = predictor.predict(formulas, conditions=conditions)
    json.dump(compared(frame, predictor.targets).tolist(), sys.stdout)


if __name__ == "__main__":
    main()
