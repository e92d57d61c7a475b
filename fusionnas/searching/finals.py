"""Which final trainings a study still needs, one job after the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fusionnas.data.folds import search_folds
from fusionnas.searching.final_training import FOLDER, best_trials, judged_folder, key_of, whole_key
from fusionnas.searching.finalists import recommend
from fusionnas.searching.jobs import Job
from fusionnas.searching.quality import Quality
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.result_file import RESULT, read_result
from fusionnas.seeding import sub_seed


class Finals:
    """The final trainings of a study: which are to be run, and which are there."""

    def __init__(
        self, folder: Path, quality: Quality, epochs: int, master_seed: int, folds: int = 0
    ) -> None:
        """
        Args:
            folder: of the study.
            quality: tells how many networks are trained, how often and for how long.
            epochs: of a trial of this study.
            master_seed: of the study.
            folds: of the table; 0 is none.
        """
        self.folder = folder
        self.folds = folds
        self.plan = quality.plan(folds)
        self.epochs = epochs
        self.master_seed = master_seed
        self.waiting: list[tuple[Job, float]] | None = None  # with the seconds that each may take

    @property
    def due(self) -> int:
        """Trainings that are not there yet, should there be enough trials."""
        there = len(list(self.folder.glob(f"{FOLDER}/*/{RESULT}")))
        planned = 0 if self.plan is None else self.plan.networks * len(self.plan.lengths)
        return max(0, planned + (self.folds > 0) - there)

    @property
    def length(self) -> float:
        """How long one is on average: how often the epochs of a trial, of all folds, go into it."""
        if self.plan is None:
            return 0.0
        return self._networks * sum(self.plan.lengths) / len(self.plan.lengths)

    @property
    def _networks(self) -> float:
        """Of a final training, for each network of a trial."""
        return self.folds / search_folds(self.folds) if self.folds else 1.0

    def next(self, records: Sequence[TrialRecord], seconds: float | None = None) -> Job | None:
        """A training to run; the first call chooses the networks among the trials.

        Args:
            records: of the trials.
            seconds: that are left; a training that would take longer is passed over. None is no
                limit.
        """
        if self.waiting is None:
            self.waiting = list(self._jobs(records))
        while self.waiting:
            job, expected = self.waiting.pop(0)
            if seconds is None or expected <= seconds:
                return job
        return None

    def closing(self, records: Sequence[TrialRecord]) -> Job | None:
        """The recommended architecture on all training and validation rows, in a study with folds.

        Each network of a fold has seen less than that.
        """
        chosen = recommend(self.folder, records)[0] if self.folds else None
        if chosen is None or read_result(self.folder / whole_key(chosen.number)) is not None:
            return None
        judged = read_result(judged_folder(self.folder, chosen.number))
        assert judged is not None
        payload = {
            "architecture": dict(chosen.architecture),
            "seed": self._seed(0),
            # as many as the folds found best: their rows cannot stop a training that sees them all
            "epochs": judged["best_epoch"],
            "whole": True,
        }
        return Job(whole_key(chosen.number), payload)

    def _jobs(self, records: Sequence[TrialRecord]) -> list[tuple[Job, float]]:
        """What is still to be trained: the first seed of every network, then the second."""
        found: list[tuple[Job, float]] = []
        if self.plan is None:
            return found
        chosen = best_trials(records, self.plan.networks)
        for seed, length in enumerate(self.plan.lengths):
            for record in chosen:
                key = key_of(record.number, seed)
                if read_result(self.folder / key) is None:
                    payload = {
                        "architecture": dict(record.architecture),
                        "seed": self._seed(seed),
                        "epochs": length * self.epochs,
                        "final": True,
                    }
                    seconds = self._networks * length * float(record.metrics["train_seconds"])
                    found.append((Job(key, payload), seconds))
        return found

    def _seed(self, place: int) -> int:
        """Of the final trainings: each network has the same first, second ... one."""
        return sub_seed(self.master_seed, "final", place)
