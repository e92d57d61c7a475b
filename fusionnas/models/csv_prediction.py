"""Predicts a CSV in chunks, so that memory does not grow with the number of rows."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from fusionnas.data.reading.columns import formula_place
from fusionnas.data.reading.files import read_frames
from fusionnas.errors import DataError
from fusionnas.files.atomic import as_text, whole_file
from fusionnas.files.causes import cause_of
from fusionnas.models.added_columns import added_name
from fusionnas.models.predictor import CHUNK, INTERVAL, Predictor
from fusionnas.models.ranking import Ranking

if TYPE_CHECKING:
    import pandas as pd

STANDARD = "-"  # standard input or output instead of a file
ALL_ROWS = Ranking()  # in the order of the file
SHOWN = 20  # number of messages about failed rows that are kept


@dataclass(slots=True)
class Outcome:
    """The progress of predicting a CSV."""

    rows: int = 0  # rows that were read
    written: int = 0
    failed: int = 0  # rows whose formula could not be read
    far: int = 0  # rows far from all training compositions
    share: float | None = None  # share of the file read so far; None for standard input
    problems: list[str] = field(default_factory=list)  # the first messages about failed rows

    def add(self, predicted: pd.DataFrame, errors: dict[int, str], written: int) -> None:
        """Count a chunk, of which `written` rows are written; `errors` by row of the chunk."""
        # the first data row of a CSV is its line 2
        messages = [f"row {self.rows + row + 2}: {text}" for row, text in errors.items()]
        self.problems += messages[: max(0, SHOWN - len(self.problems))]
        self.failed += len(errors)
        self.rows += len(predicted)
        self.written += written
        # after a column that the file itself may have
        if (far := added_name("far", predicted.columns)) is not None:
            self.far += int(predicted[far].eq(True).sum())


def predict_csv(
    predictor: Predictor,
    source: str | Path,
    out: str | Path,
    formula_column: str | None = None,
    interval: float = INTERVAL,
    ranking: Ranking = ALL_ROWS,
    on_chunk: Callable[[Outcome], None] = lambda done: None,
    given: Mapping[str, str] | None = None,
) -> Outcome:
    """Predict the formulas of a CSV and write it with all its columns to `out`.

    Args:
        predictor: predictor of a bundle or an ensemble.
        source: a CSV, or `-` for standard input.
        out: a CSV, written completely or not at all, or `-` for standard output.
        formula_column: name of the formula column; by default it is recognised.
        interval: see `Predictor.predict`, which also describes the added columns; `error` says why
            a row has no prediction.
        ranking: which rows are written, and in which order; sorting keeps all rows in memory.
        on_chunk: called after each chunk.
        given: conditions of all rows by name, for a model that reads such; the others are columns.

    Raises:
        OptionError: a condition or the order uses a column that does not exist.
        DataError: there is no such file or column, the file is malformed, no formula can be read,
            or `out` cannot be written.
    """
    import pandas as pd

    path, done, column = Path(source), Outcome(), ""
    waiting: list[pd.DataFrame] = []
    with _reading(source) as file, _writing(out) as write:
        for frame in read_frames(file, path, CHUNK):
            column = column or str(frame.columns[formula_place(frame, path, formula_column)])
            predicted, errors = predictor.predict_table(
                frame, column, interval, ranking.window, given
            )
            kept = ranking.keep(predicted)
            if ranking.needs_all:
                waiting.append(kept)
            else:
                _write(kept, write, done.rows == 0)
            done.add(predicted, errors, len(kept))
            if str(source) != STANDARD:
                done.share = min(1.0, file.tell() / max(1, path.stat().st_size))
            on_chunk(done)
        if done.failed == done.rows:
            raise DataError(
                f"{path}: no formula in column '{column}' can be read; {done.problems[0]}"
            )
        if waiting:
            _write(ranking.order(pd.concat(waiting)), write, True)
    return done


def _write(frame: pd.DataFrame, file: IO[str], header: bool) -> None:
    # float32 has at most seven significant digits
    frame.to_csv(file, index=False, header=header, float_format="%.7g")


@contextmanager
def _reading(source: str | Path) -> Iterator[IO[bytes]]:
    if str(source) == STANDARD:
        yield sys.stdin.buffer
        return
    path = Path(source)
    if not path.is_file():
        raise DataError(f"{path}: there is no such file.")
    with path.open("rb") as file:
        yield file


@contextmanager
def _writing(out: str | Path) -> Iterator[IO[str]]:
    """A file that gets its name when it is complete, or standard output; UTF-8 in both cases."""
    if str(out) == STANDARD:
        sys.stdout.flush()
        with as_text(sys.stdout.buffer) as text:
            yield text
        return
    path = Path(out)
    try:
        with whole_file(path) as file, _packed(file, path) as whole, as_text(whole) as text:
            yield text
    except OSError as e:
        if e.filename != str(path):  # an error of the file that is read
            raise
        raise DataError(f"{path} cannot be written: {cause_of(e)}") from e


@contextmanager
def _packed(file: BinaryIO, path: Path) -> Iterator[BinaryIO]:
    """The file itself; if the path ends in .gz, a file that is compressed with gzip."""
    if path.suffix != ".gz":
        yield file
        return
    with gzip.GzipFile(path.name, "wb", fileobj=file) as packed:
        yield cast(BinaryIO, packed)
