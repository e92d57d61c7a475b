"""Decides which final trainings a study still needs, and in which order.

Networks are judged on held-out rows. Then they are refitted to all training and validation rows, as
yardsticks are: without folds after every final training, with folds once at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fusionnas.data.folds import search_folds
from fusionnas.searching.final_training import (
    best_trials,
    final_trainings,
    free_key,
    judged_folder,
    parts_of,
    training_folders,
    whole_key,
)
from fusionnas.searching.finalists import recommend
from fusionnas.searching.jobs import Job, Kind
from fusionnas.searching.quality import Quality
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.refits import SHARE, Refits, clear
from fusionnas.searching.result_file import RESULT, read_result
from fusionnas.searching.trial_result import TrialState
from fusionnas.seeding import sub_seed

SHORTEST = 1.5  # of a trial; a shorter final training tells hardly more


class Finals:
    """The final trainings of a study: those to run and those that are finished."""

    def __init__(
        self,
        folder: Path,
        quality: Quality,
        epochs: int,
        master_seed: int,
        folds: int = 0,
        all_rows: float = 1.0,
    ) -> None:
        """
        Args:
            folder: folder of the study.
            quality: gives the number of networks, and the number and length of their trainings.
            epochs: epochs of a trial of this study.
            master_seed: master seed of the study.
            folds: number of folds of the table; 0 is none.
            all_rows: training and validation rows, as a multiple of the training rows.
        """
        self.folder = folder
        self.folds = folds
        self.refits = Refits(folder, epochs, all_rows)
        self.plan = quality.plan(folds)
        self.epochs = epochs
        self.master_seed = master_seed
        self.waiting: list[tuple[Job, float]] | None = None  # with the seconds that each may need
        self._kept_back = 0.0  # seconds that `closing` needs after the trainings that were begun

    @property
    def due(self) -> int:
        """Number of trainings still to run, if there are enough trials."""
        repeated = sum(1 for _ in self.folder.glob(f"{whole_key('*')}/{RESULT}"))
        planned, on_all_rows = 0, int(self.folds > 0)
        if self.plan is not None:
            for seed, length in enumerate(self.plan.lengths):
                done = sum(
                    _is_done(place, length * self.epochs)
                    for place in training_folders(self.folder)
                    if parts_of(place.name)[1] == seed
                )
                planned += max(0, self.plan.networks - done)
                on_all_rows += self.plan.networks if not self.folds else 0
        return planned + max(0, on_all_rows - repeated)

    @property
    def length(self) -> float:
        """Mean length of a final training, in trials (all folds of a trial count)."""
        if self.plan is None:
            return 0.0
        mean = self._networks * sum(self.plan.lengths) / len(self.plan.lengths)
        # without folds half of them are refits
        return mean if self.folds else mean * (1 + self.refits.most) / 2

    @property
    def _networks(self) -> float:
        """Networks of a final training for each network of a trial."""
        return self.folds / search_folds(self.folds) if self.folds else 1.0

    def next(self, records: Sequence[TrialRecord], seconds: float | None = None) -> Job | None:
        """The next training to run; the first call chooses the networks among the trials.

        Without a limit the longest trainings come first, and then the refits, so that no worker is
        left with a long one at the end. With a limit the best network comes first, and a network
        that is trained is refitted before others begin. If there is no time for both, the training
        is shortened; if too little would be left of it, the network of the trial is refitted
        instead.

        Args:
            records: records of the trials.
            seconds: seconds that are left; a training that would take longer is shortened or
                skipped, and also one after which no time is left for its refit, or in a study with
                folds for `closing`. None is no limit.
        """
        if self.waiting is None:
            self.waiting = self._jobs(records)
            if seconds is None:
                self.waiting.sort(key=lambda waiting: -waiting[1])
        if seconds is not None and (refit := self.refits.next(seconds)):
            return refit
        while self.waiting:
            job, expected = self.waiting.pop(0)
            following = self.refits.most * expected
            if self.folds:
                following = max(self._kept_back, SHARE * expected / self.folds)
            fits = seconds is None or expected + following <= seconds
            trained = None if fits else self._trained(job.name)
            if seconds is not None and not fits and trained is None:
                shorter = self._shortened(job, expected, seconds)
                job, fits = shorter or job, shorter is not None
            if not self.folds:
                number, _, _ = job.name.partition("-")
                own = trained or f"{Kind.TRIAL}/{number}"
                self.refits.judged.append(job.key if fits else own)
            if fits:
                self._kept_back = following
                clear(self.folder / job.key)
                return job
        return self.refits.next(seconds)

    def _shortened(self, job: Job, expected: float, seconds: float) -> Job | None:
        """A training for as many epochs as fit with its refit.

        None if it would be hardly longer than the trial, and with folds, where there are shorter
        trainings anyway.
        """
        epochs = int(seconds / (1 + self.refits.most) / expected * job.payload["epochs"])
        if self.folds or epochs < SHORTEST * self.epochs:
            return None
        number, seed, _ = parts_of(job.name)
        key = free_key(self.folder, number, seed, epochs)
        return Job(key, {**job.payload, "epochs": epochs})

    def _trained(self, name: str) -> str | None:
        """The key of a training of the same network from the same seed, of another length."""
        number, seed, _ = parts_of(name)
        for one in final_trainings(self.folder):
            if (one.number, one.seed) == (number, seed):
                return one.folder.relative_to(self.folder).as_posix()
        return None

    def closing(self, records: Sequence[TrialRecord], seconds: float | None = None) -> Job | None:
        """The refit of the recommended network, in a study with folds.

        The network of each fold has seen fewer rows; the first one is refitted to all of them.

        Args:
            records: records of the trials.
            seconds: as in `next`.
        """
        chosen = recommend(self.folder, records)[0] if self.folds else None
        if chosen is None:
            return None
        place = judged_folder(self.folder, chosen.number)
        judged, key = read_result(place), place.relative_to(self.folder).as_posix()
        assert judged is not None
        # one network of the folds took so long, for at least as many epochs on fewer rows
        expected = SHARE * judged["train_seconds"] / max(1, len(judged.get("fold_maes", ())))
        return self.refits.begin(str(chosen.number), key, judged, expected, seconds)

    def _jobs(self, records: Sequence[TrialRecord]) -> list[tuple[Job, float]]:
        """The trainings still to run: the first seed of every network, then the second."""
        found: list[tuple[Job, float]] = []
        if self.plan is None:
            return found
        chosen = best_trials(records, self.plan.networks)
        for seed, length in enumerate(self.plan.lengths):
            for record in chosen:
                key = free_key(self.folder, record.number, seed, length * self.epochs)
                if _is_done(self.folder / key, length * self.epochs):
                    self.refits.judged += [] if self.folds else [key]
                else:
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


def _is_done(folder: Path, epochs: int) -> bool:
    """Whether a training of so many epochs ended well there; another quality has other lengths."""
    result = read_result(folder)
    return (
        result is not None and result["state"] == TrialState.DONE and result.get("epochs") == epochs
    )
