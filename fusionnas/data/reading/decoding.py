"""From the bytes of a table to its text, in the encodings that programs commonly write."""

from __future__ import annotations

import codecs
import io
import warnings
from pathlib import Path
from typing import IO

from fusionnas.data.formulas.characters import NUL_SHOWN
from fusionnas.errors import DataError, DataWarning

_BOMS = {  # the longer ones first
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class DecodedText(io.TextIOBase):
    """The text of a file, for pandas to read from.

    It is UTF-8 unless a byte order mark or zero bytes show UTF-16 or UTF-32. Text that is not UTF-8
    is read as Windows-1252, which includes Latin-1, with a warning. A NUL byte becomes `␀`, because
    pandas would cut the cell there.
    """

    def __init__(self, head: bytes, rest: IO[bytes], path: Path) -> None:
        """Start with the first bytes of a file and the file after them; `path` is for errors."""
        self.rest, self.path = rest, path
        self.codec = _encoding(head)
        self.decoder = codecs.getincrementaldecoder(self.codec)()
        self.ascii = True  # so far
        self.ready = self._decoded(head)

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> str:
        """At least one character unless the file ends; about `size`."""
        while not self.ready:
            chunk = self.rest.read(1 << 18)
            self.ready = self._decoded(chunk)
            if not chunk:
                break
        cut = len(self.ready) if size is None or size < 0 else size
        given, self.ready = self.ready[:cut], self.ready[cut:]
        return given

    def _decoded(self, chunk: bytes) -> str:
        pending, _ = self.decoder.getstate()
        try:
            text = self.decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as e:
            wrong = pending + chunk
            if not (self.codec.startswith("utf-8") and self.ascii and wrong[: e.start].isascii()):
                raise DataError(
                    f"{self.path} is mostly {self.codec}, but contains bytes that are not; save it "
                    "again as CSV (UTF-8)."
                ) from e
            warnings.warn(
                f"{self.path} is not UTF-8 and was read as Windows-1252 (Latin-1). If letters "
                "other than A to Z look wrong, save it as CSV (UTF-8).",
                DataWarning,
                stacklevel=2,
            )
            # five bytes are missing from Windows-1252; they are read as in Latin-1
            self.codec = "windows-1252"
            self.decoder = codecs.getincrementaldecoder("cp1252")("fusionnas.latin-1")
            text = self.decoder.decode(wrong)
        self.ascii = self.ascii and text.isascii()
        return text.replace("\0", NUL_SHOWN)


def _encoding(head: bytes) -> str:
    for mark, name in _BOMS.items():
        if head.startswith(mark):
            return name
    even, odd = head[0::2].count(0), head[1::2].count(0)
    # ASCII in UTF-16: every second byte is zero
    if even == 0 and odd > 0.8 * len(head[1::2]):
        return "utf-16-le"
    if odd == 0 and even > 0.8 * len(head[0::2]):
        return "utf-16-be"
    return "utf-8"


def _as_latin(e: UnicodeError) -> tuple[str, int]:
    assert isinstance(e, UnicodeDecodeError)
    return e.object[e.start : e.end].decode("latin-1"), e.end


codecs.register_error("fusionnas.latin-1", _as_latin)
