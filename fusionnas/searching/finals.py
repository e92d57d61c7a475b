"""Decides which final trainings a study still needs, and in which order."""

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
    """The final trainings of a study: those to run and those that are finished."""

    def __init__(
        self, folder: Path, quality: Quality, epochs: int, master_seed: int, folds: int = 0
    ) -> None:
        """
        Args:
            folder: folder of the study.
            quality: gives the number of networks, and the number and length of their trainings.
            epochs: epochs of a trial of this study.
            master_seed: master seed of the study.
            folds: number of folds of the table; 0 is none.
        """
        self.folder = folder
        self.folds = folds
        self.plan = quality.plan(folds)
        self.epochs = epochs
        self.master_seed = master_seed
        self.waiting: list[tuple[Job, float]] | None = None  # with the seconds that each may need
        self.closed: set[str] = set()  # keys of the trainings on all rows that were begun
        self._kept_back = 0.0  # seconds that such a training needs after those that were begun

    @property
    def due(self) -> int:
        """Number of trainings still to run, if there are enough trials."""
        there = len(list(self.folder.glob(f"{FOLDER}/*/{RESULT}")))
        planned = 0 if self.plan is None else self.plan.networks * len(self.plan.lengths)
        return max(0, planned + (self.folds > 0) - there)

    @property
    def length(self) -> float:
        """Mean length of a final training, in trials (all folds of a trial count)."""
        if self.plan is None:
            return 0.0
        return self._networks * sum(self.plan.lengths) / len(self.plan.lengths)

    @property
    def _networks(self) -> float:
        """Networks of a final training for each network of a trial."""
        return self.folds / search_folds(self.folds) if self.folds else 1.0

    def next(self, records: Sequence[TrialRecord], seconds: float | None = None) -> Job | None:
        """The next training to run; the first call chooses the networks among the trials.

        Args:
            records: records of the trials.
            seconds: seconds that are left; a training that would take longer is skipped, and in a
                study with folds also one after which no time is left for `closing`. None is no
                limit.
        """
        if self.waiting is None:
            self.waiting = list(self._jobs(records))
        while self.waiting:
            job, expected = self.waiting.pop(0)
            kept_back = max(self._kept_back, expected / self.folds if self.folds else 0.0)
            if seconds is None or expected + kept_back <= seconds:
                self._kept_back = kept_back
                return job
        return None

    def closing(self, records: Sequence[TrialRecord], seconds: float | None = None) -> Job | None:
        """The recommended architecture on all training and validation rows, in a study with folds.

        The network of each fold has seen fewer rows. It is tried once: a training that leaves no
        result, because its worker died, is not begun again before a resume.

        Args:
            records: records of the trials.
            seconds: as in `next`.
        """
        chosen = recommend(self.folder, records)[0] if self.folds else None
        if chosen is None:
            return None
        key = whole_key(chosen.number)
        if key in self.closed or read_result(self.folder / key) is not None:
            return None
        judged = read_result(judged_folder(self.folder, chosen.number))
        assert judged is not None
        # one network of the folds took so long, for at least as many epochs on fewer rows
        expected = judged["train_seconds"] / max(1, len(judged.get("fold_maes", ())))
        if seconds is not None and expected > seconds:
            return None
        self.closed.add(key)
        payload = {
            "architecture": dict(chosen.architecture),
            "seed": self._seed(0),
            # the best number of epochs in the folds: this training has no rows left to choose it
            "epochs": judged["best_epoch"],
            "whole": True,
        }
        return Job(key, payload)

    def _jobs(self, records: Sequence[TrialRecord]) -> list[tuple[Job, float]]:
        """The trainings still to run: the first seed of every network, then the second."""
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
        """Seed of a final training: the first, second ... seed is the same for every network."""
        return sub_seed(self.master_seed, "final", place)
