"""A condition on a second property: `OTHERSTUDY<0.05`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from fusionnas.errors import OptionError

LEAST = 0.5  # lowest chance of fulfilling a constraint; other candidates are left out
_FORM = re.compile(r"\s*(?P<study>[^<>]+?)\s*(?P<sign>[<>])=?\s*(?P<value>[^<>\s]+)\s*")


@dataclass(frozen=True, slots=True)
class Constraint:
    """A condition on the value of another model."""

    text: str
    study: str  # a study, or the folder of a model
    low: float
    high: float

    @classmethod
    def of(cls, text: str) -> Constraint:
        """Read an option; raises OptionError if it is not STUDY<VALUE or STUDY>VALUE."""
        match = _FORM.fullmatch(text)
        try:
            value = float(match["value"]) if match else math.nan
        except ValueError:
            value = math.nan
        if match is None or not math.isfinite(value):
            raise OptionError(
                f"--constraint must look like 'STUDY<0.05' or 'STUDY>2', but got '{text}'."
            )
        low, high = (-math.inf, value) if match["sign"] == "<" else (value, math.inf)
        return cls(text.strip(), match["study"], low, high)
