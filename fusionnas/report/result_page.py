"""Pages of single results: what `compare`, `explain` and `sweep` found, as one file of HTML."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from fusionnas.errors import FusionNASError, OptionError
from fusionnas.files.atomic import write_text
from fusionnas.files.causes import cause_of
from fusionnas.insight.comparison import Comparison, SearchWorth, TargetComparisons
from fusionnas.insight.explanation import Explained
from fusionnas.insight.sweeps import ConditionSweep, Sweep
from fusionnas.plots.numbers import cell, heading
from fusionnas.plots.view import View
from fusionnas.report.layout import blocks, panel, render

if TYPE_CHECKING:
    import pandas as pd

Makers = Iterable[tuple[str, Callable[[], View]]]  # of views by name


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of a table, as text and as what it is sorted by."""

    text: str
    sort: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page."""

    title: str
    columns: list[str]
    is_text: list[bool]  # of each column
    rows: list[list[Cell]]

    @classmethod
    def of(cls, title: str, frame: pd.DataFrame, unit: str) -> Table:
        """A table of a frame; columns in the unit of the target say it."""
        return cls(
            title,
            [heading(str(name), unit) for name in frame.columns],
            [frame[name].dtype == object for name in frame.columns],
            [[_cell(value) for value in row] for row in frame.itertuples(index=False)],
        )


@dataclass(frozen=True, slots=True)
class Picture:
    """A view of a page, drawn when the page is written."""

    name: str
    make: Callable[[], View]
    unit: str  # of the target

    @classmethod
    def of(cls, view: View, unit: str) -> Picture:
        return cls(view.name, lambda: view, unit)


@dataclass(frozen=True, slots=True)
class ResultPage:
    """What a page says."""

    title: str
    about: str  # what was looked at
    words: list[str]  # the answer, a sentence or two each
    tables: list[Table]
    pictures: list[Picture]
    notes: list[str] = field(default_factory=list)


def write_result_page(path: Path, page: ResultPage) -> Mapping[str, str]:
    """Write a page that stands alone; the views that could not be drawn, with the reasons.

    Raises:
        OptionError: the file cannot be written.
    """
    panels, left_out = [], {}
    with TemporaryDirectory() as scratch:
        for picture in page.pictures:
            try:
                panels.append(panel(picture.make(), Path(scratch), picture.unit))
            except FusionNASError as e:
                left_out[picture.name] = str(e)
    text = render("result.html.jinja", page=page, blocks=blocks(panels), left_out=left_out)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
    except OSError as e:
        raise OptionError(f"{path} cannot be written: {cause_of(e)}") from e
    return left_out


def comparison_page(found: Comparison) -> ResultPage:
    """Networks side by side."""
    error = found.task.error.name
    against = ["difference", "difference_low", "difference_high", "p", "verdict"]
    scores = [metric.name for metric in found.task.beside]
    errors = found.table[["name", error, f"{error}_low", f"{error}_high", *against, *scores]]
    return ResultPage(
        f"{found.target}: {found.table['name'].iloc[0]} compared",
        f"{found.size} of {found.test_set} that no network has seen",
        [found.words],
        [Table.of("Errors", errors, found.unit)],
        [Picture.of(view, found.unit) for view in found.views],
        list(found.notes),
    )


def targets_page(found: TargetComparisons) -> ResultPage:
    """Networks side by side on each of several targets."""
    pages = {name: comparison_page(one) for name, one in found.by_target.items()}
    first, slugs = next(iter(found.by_target.values())), found.slugs
    return ResultPage(
        f"{', '.join(pages)}: models compared",
        f"Each target on its own test compositions of {first.test_set} that no network has seen",
        [f"{name}: {' '.join(page.words)}" for name, page in pages.items()],
        [replace(page.tables[0], title=name) for name, page in pages.items()],
        [
            Picture.of(replace(view, name=f"{view.name}-{slugs[name]}"), one.unit)
            for name, one in found.by_target.items()
            for view in one.views
        ],
        list(dict.fromkeys(note for page in pages.values() for note in page.notes)),
    )


def page_of(found: Comparison | TargetComparisons | SearchWorth) -> ResultPage:
    """The page of what `compare` found."""
    if isinstance(found, SearchWorth):
        return worth_page(found)
    return targets_page(found) if isinstance(found, TargetComparisons) else comparison_page(found)


def worth_page(found: SearchWorth) -> ResultPage:
    """Whether a search was worth it."""
    tables = [Table.of("Sides at equal budget", found.sides, found.unit)]
    for title, frame in (("Tested networks", found.tested), ("Other studies", found.against)):
        if len(frame):
            tables.append(Table.of(title, frame, found.unit))
    return ResultPage(
        f"{found.study}: was the search worth it?",
        found.target,
        list(found.words),
        tables,
        [Picture.of(found.view, found.unit)],
        list(found.notes),
    )


def sweep_page(found: Sweep) -> ResultPage:
    """Predictions over a line or a triangle."""
    tables = [Table.of("Extremes and jumps", found.summary, found.unit)]
    if len(found.known):
        columns = ["formula", "network", "part", "known", "value"]
        columns += [name for name in ("lower", "upper") if name in found.known]
        tables.append(Table.of("Known compositions", found.known[columns], found.unit))
    unit = f" {found.unit}" if found.unit else ""
    words = [
        f"{row.network}: from {row.lowest:.4g}{unit} at {row.lowest_at} to {row.highest:.4g}{unit} "
        f"at {row.highest_at}."
        for row in found.summary.itertuples()
    ]
    return ResultPage(
        f"{found.target} over {'–'.join(found.elements)}{found.at}",
        f"predicted by {', '.join(found.networks)}",
        words,
        tables,
        [Picture.of(found.view, found.unit)],
        list(found.notes),
    )


def condition_sweep_page(found: ConditionSweep) -> ResultPage:
    """Predictions along a condition."""
    tables = [Table.of("Curves", found.summary, found.unit)]
    if len(found.known):
        tables.append(Table.of("Known values", found.known, found.unit))
    return ResultPage(
        found.words,
        f"{', '.join(found.formulas)}, predicted by {', '.join(found.networks)}",
        [],
        tables,
        [Picture.of(found.view, found.unit)],
        list(found.notes),
    )


def explained_page(found: Explained, more: Makers = ()) -> ResultPage:
    """Formulas as networks read them.

    Args:
        found: what was explained.
        more: further views, such as those of many compounds.
    """
    unit = next(iter(found.explanations.values()))[0].unit
    told = f" {unit}" if unit else ""
    words = [
        f"{formula}: {one.value:.4g}{told} ({one.told}) by {name}."
        for name, explanations in found.explanations.items()
        for formula, one in zip(found.formulas, explanations, strict=True)
    ]
    return ResultPage(
        f"Why {', '.join(found.networks)} predicts so",
        f"{', '.join(found.formulas)}: from the mean of the training data to the prediction",
        words,
        [Table.of("Contributions", found.table(), unit)],
        [Picture(name, make, unit) for name, make in (*found.views(), *more)],
        list(found.notes),
    )


def _cell(value: Any) -> Cell:
    missing = value is None or value != value
    if missing:
        return Cell("–", "")
    number = value.item() if hasattr(value, "item") else value
    if isinstance(number, float) and not math.isfinite(number):
        return Cell("none", str(number))
    return Cell(cell(value), str(number))
