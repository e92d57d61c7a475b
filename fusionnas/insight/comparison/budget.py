"""The cost of a search in trainings like its trials, and its choice with a smaller budget.

The final trainings (`fusionnas.searching.final_training`) follow the trials and choose the
recommended network among the best ones. They are longer, and in a study with folds each has more
networks. So each counts as the number of trials that have the same total number of epochs. A search
with final trainings is compared with one without at the sum of trials and final trainings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusionnas.searching.final_training import FOLDER, network_folder
from fusionnas.searching.result_file import read_result
from fusionnas.studies.folder import StudyFolder

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Choice:
    """A network that a search chose, and the number of trainings for it."""

    number: int  # number of its trial
    trials: int
    final: int = 0  # the final trainings, counted in trainings like a trial

    @property
    def words(self) -> str:
        """The trainings, as `24 trials and a final training of 12 more`."""
        more = f" and a final training of {self.final} more" if self.final else ""
        return f"{self.trials} trials{more}"

    def place(self, folder: StudyFolder) -> Path:
        """The folder of the study's best network for this budget."""
        own = folder.trial(self.number)
        return network_folder(folder.path, self.number) if self.final else own


def final_trainings(folder: StudyFolder) -> pd.DataFrame:
    """One row for each final training that ended.

    Columns: `number` of its trial, `seconds` of its training, `trainings` that it counts as.
    """
    import pandas as pd

    rows = []
    for path in sorted(folder.path.glob(f"{FOLDER}/*")):
        if (result := read_result(path)) is not None:
            number = int(path.name.partition("-")[0])
            own, of_trial = _epochs(result), _epochs(read_result(folder.trial(number)) or {})
            trainings = own / of_trial if own and of_trial else 1.0
            rows.append((number, float(result.get("train_seconds") or 0.0), trainings))
    return pd.DataFrame(rows, columns=["number", "seconds", "trainings"])


def in_trainings(final: pd.DataFrame) -> int:
    """The number of trainings like a trial that these final trainings count as."""
    return ceil(round(float(final["trainings"].sum()), 6))


def chosen_with(
    budget: int, folder: StudyFolder, trials: pd.DataFrame, with_final: bool = True
) -> Choice:
    """The network that a study recommends with a budget of `budget` trainings like its trials.

    With all its trainings this is the recommended network. With a smaller budget the final
    training, which comes last, is left out, and the lowest validation error within the budget
    decides.

    Args:
        budget: number of trainings, one or more.
        folder: folder of the finished study.
        trials: its `counted_trials`, with a usable one among the first `budget`.
        with_final: whether the final training may choose; otherwise the trials alone are compared.
    """
    final = in_trainings(final_trainings(folder)) if with_final else 0
    if final and budget >= len(trials) + final:
        chosen = int(folder.summary()["chosen"]["number"])
        if chosen in trials["number"].to_numpy():
            return Choice(chosen, len(trials), final)
    head = trials.iloc[:budget]
    lowest = int(head["error"].to_numpy().argmin())
    return Choice(int(head["number"].iloc[lowest]), len(head))


def _epochs(result: Mapping[str, Any]) -> int:
    """Epochs of a result, summed over the networks of all folds."""
    return len(result.get("history", ())) * max(1, len(result.get("fold_maes", ())))
