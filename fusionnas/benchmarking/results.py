"""The results of a benchmark on disk.

benchmark.json   the facts that all results share, and fingerprints of the tables
results.jsonl    one line for each result; a failed one is tried again
results.csv      the same as a table: the last result of each key
predictions/     a CSV for each result: formula, target and prediction of each test row
unfinished/      files of searches until their result is there
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusionnas.benchmarking.result import COLUMNS, Task
from fusionnas.errors import OptionError, StudyError
from fusionnas.files.atomic import write_csv, write_text
from fusionnas.files.ledger import Ledger
from fusionnas.files.whole_folder import check_open
from fusionnas.searching.trial_result import TrialState

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
FACTS = "benchmark.json"


class Results:
    """A folder of results."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = Ledger(folder / "results.jsonl")
        self.csv = folder / "results.csv"
        self.facts_file = folder / FACTS
        self.page = folder / "benchmark.html"

    def begin(self, facts: Mapping[str, Any], resume: bool) -> None:
        """Make the folder, or check that earlier results in it are of the same kind.

        facts: facts that all results share.
        resume: continue with earlier results.

        Raises:
            OptionError: there are results and `resume` is not given, or they are of another kind.
        """
        check_open(self.folder)
        mine = {"format": FORMAT, **facts}
        if not self.facts_file.is_file():
            if self.folder.is_dir() and any(self.folder.iterdir()):
                raise OptionError(f"{self.folder} is not empty; name another folder with -o.")
            self.folder.mkdir(parents=True, exist_ok=True)
            write_text(self.facts_file, json.dumps(mine, indent=2) + "\n")
            return
        if not resume:
            raise OptionError(
                f"{self.folder} contains the results of an earlier run. Continue it with "
                "--resume: finished jobs are not repeated. Or name another folder with -o."
            )
        before = self.facts
        for name, value in mine.items():
            if before.get(name) != value:
                raise OptionError(
                    f"The results in {self.folder} were made with {name} "
                    f"{_shown(before.get(name))}, and not {_shown(value)}; name another folder "
                    "with -o."
                )

    def check_tables(self, fingerprints: Mapping[str, str]) -> None:
        """Store the fingerprint of each new table, or check that a table is that of before.

        Raises:
            OptionError: the files of a table have changed; nothing is stored then.
        """
        before = self.facts.get("tables", {})
        for name, fingerprint in fingerprints.items():
            if before.get(name, fingerprint) != fingerprint:
                raise OptionError(
                    f"The table {name} is not the one that the results in {self.folder} are of: "
                    "its file has changed, or is another one. Results of both cannot be compared; "
                    "name another folder with -o."
                )
        facts = self.facts | {"tables": {**before, **fingerprints}}
        write_text(self.facts_file, json.dumps(facts, indent=2) + "\n")

    @property
    def facts(self) -> dict[str, Any]:
        """The facts that all results share; StudyError if the folder has no benchmark."""
        try:
            return json.loads(self.facts_file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as e:
            raise StudyError(f"{self.folder} holds no benchmark: {e}") from e

    def done(self) -> set[str]:
        """Keys of the tasks that have a result."""
        rows = self.ledger.by_key().items()
        return {key for key, row in rows if row["state"] == TrialState.DONE}

    def add(self, row: Mapping[str, Any]) -> None:
        """Store a result; raises OSError if it cannot be written."""
        self.ledger.add(row)
        write_csv(self.csv, self.table())

    def table(self) -> pd.DataFrame:
        """All results with `COLUMNS`, one row each; cells are empty if the value is not known."""
        import pandas as pd

        rows = list(self.ledger.by_key().values())
        frame = pd.DataFrame(rows, columns=list(COLUMNS))
        whole = ["rows", "train_rows", "val_rows", "test_rows", "parameters", "width"]
        return frame.astype(dict.fromkeys(whole, "Int64"))

    def predictions(self, task: Task) -> Path:
        """The file of a result's predictions."""
        return self.folder / "predictions" / f"{task.folder}.csv"

    def said(self, tasks: Sequence[Task]) -> list[pd.DataFrame | None]:
        """The predictions of several systems on one fold, None where they are not stored.

        Raises:
            StudyError: they are not of the same rows in the same order, because the table was
                changed between two runs.
        """
        import pandas as pd

        found: list[pd.DataFrame | None] = []
        first: tuple[str, pd.DataFrame] | None = None
        for task in tasks:
            path = self.predictions(task)
            if not path.is_file():
                found.append(None)
                continue
            said = pd.read_csv(path, na_filter=False)
            rows = said[["formula", "target"]]
            first = first or (task.words, rows)
            if not rows.equals(first[1]):
                raise StudyError(
                    f"The results in {self.folder} are of different data: {first[0]}, and "
                    f"{task.words}, have other test rows. Run them again in another folder (-o)."
                )
            found.append(said)
        return found


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)
