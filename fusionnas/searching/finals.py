"""Decides which final trainings a study still needs, and in which order.

Networks are judged on held-out rows. Then they are trained again on all training and validation
rows, as yardsticks are: without folds after every final training, with folds once at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fusionnas.data.folds import search_folds
from fusionnas.searching.final_training import FOLDER, best_trials, judged_folder, key_of, whole_key
from fusionnas.searching.finalists import recommend
from fusionnas.searching.jobs import Job, Kind
from fusionnas.searching.quality import Quality
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.result_file import RESULT, read_result
from fusionnas.searching.trial_result import TrialState, is_usable
from fusionnas.seeding import sub_seed


def is_done(folder: Path, epochs: int) -> bool:
    """Whether a training of so many epochs ended well there; another quality has other lengths."""
    result = read_result(folder)
    return (
        result is not None and result["state"] == TrialState.DONE and result.get("epochs") == epochs
    )


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
        self.all_rows = all_rows
        self.plan = quality.plan(folds)
        self.epochs = epochs
        self.master_seed = master_seed
        self.waiting: list[tuple[Job, float]] | None = None  # with the seconds that each may need
        self.judged: list[str] = []  # without folds: keys of trainings that are not yet repeated
        self.closed: set[str] = set()  # keys of the trainings on all rows that were begun
        self._kept_back = 0.0  # seconds that such a training needs after those that were begun

    @property
    def due(self) -> int:
        """Number of trainings still to run, if there are enough trials."""
        repeated = sum(1 for _ in self.folder.glob(f"{whole_key('*')}/{RESULT}"))
        planned, on_all_rows = 0, int(self.folds > 0)
        if self.plan is not None:
            for seed, length in enumerate(self.plan.lengths):
                places = self.folder.glob(f"{FOLDER}/*-s{seed}")
                done = sum(is_done(place, length * self.epochs) for place in places)
                planned += max(0, self.plan.networks - done)
                on_all_rows += self.plan.networks if not self.folds else 0
        return planned + max(0, on_all_rows - repeated)

    @property
    def length(self) -> float:
        """Mean length of a final training, in trials (all folds of a trial count)."""
        if self.plan is None:
            return 0.0
        mean = self._networks * sum(self.plan.lengths) / len(self.plan.lengths)
        # without folds half of them are repetitions on all rows, of at most as many epochs
        return mean if self.folds else mean * (1 + self.all_rows) / 2

    @property
    def _networks(self) -> float:
        """Networks of a final training for each network of a trial."""
        return self.folds / search_folds(self.folds) if self.folds else 1.0

    def next(self, records: Sequence[TrialRecord], seconds: float | None = None) -> Job | None:
        """The next training to run; the first call chooses the networks among the trials.

        Without folds, a training that has ended is repeated on all rows before others begin. If
        there is no time for both, the trial of the network is repeated instead.

        Args:
            records: records of the trials.
            seconds: seconds that are left; a training that would take longer is skipped, and also
                one after which no time is left for its repetition, or in a study with folds for
                `closing`. None is no limit.
        """
        if self.waiting is None:
            self.waiting = list(self._jobs(records))
        if repetition := self._repetition(seconds):
            return repetition
        while self.waiting:
            job, expected = self.waiting.pop(0)
            following = self.all_rows * expected
            if self.folds:
                following = max(self._kept_back, expected / self.folds)
            fits = seconds is None or expected + following <= seconds
            if not self.folds:
                number, _, _ = job.name.partition("-")
                self.judged.append(job.key if fits else f"{Kind.TRIAL}/{number}")
            if fits:
                self._kept_back = following
                self._clear(job.key)
                return job
        return self._repetition(seconds)

    def _repetition(self, seconds: float | None) -> Job | None:
        """A training without folds, again on all rows; None if none has ended or fits."""
        for key in list(self.judged):
            if not (self.folder / key / RESULT).is_file():
                continue  # it runs, or its worker died and it is given out once more
            self.judged.remove(key)
            result = read_result(self.folder / key)
            if result is None or not is_usable(result):
                continue
            share = self.all_rows * result["best_epoch"] / result.get("epochs", self.epochs)
            job = self._on_all_rows(Path(key).name, result["architecture"], result)
            if job is None or job.key in self.closed:
                continue
            if seconds is None or share * result["train_seconds"] <= seconds:
                self.closed.add(job.key)
                self._clear(job.key)
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
        judged = read_result(judged_folder(self.folder, chosen.number))
        assert judged is not None
        job = self._on_all_rows(str(chosen.number), chosen.architecture, judged)
        if job is None or job.key in self.closed:
            return None
        # one network of the folds took so long, for at least as many epochs on fewer rows
        expected = judged["train_seconds"] / max(1, len(judged.get("fold_maes", ())))
        if seconds is not None and expected > seconds:
            return None
        self.closed.add(job.key)
        self._clear(job.key)
        return job

    def _on_all_rows(
        self, name: str, architecture: Mapping[str, Any], judged: Mapping[str, Any]
    ) -> Job | None:
        """The training on all rows that belongs to a judged one; None if it is done."""
        key = whole_key(name)
        # the best number of epochs on held-out rows: this training has none left to choose it
        epochs = max(1, judged["best_epoch"])
        if is_done(self.folder / key, epochs):
            return None
        payload = {
            "architecture": dict(architecture),
            "seed": judged["seed"],
            "epochs": epochs,
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
                if is_done(self.folder / key, length * self.epochs):
                    self.judged += [] if self.folds else [key]
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

    def _clear(self, key: str) -> None:
        """Remove the result of a training that failed or was of another length."""
        (self.folder / key / RESULT).unlink(missing_ok=True)

    def _seed(self, place: int) -> int:
        """Seed of a final training: the first, second ... seed is the same for every network."""
        return sub_seed(self.master_seed, "final", place)
