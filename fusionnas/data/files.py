"""Tables from files: a CSV, or a folder with given parts."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np

from fusionnas.data.table import CompositionTable, encode_formulas
from fusionnas.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

FORMULA_NAMES = ("formula", "composition")
PART_FILES = ("train.csv", "val.csv", "test.csv")


def read_csv(
    path: Path, formula_column: str | None = None, target_column: str | None = None
) -> tuple[CompositionTable, np.ndarray, str]:
    """Compositions (N,), targets (N,) float64 and the name of the target column of a CSV.

    Raises:
        DataError: no such file or column, empty, or a target that is not a finite number (with
            its row and text). FormulaError: a formula that cannot be read.
    """
    # the header is line 1
    return read_columns(read_frame(path), path, formula_column, target_column, first_row=2)


def read_columns(
    frame: pd.DataFrame,
    path: Path,
    formula_column: str | None,
    target_column: str | None,
    first_row: int,
) -> tuple[CompositionTable, np.ndarray, str]:
    """What `read_csv` gives, of a table that was read already.

    `path` and `first_row`, the number of the first row there, are for errors.
    """
    formula = formula_column_of(frame, path, formula_column)
    candidates = _target_candidates(frame, formula)
    target = _column(frame, path, target_column, "target", ("target",), candidates)
    targets = _numbers(frame[target], path, target, first_row)
    texts = frame[formula].astype(str).tolist()
    return encode_formulas(texts, str(path), first_row), targets, target


def read_formulas(path: Path, formula_column: str | None = None) -> list[str]:
    """The formulas of a CSV that needs no target."""
    frame = read_frame(path)
    return frame[formula_column_of(frame, path, formula_column)].tolist()


def formula_column_of(frame: pd.DataFrame, path: Path, asked: str | None) -> str:
    """The column of the formulas; DataError where it cannot be told."""
    return _column(frame, path, asked, "formula", FORMULA_NAMES, [str(c) for c in frame.columns])


def read_frame(path: Path) -> pd.DataFrame:
    """A CSV with every cell as text: 'NaN' is sodium nitride, not a missing value.

    Row numbers in errors count the header as 1 and leave blank lines out.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such file.")
    with path.open("rb") as file:
        return next(read_frames(file, path, None))


def read_frames(file: IO[bytes], path: Path, rows: int | None) -> Iterator[pd.DataFrame]:
    """A CSV in pieces, as `read_frame` reads one; at least one piece.

    Args:
        file: open for reading; compressed where the name of `path` ends in .gz.
        path: its name, for errors.
        rows: of a piece; None for all in one.

    Raises:
        DataError: malformed, or without rows.
    """
    import warnings

    import pandas as pd

    try:
        with warnings.catch_warnings():
            # a row longer than the header: pandas would shift or cut the columns
            warnings.simplefilter("error", pd.errors.ParserWarning)
            opened = gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file
            with pd.read_csv(
                cast(IO[Any], opened), dtype=str, na_filter=False, encoding="utf-8-sig",
                index_col=False, iterator=True,
            ) as pieces:  # fmt: skip
                frame = pieces.read(rows)
                if frame.empty:
                    raise DataError(f"{path}: has no rows.")
                while True:
                    yield frame.reset_index(drop=True)
                    frame = pieces.read(rows)
    except StopIteration:  # pandas has no more
        return
    except pd.errors.ParserWarning as e:
        raise DataError(f"{path}: rows have more cells than the header has columns.") from e
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError, OSError,
            EOFError) as e:  # fmt: skip
        raise DataError(f"{path}: cannot be read as a CSV: {str(e).strip()}") from e


def _column(
    frame: pd.DataFrame,
    path: Path,
    asked: str | None,
    what: str,
    usual: tuple[str, ...],
    candidates: list[str],
) -> str:
    """The column asked for, else one with a usual name, else the only candidate."""
    columns = [str(c) for c in frame.columns]
    if asked is not None:
        if asked not in columns:
            raise DataError(f"{path}: there is no column '{asked}'; {did_you_mean(asked, columns)}")
        return asked
    named = [c for c in columns if c.strip().lower() in usual]
    if len(named) == 1:
        return named[0]
    if len(candidates) == 1:
        return candidates[0]
    raise DataError(
        f"{path}: which column is the {what}? It has {', '.join(columns)}; "
        f"say --{what}-column NAME."
    )


def _target_candidates(frame: pd.DataFrame, formula: str) -> list[str]:
    """The only column besides the formula, else those that hold a number somewhere."""
    import pandas as pd

    # a column without a name holds the row numbers that pandas writes
    left = [str(c) for c in frame.columns if c != formula and not c.startswith("Unnamed: ")]
    if len(left) == 1:
        return left
    return [c for c in left if pd.to_numeric(frame[c], errors="coerce").notna().any()]


def _numbers(texts: pd.Series, path: Path, column: str, first_row: int) -> np.ndarray:
    import pandas as pd

    values = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64)
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        row = int(wrong[0])
        more = f" ({len(wrong)} rows are like that)" if len(wrong) > 1 else ""
        raise DataError(
            f"{path}, row {row + first_row}: the target '{texts.iloc[row]}' in column '{column}' "
            f"is not a finite number{more}."
        )
    return values
