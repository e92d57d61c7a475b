"""The report: one self-contained HTML page of a finished study, its views also as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusionnas.cecv.target_band import HALF_WIDTH
from fusionnas.errors import FusionNASError, ViewError
from fusionnas.files.atomic import write_bytes, write_text
from fusionnas.insight.reading.examples import examples
from fusionnas.insight.reading.feature_matrices import PEROVSKITES
from fusionnas.models.baselines.yardsticks import fitted_words
from fusionnas.models.usefulness import of_answer
from fusionnas.plots.view import View
from fusionnas.report.compounds import compounds
from fusionnas.report.layout import Panel, blocks, panel, render
from fusionnas.report.pictures.clusters import guidance
from fusionnas.report.pictures.yardsticks import beside, comparison
from fusionnas.report.views import SECTIONS, VIEWS, ViewMaker, check_fits, fitting, maker_for
from fusionnas.searching.selection import LOWEST
from fusionnas.searching.trial_counts import counts_of
from fusionnas.studies.finished import ENSEMBLE, NETWORK, FinishedStudy
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.predictor_words import predictor_words
from fusionnas.tasks.multi_target import MEANING

if TYPE_CHECKING:
    import pandas as pd

OnStep = Callable[[str, int, int], None]  # what is done now, after how many steps of how many


@dataclass(frozen=True, slots=True)
class Report:
    """What was written."""

    page: Path
    cecv_plot: Path
    views: tuple[str, ...]  # names of those that were drawn
    left_out: dict[str, str] = field(default_factory=dict)  # names of the others, and why


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
    material = FinishedStudy(folder)
    makers = (
        fitting(VIEWS, material) if views is None else [maker_for(material, name) for name in views]
    )
    figures, left_out = _draw(material, makers, on_step)
    summary = material.summary
    first, more = (
        {
            key: blocks(
                [
                    figures[m.name]
                    for m in makers
                    if m.section == key and m.first == early and m.name in figures
                ]
            )
            for key in SECTIONS
        }
        for early in (True, False)
    )
    page = render(
        "page.html.jinja",
        summary=summary,
        counts=counts_of(summary),
        facts=material.facts,
        error=material.error,
        classes=material.facts["data"].get("classes", ()),
        targets=target_rows(material),
        meaning=MEANING,
        material=material,
        sections=SECTIONS,
        first=first,
        more=more,
        compounds=compounds(material),
        example=_example(material),
        settings="" if folder.conditions is None else f" {folder.conditions.as_options}",
        left_out=left_out,
        comparison=comparison(material).to_dict("records"),
        network=NETWORK,
        beside=beside(material),
        fitted_to=fitted_words(beside(material)),
        trials=trial_rows(material.trials, material.val),
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
    write_text(folder.report, page)
    return Report(folder.report, folder.cecv_plot, tuple(figures), left_out)


def _draw(
    material: FinishedStudy, makers: Sequence[ViewMaker], on_step: OnStep | None
) -> tuple[dict[str, Panel], dict[str, str]]:
    """Figures by name, and why the others could not be drawn."""
    figures: dict[str, Panel] = {}
    left_out: dict[str, str] = {}
    begun = _begun(material, makers)
    for place, maker in enumerate(makers):
        if on_step is not None:
            on_step(f"drawing {maker.name}", place, len(makers))
        try:
            check_fits(material, maker)
            view = begun[maker.name]() if maker.name in begun else maker.make(material)
            check_enough(view, maker)
            figures[maker.name] = _panel(view, material, maker.place)
        except FusionNASError as e:
            left_out[maker.name] = str(e)
        except Exception as e:  # a fault in one picture must not cost a search its report
            left_out[maker.name] = f"a fault of this view, {type(e).__name__}: {e}"
    return figures, left_out


def _begun(material: FinishedStudy, makers: Sequence[ViewMaker]) -> dict[str, Callable[[], View]]:
    """By name, what waits for views that are made in other processes meanwhile."""
    begun = {}
    for maker in makers:
        with suppress(Exception):  # `make` will tell it
            if maker.begin is not None:
                begun[maker.name] = maker.begin(material)
    return begun


def check_enough(view: View, maker: ViewMaker) -> None:
    """Raise ViewError where a picture has too little to show."""
    if len(view.table) < maker.fewest:
        raise ViewError(f"it shows fewer than {maker.fewest} dots: {len(view.table)}")


def _example(material: FinishedStudy) -> str:
    """A formula to predict, of elements that the data hold."""
    try:
        return examples(material.best)[0]
    except FusionNASError:  # the weights were not kept
        return PEROVSKITES[0]


def _panel(view: View, material: FinishedStudy, place: int | None) -> Panel:
    unit = material.unit
    if place is not None:  # of one of several targets
        unit = str(material.facts["data"]["targets"][place]["unit"])
    if view.name == "cecv":
        write_bytes(material.folder.cecv_plot, view.png())
    return panel(view, material.folder.views, unit)


def target_rows(material: FinishedStudy) -> list[dict[str, Any]]:
    """The errors of each of several targets, for the table; empty for one."""
    predictor = material.summary.get("predictor") or {}
    rows = []
    for place, one in enumerate(material.summary.get("targets", ())):
        beside = one["beside_yardsticks"]
        best = beside["rows"][0] if beside["best"] is not None else None
        mine = predictor["targets"][place] if predictor else None
        rows.append(
            {
                **{name: one[name] for name in ("target", "unit", "chosen")},
                "predictor": mine,
                "best": best,
                "gap": (mine or {}).get("beside_best") or (best and _gap(best)),
                "share": (of_answer(one["usefulness"]) or {})["facts"],
                "noise": material.facts["data"]["targets"][place]["data"]["noise_floor"],
                "interval_words": (mine or one).get("interval_words", ""),
            }
        )
    return rows


def _gap(best: Mapping[str, Any]) -> dict[str, Any]:
    """The network's error minus that of the best yardstick."""
    return {"value": best["difference"], "interval": best["difference_interval"]}


def trial_rows(trials: pd.DataFrame, error: str) -> list[dict[str, Any]]:
    """Trials for the table: finished ones by their column `error`, then the others."""
    if error in trials:
        trials = trials.sort_values(error, na_position="last", kind="stable")
    rows = trials.astype(object).where(trials.notna(), None).to_dict("records")
    for row in rows:
        if row.get("parameters") is not None:
            row["parameters"] = int(row["parameters"])
    return [{str(k): v for k, v in row.items()} for row in rows]
