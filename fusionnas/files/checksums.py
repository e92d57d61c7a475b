"""A checksum for every file of a folder, in a file that `sha256sum --check` can read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fusionnas.files.atomic import write_text

CHECKSUMS = "SHA256SUMS"


def write_checksums(folder: Path) -> None:
    """Write `SHA256SUMS` with the checksums of all files that are now in the folder."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != CHECKSUMS)
    names = sorted(path.relative_to(folder).as_posix() for path in files)
    text = "".join(f"{sha256_of(folder / name)}  {name}\n" for name in names)
    write_text(folder / CHECKSUMS, text)


def changed_file(folder: Path) -> str | None:
    """The first file that changed after the checksums were written, or None.

    It is `SHA256SUMS` itself if that cannot be read. Files that were added later are ignored.
    """
    try:
        text = (folder / CHECKSUMS).read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return CHECKSUMS
    lines = [line.partition("  ") for line in text.removesuffix("\n").split("\n")]
    if not all(gap for _, gap, _ in lines) or not text.endswith("\n"):
        return CHECKSUMS
    with ThreadPoolExecutor() as threads:  # hashing does not hold the interpreter
        same = threads.map(lambda line: _has(folder / line[2], line[0]), lines)
        return next((name for (*_, name), ok in zip(lines, same, strict=True) if not ok), None)


def _has(path: Path, digest: str) -> bool:
    """Whether a file is there and has the checksum."""
    return path.is_file() and sha256_of(path) == digest


def added_files(folder: Path, patterns: Iterable[str]) -> Iterator[str]:
    """Files of these patterns (as of `Path.glob`) that have no checksum in `SHA256SUMS`."""
    lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    listed = {line.partition("  ")[2] for line in lines}
    for pattern in patterns:
        for path in sorted(folder.glob(pattern)):
            if (name := path.relative_to(folder).as_posix()) not in listed:
                yield name


def sha256_of(path: Path) -> str:
    """The checksum of one file; OSError if it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
