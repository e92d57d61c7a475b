"""The predictions of models along a condition beside the formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusionnas.files.atomic import write_csv
from fusionnas.plots.notebook import notebook_html

if TYPE_CHECKING:
    import pandas as pd

    from fusionnas.plots.view import View


@dataclass(frozen=True, slots=True)
class ConditionSweep:
    """The predictions of models along one condition; the others are fixed."""

    along: str
    numeric: bool  # whether it is a number
    by: str | None  # a category whose words have a curve each
    fixed: Mapping[str, str]  # the other conditions
    formulas: tuple[str, ...]
    networks: tuple[str, ...]
    target: str
    unit: str
    # One row for each model, formula, word of `by`, and value: `network`, `formula`, each condition
    # by its name (numbers where `along` is one), `value`, `uncertainty` (standard deviation),
    # `lower` and `upper` (90% interval). Probabilities of classes have the value alone.
    table: pd.DataFrame
    # The rows of the data with these compositions: `formula`, each condition, `part` of the split
    # (empty if it says nothing about the first model), `known`, and `fits`: whether the other
    # conditions are those of a curve. Of a class, `known` is 1 or 0, or, where there are curves for
    # several classes, its name.
    known: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def one_value(self) -> bool:
        """Whether known values are numbers on the axis of the curves."""
        return self.known["known"].dtype != object

    @property
    def summary(self) -> pd.DataFrame:
        """One row for each curve: its ends, its extremes and where they are."""
        import pandas as pd

        keys = ["network", "formula", *([self.by] if self.by else [])]
        rows = []
        for key, curve in self.table.groupby(keys, sort=False):
            value = curve["value"].to_numpy()
            low, high = (curve.iloc[int(at)] for at in (value.argmin(), value.argmax()))
            rows.append(
                dict(zip(keys, key, strict=True))
                | {
                    "first": value[0],
                    "last": value[-1],
                    "lowest": low["value"],
                    "lowest_at": low[self.along],
                    "highest": high["value"],
                    "highest_at": high[self.along],
                }
            )
        return pd.DataFrame(rows)

    @property
    def view(self) -> View:
        """The picture with its numbers."""
        from fusionnas.insight.sweeps.condition_plot import condition_view

        return condition_view(self)

    @property
    def words(self) -> str:
        unit = f" ({self.unit})" if self.unit else ""
        at = "".join(f", {name}={cell}" for name, cell in self.fixed.items())
        return f"{self.target}{unit} along {self.along}{at}"

    def __repr__(self) -> str:
        return f"<ConditionSweep of {self.words}: {', '.join(self.formulas)}>"

    def _repr_html_(self) -> str:
        """Ends, extremes and the picture in a notebook."""
        return notebook_html(self.words, self.summary, self.view)

    def save(self, folder: str | Path) -> list[Path]:
        """Write the view's files and the known rows as CSV; returns their paths."""
        view = self.view
        files = view.save(folder)
        if len(self.known):
            files.append(Path(folder) / f"{view.name}-known.csv")
            write_csv(files[-1], self.known)
        return files

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        plain: dict[str, Any] = {
            "along": self.along,
            "by": self.by,
            "fixed": dict(self.fixed),
            "formulas": list(self.formulas),
            "networks": list(self.networks),
            "target": self.target,
            "unit": self.unit,
            "notes": list(self.notes),
        }
        frames = {"summary": self.summary, "table": self.table, "known": self.known}
        return plain | {name: frame.to_dict("records") for name, frame in frames.items()}
