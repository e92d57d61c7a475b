"""The final training: the best networks of a search are trained longer, from several seeds.

The trainings of a search are short, and the lowest of many validation errors is low partly by luck.
So the best networks are trained again once all trials have ended. At most two of them may have the
same components: such networks make similar errors, and other networks add more to an ensemble. The
results have two uses. The means over seeds decide which architecture is recommended
(`fusionnas.searching.finalists`), and the trained networks are candidates for the predictor.

    final/12-s0/      the architecture of trial 12 from the first seed; in a study with folds also
                      folds/0/, folds/1/ ... with the network of each fold
    final/12-s0-e25/  the same for 25 epochs, if a run with another quality left the other one
    final/12-whole/   in a study with folds: the network of the first fold, refitted to all training
                      and validation rows (`fusionnas.searching.refits`)
    final/12-s0-whole/   without folds: the network of 12-s0, refitted
    final/12-whole/      without folds, where time was short: the network of the trial, refitted
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fusionnas.networks.file_names import WEIGHTS
from fusionnas.searching.jobs import Kind
from fusionnas.searching.objectives import error_of
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.result_file import read_result
from fusionnas.searching.trial_result import UNRESOLVED, UNSUCCESSFUL, TrialState, is_usable

FOLDER = Kind.FINAL
MOST_ALIKE = 2  # networks with the same components
_NAME = re.compile(r"(\d+)-s(\d+)(?:-e(\d+))?")
_WHOLE = "-whole"  # end of the name of a refit to all training and validation rows


@dataclass(frozen=True, slots=True)
class FinalTraining:
    """A training that ended well."""

    number: int  # number of the trial with this architecture
    seed: int  # 0, 1, ...
    folder: Path
    result: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name for people."""
        return name_of(self.folder)

    @property
    def error(self) -> float:
        """Its validation error."""
        return error_of(self.result)

    @property
    def repetition(self) -> tuple[int, int]:
        """Seed and number of epochs; networks are compared in the same repetitions only."""
        return self.seed, int(self.result.get("epochs", 0))


def key_of(number: int, seed: int) -> str:
    """The key of a training, which is also its folder in the study."""
    return f"{FOLDER}/{number}-s{seed}"


def free_key(folder: Path, number: int, seed: int, epochs: int) -> str:
    """The key of a training of so many epochs; one of another length keeps its folder."""
    key = key_of(number, seed)
    result = read_result(folder / key)
    if result is None or result["state"] != TrialState.DONE or result.get("epochs") == epochs:
        return key
    return f"{key}-e{epochs}"


def parts_of(name: str) -> tuple[int, int, int | None]:
    """Trial, seed and epochs in the name of a training's folder; the epochs are mostly left out."""
    match = _NAME.fullmatch(name)
    assert match is not None, name
    number, seed, epochs = match.groups()
    return int(number), int(seed), None if epochs is None else int(epochs)


def name_of(folder: Path) -> str:
    """The name of a training for people, such as "trial 12, seed 0"."""
    number, seed, epochs = parts_of(folder.name)
    return f"trial {number}, seed {seed}" + ("" if epochs is None else f", {epochs} epochs")


def whole_key(name: int | str) -> str:
    """The key of a refit to all training and validation rows.

    It belongs to a trial, such as 12, or to a training, such as 12-s0.
    """
    return f"{FOLDER}/{name}{_WHOLE}"


def training_folders(folder: Path) -> list[Path]:
    """The folders of the trainings that are judged on held-out rows, in no order."""
    return [path for path in folder.glob(f"{FOLDER}/*") if _NAME.fullmatch(path.name)]


def refitted_trials(folder: Path) -> list[int]:
    """In a study without folds, the trials whose own networks were refitted to all rows, by number.

    With folds there is a refit of the recommended network.
    """
    names = [path.name.removesuffix(_WHOLE) for path in folder.glob(whole_key("*"))]
    return sorted(
        int(name)
        for name in names
        if name.isdigit() and is_usable(read_result(folder / whole_key(name)))
    )


