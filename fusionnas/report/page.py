"""The report: one self-contained HTML page of a finished study, its views also as files."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusionnas.cecv.target_band import HALF_WIDTH
from fusionnas.errors import FusionNASError
from fusionnas.files.atomic import write_bytes, write_text
from fusionnas.models.baselines.yardsticks import FITTED_TO
from fusionnas.models.usefulness import of_answer
from fusionnas.plots.numbers import cell, fixed, heading, interval, short
from fusionnas.plots.view import View
from fusionnas.report.inline import inline
from fusionnas.report.pictures.clusters import guidance
from fusionnas.report.pictures.yardsticks import ENSEMBLE, NETWORK, beside, comparison
from fusionnas.report.views import SECTIONS, VIEWS, ViewMaker, view_maker
from fusionnas.searching.selection import LOWEST
from fusionnas.studies.finished import FinishedStudy
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.predictor_words import predictor_words

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 60  # of a table that the page shows below its picture
MOST_BYTES = 100_000  # of a table that can be saved from the page
_CAPTION = 0.3  # height of title and caption, in widths of a column
WIDE = 7.0  # inches; a picture wider than this takes the whole width of the page

OnStep = Callable[[str, int, int], None]  # what is done now, after how many steps of how many


@dataclass(frozen=True, slots=True)
class Report:
    """What was written."""

    page: Path
    cecv_plot: Path
    views: tuple[str, ...]  # names of those that were drawn
    left_out: dict[str, str] = field(default_factory=dict)  # names of the others, and why


@dataclass(frozen=True, slots=True)
class _Figure:
    """A view as the page's template sees it."""

    view: View
    picture: str  # an element of HTML
    wide: bool
    columns: list[str]  # headings of the numbers; empty where there are too many to show
    rows: list[list[str]]
    csv: str  # base64; empty where it is too large


def write_report(
    folder: StudyFolder, views: Sequence[str] | None = None, on_step: OnStep | None = None
) -> Report:
    """Write report.html and cecv.png into the study's folder, and its views into report/.

    Args:
        folder: of a finished study.
        views: names of those to draw; None draws all.
        on_step: called before each view.

    Raises:
        StudyError: the study has no results yet. ViewError: there is no view of that name.
    """
    makers = [view_maker(name) for name in views] if views is not None else list(VIEWS)
    material = FinishedStudy(folder)
    figures, left_out = _draw(material, makers, on_step)
    summary = material.summary
    shown = {
        key: _blocks([figures[m.name] for m in makers if m.section == key and m.name in figures])
        for key in SECTIONS
    }
    page = (
        environment()
        .get_template("page.html.jinja")
        .render(
            summary=summary,
            facts=material.facts,
            material=material,
            sections=SECTIONS,
            shown=shown,
            left_out=left_out,
            comparison=comparison(material).to_dict("records"),
            network=NETWORK,
            beside=beside(material),
            fitted_to=FITTED_TO,
            trials=_rows(material.trials),
            guidance=guidance(material).to_dict("records"),
            half_width=HALF_WIDTH,
            rule=summary.get("rule", LOWEST),
            objectives=folder.objectives,
            finalists=summary.get("finalists", []),
            joined=summary.get("predictor"),
            use=of_answer(summary.get("usefulness", {})),
            predictor_words=predictor_words(summary),
            folds=folder.folds,
            ensemble=ENSEMBLE,
            timed="latency_ms" in material.trials,
            limited=views is not None,
            drawn=next(iter(figures), VIEWS[0].name),
        )
    )
    write_text(folder.report, page)
    return Report(folder.report, folder.cecv_plot, tuple(figures), left_out)


def _blocks(figures: Sequence[_Figure]) -> list[list[list[_Figure]]]:
    """Blocks of one column (a wide picture) or of two, in the order of the figures.

    Each narrow picture goes to the column that is shorter by then, so that columns end level.
    """
    blocks: list[list[list[_Figure]]] = []
    heights = [0.0, 0.0]
    for item in figures:
        if item.wide:
            blocks.append([[item]])
            continue
        if not blocks or len(blocks[-1]) == 1:
            blocks.append([[], []])
            heights = [0.0, 0.0]
        column = int(heights[1] < heights[0])
        blocks[-1][column].append(item)
        width, height = item.view.size
        heights[column] += height / width + _CAPTION
    return blocks


def _draw(
    material: FinishedStudy, makers: Sequence[ViewMaker], on_step: OnStep | None
) -> tuple[dict[str, _Figure], dict[str, str]]:
    """Figures by name, and why the others could not be drawn."""
    figures: dict[str, _Figure] = {}
    left_out: dict[str, str] = {}
    for place, maker in enumerate(makers):
        if on_step is not None:
            on_step(f"drawing {maker.name}", place, len(makers))
        try:
            figures[maker.name] = _figure(maker.make(material), material)
        except FusionNASError as e:
            left_out[maker.name] = str(e)
        except Exception as e:  # a fault in one picture must not cost a search its report
            left_out[maker.name] = f"a fault of this view, {type(e).__name__}: {e}"
    return figures, left_out


def _figure(view: View, material: FinishedStudy) -> _Figure:
    picture, table = view.save(material.folder.views)
    if view.name == "cecv":
        write_bytes(material.folder.cecv_plot, view.png())
    few = len(view.table) <= MOST_ROWS
    data = table.read_bytes()
    return _Figure(
        view,
        inline(view, picture),
        view.size[0] > WIDE,
        [heading(str(name), material.unit) for name in view.table.columns] if few else [],
        [[cell(value) for value in row] for row in view.table.itertuples(index=False)]
        if few
        else [],
        base64.b64encode(data).decode() if len(data) <= MOST_BYTES else "",
    )


def environment() -> Any:
    """What makes the pages from their templates."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("fusionnas.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {"shell": shlex.quote, "python": repr}
    environment.filters |= filters | {"short": short, "fixed": fixed}
    environment.globals["interval"] = interval
    return environment


def _rows(trials: pd.DataFrame) -> list[dict[str, Any]]:
    """Trials for the table: finished ones by MAE, then the others."""
    if "val_mae" in trials:
        trials = trials.sort_values("val_mae", na_position="last", kind="stable")
    rows = trials.astype(object).where(trials.notna(), None).to_dict("records")
    for row in rows:
        if row.get("parameters") is not None:
            row["parameters"] = int(row["parameters"])
    return [{str(k): v for k, v in row.items()} for row in rows]
