"""The noise floor: how much rows of one composition disagree."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A composition whose rows differ."""

    formula: str
    rows: int
    low: float
    high: float

    @property
    def words(self) -> str:
        return f"{self.formula} ({self.rows} rows, {self.low:.4g} to {self.high:.4g})"


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """The disagreement of rows with the same composition: the limit of any composition model."""

    rows: int  # rows that were read
    merged: int  # rows that were merged into another row
    groups: int  # compositions with more than one row
    deviation: float  # mean |target - median of its group| over the rows of these groups
    worst: tuple[Disagreement, ...] = ()  # the groups that differ most
    units: str = ""  # by what factor of units rows differ, in words, where that is likely
    same: str = "composition"  # what merged rows have in common
    ties: int = 0  # groups of classes without a most frequent one
    how: str = "median"  # how the targets of a composition became one
    weighted: bool = False  # the median and the mean are those by the weights of the rows
    # mean absolute deviation that the error bars of the merged rows alone give; None without them
    of_errors: float | None = None

    def describe(self, unit: str, classes: bool = False) -> str:
        if not self.merged:
            return f"{self.rows} rows, no {self.same} twice"
        if classes:
            return (
                f"{self.rows} rows, {self.merged} merged into others of the same {self.same}; in "
                f"these {self.groups} groups {self.deviation:.1%} of the rows have another class "
                "than most (noise floor of any composition-only model)"
            )
        return (
            f"{self.rows} rows, {self.merged} merged into others of the same {self.same}; in these "
            f"{self.groups} groups targets differ from their {'weighted ' * self.weighted}median "
            f"by {self.deviation:.4g}{f' {unit}' if unit else ''} on average (noise floor of any "
            "composition-only model)"
        )