def final_trainings(folder: Path) -> list[FinalTraining]:
    """The final trainings of a study that ended well and learned, by trial and seed."""
    found = []
    for path in training_folders(folder):
        result = read_result(path)
        number, seed, _ = parts_of(path.name)
        if is_usable(result) and (path / WEIGHTS).is_file():
            assert result is not None
            found.append(FinalTraining(number, seed, path, result))
    return sorted(found, key=lambda training: (training.number, *training.repetition))


def count_done(folder: Path) -> int:
    """How many final trainings ended well, with refits."""
    results = map(read_result, folder.glob(f"{FOLDER}/*"))
    return sum(result is not None and result["state"] == TrialState.DONE for result in results)


def failed_trainings(folder: Path) -> dict[str, str]:
    """The reasons why final trainings failed, by name, such as 12-s0."""
    results = {path.name: read_result(path) for path in sorted(folder.glob(f"{FOLDER}/*"))}
    return {
        name: str(result["reason"])
        for name, result in results.items()
        if result is not None and result["state"] in UNSUCCESSFUL
    }


def failure_words(failed: Mapping[str, str]) -> str:
    """Sentences about `failed_trainings`; empty if there is none."""
    return " ".join(
        f"The final training {name} failed: {reason.rstrip('.')}."
        for name, reason in failed.items()
    )


def best_trials(records: Sequence[TrialRecord], count: int) -> list[TrialRecord]:
    """The finished networks with the lowest validation error, at most a few of each family."""
    usable = [r for r in records if r.usable]
    taken: list[TrialRecord] = []
    alike: Counter[str] = Counter()
    for record in sorted(usable, key=lambda r: (r.values[0], r.number)):
        components = family(record.architecture)
        if len(taken) < count and alike[components] < MOST_ALIKE:
            taken.append(record)
            alike[components] += 1
    return taken


def family(architecture: Mapping[str, Any]) -> str:
    """The kinds of components in a network, without their parameters."""
    stages = (*architecture.get("global", ()), *architecture.get("local", ()))
    return "+".join(stage if isinstance(stage, str) else stage["kind"] for stage in stages)


def network_folder(folder: Path, number: int) -> Path:
    """The folder of the best-trained network with the architecture of a trial.

    This is its refit to all training and validation rows if there is one, otherwise the training of
    `judged_folder`.

    Args:
        folder: folder of the study.
        number: number of the trial.
    """
    judged = judged_folder(folder, number)
    return refit_of(folder, judged) or judged


def refit_of(folder: Path, judged: Path) -> Path | None:
    """The refit of a judged training; None if there is none that ended well.

    An earlier training of this name, of another length, may have a refit at the same place.
    """
    result = read_result(judged) or {}
    number, _, _ = judged.name.partition("-")
    whole = folder / whole_key(number if "fold_maes" in result else judged.name)
    found = read_result(whole)
    return whole if is_usable(found) and is_refit_of(found, result) else None


def is_refit_of(refit: Mapping[str, Any] | None, judged: Mapping[str, Any]) -> bool:
    """Whether a training on all rows that ended well belongs to this judged training.

    In earlier studies it began with fresh weights, and had as many epochs.
    """
    if refit is None or refit["state"] != TrialState.DONE or "best_epoch" not in judged:
        return False
    of = refit["best_epoch"], refit.get("seed")
    return of == (judged["best_epoch"], judged.get("seed"))


def is_whole(place: Path) -> bool:
    """Whether the network in a folder was refitted, so that it knows the validation rows, too."""
    return place.name.endswith(_WHOLE)


def judged_folder(folder: Path, number: int) -> Path:
    """The training that gives the error of a trial's architecture on held-out rows.

    This is the final training with the lowest validation error, before others one that was refitted
    to all rows; otherwise the trial itself. A network that tells no elements apart is not
    recommended, so that its training judges nothing here.
    """
    mine = [
        training
        for training in final_trainings(folder)
        if training.number == number and not training.result.get(UNRESOLVED)
    ]
    if mine:
        refitted = {one.folder: refit_of(folder, one.folder) is not None for one in mine}
        return min(mine, key=lambda one: (not refitted[one.folder], one.error)).folder
    return folder / Kind.TRIAL / str(number)
