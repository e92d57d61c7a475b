"""The budget of each system: a number of epochs, or a time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fusionnas.errors import OptionError

_UNITS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Budget:
    """Epochs for each training, or seconds for each search; both None: the systems' defaults."""

    epochs: int | None = None
    seconds: float | None = None

    @classmethod
    def parse(cls, text: str | None) -> Budget:
        """Read `40` (epochs), `90s`, `10m` or `1h`; None sets no limit.

        Raises:
            OptionError: the text is none of these.
        """
        if text is None:
            return cls()
        match = re.fullmatch(r"([1-9]\d*)([smh]?)", text.strip())
        if match is None:
            raise OptionError(
                f"--budget must be a time such as 90s, 10m or 1h, or a number of epochs such as "
                f"40, but got '{text}'."
            )
        number, unit = int(match[1]), match[2]
        return cls(seconds=number * _UNITS[unit]) if unit else cls(epochs=number)
