"""One master seed gives every named sub-seed; nothing is seeded on import.

A sub-seed depends on the master seed and on its name alone, never on how many others were drawn
before it, so that adding a random choice somewhere leaves all others as they were.
"""

from __future__ import annotations

import hashlib


def sub_seed(master: int, *name: str | int) -> int:
    """A seed in [0, 2**31) for one purpose.

    `sub_seed(7, "split")` and `sub_seed(7, "trial", 12)` are independent of each other and the
    same on every machine.
    """
    text = "/".join([str(master), *map(str, name)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
