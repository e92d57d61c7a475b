"""Finished runs on disk, so that the same command continues where it was interrupted.

A ledger is a file with one JSON object in each line; each has a `key`. If a key occurs again, the
later line counts. An incomplete line, left by an interruption, is ignored, and its run is repeated.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class Ledger:
    """The finished runs in one file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __iter__(self) -> Iterator[Record]:
        if not self.path.is_file():
            return
        for text in self.path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(text)
            except ValueError:
                continue

    def by_key(self) -> dict[str, Record]:
        """The last record of each key, in the order in which the keys first appeared."""
        return {record["key"]: record for record in self}

    def add(self, record: Mapping[str, Any]) -> None:
        """Append a line; it is on disk when this returns. OSError if that fails."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read() != b"\n":  # an interruption left this line incomplete
                    file.write(b"\n")
            file.write(json.dumps(record).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
