"""All named sub-seeds come from one master seed; nothing is seeded on import.

A sub-seed depends only on the master seed and its name, not on the number of other sub-seeds drawn
before it. So a new random choice in one place does not change the others.
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
