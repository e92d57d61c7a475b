"""Files that are not a table of text, recognised by their first bytes."""

from __future__ import annotations

from pathlib import Path

from fusionnas.errors import DataError

GZIP = b"\x1f\x8b"
_SAVE = "open it there and save it as CSV (UTF-8)"
_CONVERT = "write it as CSV, for example with pandas"
_KINDS = {  # the first bytes of a file: what it is, and what to do
    b"\xd0\xcf\x11\xe0": ("an Excel workbook (.xls)", _SAVE),
    b"PAR1": ("a Parquet file", _CONVERT),
    b"ARROW1": ("a Feather file", _CONVERT),
    b"\x89HDF": ("an HDF5 file", _CONVERT),
    b"\x80\x04": ("a Python pickle", _CONVERT),
    b"\x80\x05": ("a Python pickle", _CONVERT),
    b"%PDF": ("a PDF", "copy its table into a spreadsheet and save it as CSV (UTF-8)"),
    b"BZh": ("compressed by bzip2", "unpack it first"),
    b"\xfd7zXZ": ("compressed by xz", "unpack it first"),
    b"\x28\xb5\x2f\xfd": ("compressed by zstd", "unpack it first"),
    b"<!DOCTYPE": ("a web page", "download the table itself"),
    b"<html": ("a web page", "download the table itself"),
    b"{": ("JSON", _CONVERT),
    b"[{": ("JSON", _CONVERT),
    b"[[": ("JSON", _CONVERT),
}
_ZIPS = {  # text in the first bytes of an archive: what it is, and what to do
    b"xl/": ("an Excel workbook (.xlsx)", _SAVE),
    b"[Content_Types].xml": ("an Excel workbook (.xlsx)", _SAVE),
    b"opendocument.spreadsheet": ("a LibreOffice spreadsheet (.ods)", _SAVE),
    b"": ("a zip archive", "unpack it first"),
}


def check_kind(head: bytes, path: Path) -> None:
    """Raise DataError with the kind of the file if its first bytes are not those of a text."""
    kinds = _KINDS
    if head.startswith(b"PK\x03\x04"):
        kinds = {b"PK": next(kind for mark, kind in _ZIPS.items() if mark in head[:4096])}
    for mark, (what, to_do) in kinds.items():
        if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(mark):
            raise DataError(f"{path} is {what}, not a CSV: {to_do}.")
