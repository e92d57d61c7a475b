"""The networks of a study by their proposer: named first trials, random networks, the sampler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.insight.comparison.budget import in_trainings
from fusionnas.searching.records import CARRIED
from fusionnas.searching.trial_result import OPEN, UNCOUNTED, usable_rows
from fusionnas.studies.folder import StudyFolder

if TYPE_CHECKING:
    import pandas as pd

SIDES = ("named", "random", "sampler")


@dataclass(frozen=True, slots=True)
class Side:
    """The counted trials of one proposer, in their order."""

    name: str
    numbers: np.ndarray  # (N,) numbers of the trials
    errors: np.ndarray  # (N,) validation errors; infinite if a trial gave no usable network
    seconds: float  # of training, including the final training
    lines: Mapping[int, str]  # line of each network
    final: int = 0  # its final trainings, counted in trainings like a trial

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def best(self) -> int | None:
        """The number of the trial with the lowest validation error."""
        if not np.isfinite(self.errors).any():
            return None
        return int(self.numbers[np.argmin(self.errors)])

    @property
    def lowest(self) -> float:
        return float(self.errors.min()) if len(self) else np.inf


def counted_trials(folder: StudyFolder, val: str | None = None) -> pd.DataFrame:
    """Trials of this study that ended, by number, with the columns `side` and `error`.

    The error is the column `val`; None is the validation error of the study's task.
    Trials that another study trained are not part of its cost. Networks of another study that were
    trained again here count as named ones, since nothing in this search proposed them.
    """
    trials = folder.trials().sort_values("number")
    carried = trials["origin"].fillna("").str.startswith(CARRIED)
    left_out = trials["state"].isin((*UNCOUNTED, *OPEN)) | carried
    trials = trials[~left_out].reset_index(drop=True)
    usable = usable_rows(trials)
    key = val or folder.task.error.key("val")
    trials["error"] = trials[key].where(usable, np.inf) if key in trials else np.inf
    origin = trials["origin"].fillna("").str.partition(":")[0].replace("warm", "named")
    trials["side"] = origin.where(origin.isin(["named", "random"]), "sampler")
    return trials


def side_of(trials: pd.DataFrame, name: str, final: pd.DataFrame | None = None) -> Side:
    """The trials of one proposer in `counted_trials`, with its share of the `final_trainings`."""
    rows: Any = trials[trials["side"] == name]
    seconds = rows["train_seconds"].sum() if "train_seconds" in rows else 0.0
    count = 0
    if final is not None:
        own = final[final["number"].isin(rows["number"])]
        seconds, count = seconds + own["seconds"].sum(), in_trainings(own)
    lines = dict(zip(rows["number"].astype(int), rows["architecture"].astype(str), strict=True))
    return Side(
        name,
        rows["number"].to_numpy(dtype=int),
        rows["error"].to_numpy(dtype=float),
        float(seconds),
        lines,
        count,
    )


def seed_noise(folder: StudyFolder, val: str | None = None) -> float | None:
    """Standard deviation of the validation error between trainings from different seeds.

    It is computed from the pairs of equal reference networks: the root mean square of half their
    squared difference. None if a study trained none twice. The error is as in `counted_trials`.
    """
    groups: dict[tuple[str, int], list[float]] = {}
    key = val or folder.task.error.key("val")
    for run in folder.references():
        if run.usable:
            groups.setdefault((run.side, run.width), []).append(run.result[key])
    pairs = [found[:2] for found in groups.values() if len(found) > 1]
    if not pairs:
        return None
    return float(np.sqrt(np.mean([(a - b) ** 2 / 2 for a, b in pairs])))
