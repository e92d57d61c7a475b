"""Trainings on all training and validation rows, which repeat a training that is judged already.

A network is judged by rows that it was not trained on. Once it is, these rows may teach it, too, as
yardsticks are fitted to them again. Such a training has the same seed, and as many epochs as were
best on the held-out rows: none are left to choose the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fusionnas.searching.final_training import whole_key
from fusionnas.searching.jobs import Job
from fusionnas.searching.result_file import RESULT, read_result
from fusionnas.searching.trial_result import TrialState, is_usable


def is_done(folder: Path, epochs: int) -> bool:
    """Whether a training of so many epochs ended well there; another quality has other lengths."""
    result = read_result(folder)
    return (
        result is not None and result["state"] == TrialState.DONE and result.get("epochs") == epochs
    )


def clear(folder: Path) -> None:
    """Remove the result of a training that failed, or of one that repeated another training."""
    (folder / RESULT).unlink(missing_ok=True)


class Repetitions:
    """The trainings on all rows of a study.

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
        self.judged: list[str] = []  # keys of trainings without folds that are to be repeated
        self.begun: set[str] = set()

    def next(self, seconds: float | None) -> Job | None:
        """The repetition of a training that has ended; None if none has, or if none fits.

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
            share = self.all_rows * judged["best_epoch"] / judged.get("epochs", self.epochs)
            expected = share * judged["train_seconds"]
            if job := self.begin(Path(key).name, judged, expected, seconds):
                return job
        return None

    def begin(
        self, name: str, judged: Mapping[str, Any], expected: float, seconds: float | None
    ) -> Job | None:
        """The repetition of a training; None if it was begun or is done, or does not fit.

        Args:
            name: name for `whole_key`.
            judged: result of the training.
            expected: seconds that the repetition may need.
            seconds: as in `next`.
        """
        key, epochs = whole_key(name), max(1, judged["best_epoch"])
        if key in self.begun or is_done(self.folder / key, epochs):
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
                "epochs": epochs,
                "whole": True,
            },
        )
