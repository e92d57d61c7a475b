"""What a search spent, counted in trainings, and whom it would have chosen with less.

The final trainings (`fusionnas.searching.final_training`) are trainings like the trials, and choose
the recommended network among the best of these: a search with them is held against one without at
the sum of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fusionnas.searching.final_training import FOLDER
from fusionnas.searching.result_file import read_result
from fusionnas.studies.folder import StudyFolder

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Choice:
    """A network that a search chose, and the trainings that this took."""

    number: int  # of its trial
    trials: int
    repetitions: int

    @property
    def words(self) -> str:
        """The trainings, as `24 trials and 15 final trainings`."""
        more = f" and {self.repetitions} final trainings" if self.repetitions else ""
        return f"{self.trials} trials{more}"


def repetitions(folder: StudyFolder) -> pd.DataFrame:
    """A row a final training: `number` of its trial and `seconds` of training."""
    import pandas as pd

    rows = [
        (int(path.name.rpartition("-s")[0]), float(result.get("train_seconds") or 0.0))
        for path in sorted(folder.path.glob(f"{FOLDER}/*-s*"))
        if (result := read_result(path)) is not None
    ]
    return pd.DataFrame(rows, columns=["number", "seconds"])


def chosen_with(budget: int, folder: StudyFolder, trials: pd.DataFrame) -> Choice:
    """Whom a study recommends if it may train `budget` networks.

    With all that it trained that is the network that it recommends. With less its final trainings,
    which come last, are cut short, and the lowest validation MAE within the budget decides.

    Args:
        budget: trainings, one or more.
        folder: of the finished study.
        trials: its `counted_trials`, with a usable one among the first `budget`.
    """
    repeated = len(repetitions(folder))
    if repeated and budget >= len(trials) + repeated:
        chosen = int(folder.summary()["chosen"]["number"])
        if chosen in trials["number"].to_numpy():
            return Choice(chosen, len(trials), repeated)
    head = trials.iloc[:budget]
    lowest = int(head["error"].to_numpy().argmin())
    return Choice(int(head["number"].iloc[lowest]), len(head), 0)
