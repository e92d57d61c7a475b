"""Tables from files: from the bytes of a CSV to text cells."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from fusionnas.data.reading.columns import formula_place
from fusionnas.data.reading.decoding import DecodedText
from fusionnas.data.reading.file_kinds import GZIP, check_kind
from fusionnas.data.reading.separator import header_of
from fusionnas.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

_HEAD = 1 << 16  # bytes that are read to recognise a file
_UNEVEN = (
    "rows have more cells than the header has columns. If the decimal sign is a comma, write a "
    "point, or separate the columns by semicolons"
)


def table_name(path: Path) -> str:
    """The name of the table in a file: `alloys` of `alloys.csv` and of `alloys.csv.gz`."""
    return Path(path.stem).stem if path.suffix == ".gz" else path.stem


def read_formulas(path: Path, formula_column: str | None = None) -> list[str]:
    """The formulas of a CSV that needs no target."""
    frame = read_frame(path)
    return frame.iloc[:, formula_place(frame, path, formula_column)].tolist()


def read_frame(path: Path) -> pd.DataFrame:
    """A CSV with all cells as text: 'NaN' is sodium nitride, not a missing value.

    In the row numbers of errors the header is 1 and blank lines are not counted.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such file.")
    with path.open("rb") as file:
        return next(read_frames(file, path, None))


def read_frames(file: IO[bytes], path: Path, rows: int | None) -> Iterator[pd.DataFrame]:
    """A CSV in one or more pieces, each like the result of `read_frame`.

    Columns can be separated by commas, semicolons, tabs or bars. The text can be UTF-8, UTF-16 or,
    with a warning, Windows-1252. Blanks around column names are removed.

    Args:
        file: open for reading; it can be compressed by gzip.
        path: its name, for errors.
        rows: the number of rows in a piece; None gives one piece.

    Raises:
        DataError: the file is not a table of text, is malformed, or has no rows.
    """
    import warnings

    import pandas as pd

    try:
        opened, head = _unpacked(file)
        check_kind(head, path)
        text = DecodedText(head, opened, path)
        separator, header = header_of(text.ready)
        with warnings.catch_warnings():
            # a row longer than the header: pandas would shift or cut the columns
            warnings.simplefilter("error", pd.errors.ParserWarning)
            with pd.read_csv(
                cast(IO[Any], text),
                sep=separator,
                dtype=str,
                na_filter=False,
                index_col=False,
                iterator=True,
            ) as pieces:
                frame = pieces.read(rows)
                if frame.empty:
                    raise DataError(f"{path}: has no rows.")
                while True:
                    yield _named(frame.reset_index(drop=True), header)
                    frame = pieces.read(rows)
    except StopIteration:  # the end of the file
        return
    except pd.errors.ParserWarning as e:
        raise DataError(f"{path}: {_UNEVEN}.") from e
    except pd.errors.ParserError as e:
        why = str(e).strip().removeprefix("Error tokenizing data. C error: ")
        hint = f": {_UNEVEN}" if "Expected" in why else ""
        raise DataError(f"{path}: cannot be read as a CSV: {why}{hint}.") from e
    except (pd.errors.EmptyDataError, OSError, EOFError) as e:
        raise DataError(f"{path}: cannot be read as a CSV: {str(e).strip()}") from e


def _unpacked(file: IO[bytes]) -> tuple[IO[bytes], bytes]:
    """An uncompressed file after its first bytes, and these bytes."""
    head = file.read(_HEAD)
    if not head.startswith(GZIP):
        return file, head
    unpacked = gzip.GzipFile(fileobj=cast(Any, _Joined(head, file)))
    return cast(IO[bytes], unpacked), unpacked.read(_HEAD)


class _Joined:
    """A file that begins with bytes that were already read."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self.head, self.rest = head, rest

    def read(self, size: int = -1) -> bytes:
        if not self.head:
            return self.rest.read(size)
        cut = len(self.head) if size < 0 else size
        given, self.head = self.head[:cut], self.head[cut:]
        return given if given or size >= 0 else self.rest.read()


def _named(frame: pd.DataFrame, header: list[str]) -> pd.DataFrame:
    """A frame with the column names of its file, because pandas changes repeated names."""
    if len(header) == frame.shape[1]:
        frame.columns = [name or given for name, given in zip(header, frame.columns, strict=True)]
    return frame
