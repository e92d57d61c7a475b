"""A condition on a second property: `OTHERSTUDY<0.05`, or `OTHERSTUDY=CLASS`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from fusionnas.errors import OptionError
from fusionnas.models.predictor import Predictor
from fusionnas.tasks.kinds import check_one_target

LEAST = 0.5  # lowest chance of fulfilling a constraint; other candidates are left out
_FORM = re.compile(r"\s*(?P<study>[^<>]+?)\s*(?P<sign>[<>])(?P<equal>=?)\s*(?P<value>[^<>\s]+)\s*")
_CLASS = re.compile(r"\s*(?P<study>[^<>=]+?)\s*=\s*(?P<name>.*\S)\s*")


@dataclass(frozen=True, slots=True)
class Constraint:
    """A condition on the value of another model."""

    text: str
    study: str  # a study, or the folder of a model
    low: float
    high: float
    name: str | None = None  # of a class, which a candidate must have
    with_end: bool = False  # whether the value itself fulfils it, as in `OTHERSTUDY<=0.05`

    @classmethod
    def of(cls, text: str) -> Constraint:
        """Read an option; raises OptionError if it has another form than the examples above."""
        if of_class := _CLASS.fullmatch(text):
            return cls(text.strip(), of_class["study"], -math.inf, math.inf, of_class["name"])
        match = _FORM.fullmatch(text)
        try:
            value = float(match["value"]) if match else math.nan
        except ValueError:
            value = math.nan
        if match is None or not math.isfinite(value):
            raise OptionError(
                "--constraint must look like 'STUDY<0.05', 'STUDY>2' or 'STUDY=CLASS', but got "
                f"'{text}'."
            )
        low, high = (-math.inf, value) if match["sign"] == "<" else (value, math.inf)
        return cls(text.strip(), match["study"], low, high, with_end=bool(match["equal"]))

    def holds(self, value: float) -> bool:
        """Whether a known value fulfils it; of a class the value is 1, or 0 for another one."""
        if self.name is not None:
            return value == 1
        return self.low < value < self.high or (self.with_end and value in (self.low, self.high))

    def applied_to(self, predictor: Predictor) -> Predictor:
        """The model whose value decides: that of the class, if it is one of classes.

        Raises:
            OptionError: a number is compared with a class, or the other way round.
        """
        check_one_target(predictor.manifest, "a constraint")
        if self.name is not None and predictor.classes:
            return predictor.of_class(self.name)
        if predictor.classes:
            raise OptionError(
                f"'{self.study}' predicts a class ({' or '.join(predictor.classes)}): write "
                f"--constraint '{self.study}={predictor.classes[-1]}'."
            )
        if self.name is not None:
            raise OptionError(
                f"'{self.study}' predicts numbers: write --constraint '{self.study}<VALUE' or "
                f"'{self.study}>VALUE'."
            )
        return predictor
