"""Refits: short trainings on all training and validation rows, of networks that are judged already.

A network is judged by rows that it was not trained on. Once it is, these rows may teach it, too, as
yardsticks are fitted to them again. A refit starts from the judged weights, for a part of the
epochs that gave them, at a part of the learning rate, which comes down to the end. No rows are left
to choose an epoch. docs/predictor.md compares refits with whole trainings on all rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fusionnas.networks.file_names import WEIGHTS
from fusionnas.searching.final_training import is_refit_of, whole_key
from fusionnas.searching.jobs import Job
from fusionnas.searching.result_file import RESULT, read_result
from fusionnas.searching.trial_result import is_usable

SHARE = 0.2  # of the epochs of the judged training
RATE = 0.3  # of its learning rate


def clear(folder: Path) -> None:
    """Remove the result of a training that failed, or of the refit of another training."""
    (folder / RESULT).unlink(missing_ok=True)


class Refits:
    """The refits of a study.

    Each is tried once: one that leaves no result, because its worker died, is not begun again
    before a resume.
    """

    def __init__(self, folder: Path, epochs: int, all_rows: float) -> None:
        """
        Args:
            folder: folder of the study.
            epochs: epochs of a trial of this study.
            all_rows: training and validation rows, as a multiple of the training rows.
        """
        self.folder = folder
        self.epochs = epochs
        self.all_rows = all_rows
        self.judged: list[str] = []  # keys of trainings without folds that are to be refitted
        self.begun: set[str] = set()

    @property
    def most(self) -> float:
        """Time of a refit, as a share of that of a training whose last epoch was the best."""
        return self.all_rows * SHARE

    def next(self, seconds: float | None) -> Job | None:
        """The refit of a training that has ended; None if none has, or if none fits.

        Args:
            seconds: seconds that are left; None is no limit.
        """
        for key in list(self.judged):
            if not (self.folder / key / RESULT).is_file():
                continue  # it runs, or its worker died and it is given out once more
            self.judged.remove(key)
            judged = read_result(self.folder / key)
            if judged is None or not is_usable(judged):
                continue
            if not (self.folder / key / WEIGHTS).is_file():
                continue  # a finished search keeps the weights of its best trials only
            share = epochs_of(judged) / judged.get("epochs", self.epochs)
            expected = self.all_rows * share * judged["train_seconds"]
            if job := self.begin(Path(key).name, key, judged, expected, seconds):
                return job
        return None

    def begin(
        self,
        name: str,
        judged_key: str,
        judged: Mapping[str, Any],
        expected: float,
        seconds: float | None,
    ) -> Job | None:
        """The refit of a training; None if it was begun or is done, or does not fit.

        Args:
            name: name for `whole_key`.
            judged_key: key of the training, whose weights are the first ones.
            judged: result of the training.
            expected: seconds that the refit may need.
            seconds: as in `next`.
        """
        key = whole_key(name)
        if key in self.begun or is_refit_of(read_result(self.folder / key), judged):
            return None
        if seconds is not None and expected > seconds:
            return None
        self.begun.add(key)
        clear(self.folder / key)
        return Job(
            key,
            {
                "architecture": dict(judged["architecture"]),
                "seed": judged["seed"],
                "epochs": epochs_of(judged),
                "refits": judged_key,
            },
        )


def epochs_of(judged: Mapping[str, Any]) -> int:
    """The epochs of the refit of a training."""
    return max(1, round(SHARE * max(1, judged["best_epoch"])))


def judged_facts(judged: Mapping[str, Any], epochs: int, refit_epochs: int) -> dict[str, Any]:
    """What the result of a refit tells of the judged training, whose weights were the first ones.

    Args:
        judged: result of this training.
        epochs: its epochs, unless they are in its result.
        refit_epochs: epochs of the refit.
    """
    kept = {name: judged[name] for name in ("best_epoch", "averaged") if name in judged}
    return {"epochs": judged.get("epochs", epochs), **kept, "refit_epochs": refit_epochs}
