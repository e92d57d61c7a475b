"""The targets of a study's rows, beside those of new measurements.

Symbols: N rows, T targets of the study.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.data.reading.bad_rows import BadRow
from fusionnas.data.reading.classes import Classes
from fusionnas.data.reading.columns import names_of
from fusionnas.data.reading.input_columns import BLANK
from fusionnas.data.reading.target_columns import AskedTarget, several_names
from fusionnas.data.reading.training_rows import TrainingRows
from fusionnas.errors import DataError, OptionError
from fusionnas.insight.suggestion.suggest import measured_column
from fusionnas.studies.folder import StudyFolder
from fusionnas.tasks.columns import values_of

if TYPE_CHECKING:
    import pandas as pd

PART = "part"  # column of the new table with the study's split


@dataclass(frozen=True, slots=True)
class ObservedTargets:
    """The targets of a study, and the columns that hold new values of them."""

    names: tuple[str, ...]  # (T,)
    units: tuple[str, ...]  # (T,)
    columns: tuple[str | None, ...]  # (T,) of the new rows; None where they have none
    task: str
    classes: Classes = ()

    @classmethod
    def of(
        cls, folder: StudyFolder, frame: pd.DataFrame, asked: AskedTarget, path: object
    ) -> ObservedTargets:
        """Find the columns of the new rows.

        Args:
            folder: the study.
            frame: the new rows.
            asked: their columns, one for each target in the order of the study; None is those with
                the names of the targets, of which one suffices.
            path: the table's name, for errors.

        Raises:
            OptionError: `asked` has more or fewer columns than the study has targets. DataError:
                none of several targets has a column.
        """
        facts, known = folder.facts["data"], names_of(frame)
        several = facts.get("targets") or (facts,)
        names = tuple(str(one["target"]) for one in several)
        if asked is None:
            columns = tuple(_written_by_suggest(name, known) for name in names)
        else:
            columns = several_names(asked, known) or (str(asked),)
            if len(columns) != len(names):
                raise OptionError(
                    f"'{folder.name}' has {_counted(names)}, and --target-column names "
                    f"{len(columns)}: name a column for each, or leave the option out."
                )
        if len(names) > 1:
            columns = tuple(_unless_empty(column, frame, known) for column in columns)
            if not any(columns):
                raise DataError(
                    f"{path}: no row has a value of {' or '.join(names)}; measured values are read "
                    "from columns with these names, or from those of --target-column."
                )
        units = tuple(str(one["unit"]) for one in several)
        return cls(names, units, columns, str(facts.get("task")), tuple(facts.get("classes", ())))

    @property
    def asked(self) -> AskedTarget:
        """What to read from the new rows."""
        return self._present if len(self.names) > 1 else self.columns[0]

    @property
    def _present(self) -> tuple[str, ...]:
        return tuple(column for column in self.columns if column is not None)

    def are_in(self, row: BadRow, frame: pd.DataFrame, first_row: int) -> bool:
        """Whether a row that cannot be read has a measured value, so that it is not skipped."""
        if self.classes:
            return bool(row.target.strip())
        texts = [row.target]
        if len(self._present) > 1:
            known = names_of(frame)
            cells = frame.iloc[row.row - first_row]
            texts = [str(cells.iloc[known.index(name)]) for name in self._present]
        # such as 2.1 eV; a word, such as failed, is no value
        return any(any(sign.isdigit() for sign in text) for text in texts)

    def of_study(self, data: pd.DataFrame) -> Mapping[str, Sequence[object]]:
        """The targets of the stored rows, as columns of the new table."""
        return self._columns(values_of(data, "target").reshape(len(data), -1))

    def of_rows(self, rows: TrainingRows) -> Mapping[str, Sequence[object]]:
        """Those of the new rows."""
        values = np.full((len(rows.targets), len(self.names)), np.nan)
        read = [place for place, column in enumerate(self.columns) if column is not None]
        values[:, read if len(self.names) > 1 else [0]] = rows.targets.reshape(len(values), -1)
        return self._columns(values)

    def _columns(self, values: np.ndarray) -> Mapping[str, Sequence[object]]:
        """Numbers (N, T), or the names of classes."""
        if self.classes:
            named = [self.classes[int(code)] for code in values[:, 0]]
            return {free(self.names[0]): named}
        return {free(name): values[:, place].tolist() for place, name in enumerate(self.names)}

    @property
    def options(self) -> list[str]:
        """What names them in the next search."""
        words = ["--target-column", ",".join(map(free, self.names))]
        words += ["--unit", ",".join(self.units)] if any(self.units) else []
        return words + (["--task", self.task] if self.classes else [])


def free(name: str) -> str:
    """A column of the new table, two of which have names of their own."""
    return name if name not in ("formula", PART) else f"{name} value"


def _written_by_suggest(target: str, known: Sequence[str]) -> str | None:
    """The column of a target, where `suggest` has it filled in."""
    filled = (measured_column(target), target)
    return next((name for name in filled if name in known), None)


def _unless_empty(column: str | None, frame: pd.DataFrame, known: Sequence[str]) -> str | None:
    """The column, or None if it has gaps alone."""
    if column is None or column not in known:
        return column
    texts = frame.iloc[:, known.index(column)].str.strip()
    return None if texts.isin(list(BLANK)).all() else column


def _counted(names: Sequence[str]) -> str:
    return "one target" if len(names) == 1 else f"{len(names)} targets ({', '.join(names)})"
