"""Searches of this package, and random search: each is its own study on the material.

A search uses Ray itself, so it runs in a separate process (`search_process`), which ends when the
worker that started it is gone. The study stays in the job's folder until the result is written, so
that a killed benchmark continues it.
"""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.benchmarking.material import Material, for_search
from fusionnas.benchmarking.systems.system import Interval, System
from fusionnas.data.reading.classes import KINDS
from fusionnas.data.table import CompositionTable
from fusionnas.errors import InputError, RunError
from fusionnas.files.atomic import write_bytes, write_text
from fusionnas.models.predictor import Predictor
from fusionnas.processes import of_module
from fusionnas.searching.quality import BEST, FAST, GOOD, QUALITIES
from fusionnas.studies.folder import StudyFolder
from fusionnas.workflows.study_result import open_study

GROUP = "searches"
STUDY, DATA, OPTIONS = "study", "data.pickle", "options.json"


@dataclass(frozen=True, slots=True)
class _Fitted:
    predictor: Predictor
    parameters: int | None

    def predict(self, table: CompositionTable) -> np.ndarray:
        return self.predictor.mixture(table).value

    def interval(self, table: CompositionTable, level: float) -> Interval | None:
        """As the study corrected it."""
        if self.predictor.classes:
            return None
        return self.predictor.interval(self.predictor.mixture(table), level)


def _fit(options: dict[str, Any], material: Material) -> _Fitted:
    """Run the search; raises RunError if it ends without a network."""
    # the data set itself: a table would lack the groups that folds keep together
    studied = for_search(material.dataset, material.seed)
    write_bytes(material.folder / DATA, pickle.dumps(studied))
    given = options | {
        "space": "default",
        "data": str((material.folder / DATA).absolute()),
        "name": STUDY,
        "runs": str(material.folder.absolute()),
        "seed": material.seed,
        "epochs": material.budget.epochs,
        "workers": 1,  # a job has one place
        "track": "none",
    }
    if material.budget.seconds is not None:
        given["time_budget"] = material.budget.seconds
    given["resume"] = _can_go_on(material.folder / STUDY)
    write_text(material.folder / OPTIONS, json.dumps(given))
    done = subprocess.run(
        **of_module("fusionnas.benchmarking.search_process", str(material.folder / OPTIONS)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise RunError(f"the search ended with {said[-1] if said else done.returncode}")
    result = open_study(STUDY, material.folder)
    return _Fitted(result.predictor, result.summary["chosen"]["parameters"])


def _can_go_on(study: Path) -> bool:
    """Whether a killed search left a study; an unreadable one is removed."""
    if not study.exists():
        return False
    try:
        _ = StudyFolder.find(STUDY, study.parent).facts
    except (InputError, OSError, ValueError, KeyError):
        shutil.rmtree(study)
        return False
    return True


def _how(quality: str) -> str:
    seconds = QUALITIES[quality].seconds
    own = "24 trials" if seconds is None else f"{seconds / 60:.0f} minutes"
    return f"the search of this package at --quality {quality}; {own} where no time is given"


SYSTEMS = (
    System("search-fast", GROUP, _how(FAST), partial(_fit, {"quality": FAST}), kinds=KINDS),
    System(
        "random-search",
        GROUP,
        "as search-fast, with networks drawn at random",
        partial(_fit, {"quality": FAST, "sampler": "random"}),
        kinds=KINDS,
    ),
    System("search-good", GROUP, _how(GOOD), partial(_fit, {"quality": GOOD}), kinds=KINDS),
    System("search-best", GROUP, _how(BEST), partial(_fit, {"quality": BEST}), kinds=KINDS),
)
