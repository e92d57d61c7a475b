"""What no number of an option may be; what a single option allows, it checks itself."""

from __future__ import annotations

import math
from typing import Any

from typer.core import TyperCommand

from fusionnas.errors import OptionError

LARGEST = 1e38  # float32, in which networks compute, holds little more


class NumberedCommand(TyperCommand):
    """A command each of whose numbers is one, and not too large to compute with."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Also raises OptionError, about the first number that is none."""
        rest = super().parse_args(ctx, args)
        for parameter in self.params:
            value = ctx.params.get(parameter.name)
            if isinstance(value, int | float):
                check_number(parameter.opts[0], value)
        return rest


def check_number(option: str, value: float) -> None:
    """Raise OptionError if a value is NaN, or finite and too large.

    Some options take infinity, such as an end of a range.
    """
    if value != value:
        raise OptionError(f"{option} must be a number, but got {value}.")
    if LARGEST < abs(value) < math.inf:
        from decimal import Decimal

        # a whole number can be too long to be shown, and too large for a float
        told = f"at most {LARGEST:.0e} in size, but got {Decimal(value):.0e}"
        raise OptionError(f"{option} must be {told}.")
