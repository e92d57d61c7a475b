"""The report: one self-contained HTML page of a finished study, and its CECV plot as PNG."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusionnas.cecv.guidance import explain
from fusionnas.cecv.target_band import HALF_WIDTH, TargetBand
from fusionnas.cecv.vector import Cecv
from fusionnas.report import plots
from fusionnas.report.cecv_plots import cecv_plot
from fusionnas.report.style import figure
from fusionnas.search.evaluation import read_result
from fusionnas.search.objectives import OBJECTIVES
from fusionnas.study_folder import StudyFolder

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_YARDSTICK_NAMES = {
    "median": "median predictor",
    "random_forest": "random forest (Magpie)",
    "lstm": "LSTM reference",
}


def write_report(folder: StudyFolder) -> list[Path]:
    """Write report.html and cecv.png into the study's folder; the files written.

    Raises:
        StudyError: the study has no results yet.
    """
    import jinja2
    import pandas as pd

    summary, facts, trials = folder.summary(), folder.facts, folder.trials()
    chosen, unit = summary["chosen"], summary["unit"]
    best = read_result(folder.trial(chosen["number"]))
    assert best is not None
    others = [read_result(folder.trial(n)) for n in _finished(trials) if n != chosen["number"]]
    vectors = [result["cecv"] for result in others if result is not None]
    band, width = folder.band(), best["architecture"]["width"]

    def draw_cecv(fig: Figure) -> None:
        cecv_plot(fig, best["cecv"], best["cecv_untrained"], vectors, band, width)

    with figure(7, 4.6) as fig:
        draw_cecv(fig)
        fig.savefig(folder.cecv_plot, dpi=160)
    predictions = pd.read_csv(folder.path / "test_predictions.csv", na_filter=False)
    maes = {_YARDSTICK_NAMES[k]: v for k, v in summary["yardsticks"].items()}
    maes["recommended network"] = chosen["test_mae"]
    objectives = folder.objectives
    scored = len(objectives) > 1 and trials[objectives[1]].notna().any()
    pictures = {
        "yardsticks": _svg(lambda fig: plots.yardstick_plot(fig, maes, unit), 6.4, 2.3),
        "parity": _png(lambda fig: plots.parity_plot(fig, predictions, unit), 6, 4.8),
        "front": _svg(
            lambda f: plots.front_plot(f, trials, chosen["number"], unit, objectives), 7, 4.6
        )
        if scored
        else "",
        "cecv": _svg(draw_cecv, 7, 4.6),
        "learning": _svg(
            lambda fig: plots.learning_plot(fig, best["history"], best["best_epoch"], unit), 6.4, 4
        ),
    }
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("fusionnas.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["short"] = short
    environment.filters["fixed"] = fixed
    page = environment.get_template("page.html.jinja").render(
        summary=summary,
        facts=facts,
        objectives=[OBJECTIVES[name] for name in objectives],
        maes=sorted(maes.items(), key=lambda item: item[1]),
        pictures=pictures,
        trials=_rows(trials),
        guidance=_guidance(best, band),
        half_width=HALF_WIDTH,
    )
    folder.report.write_text(page, encoding="utf-8")
    return [folder.report, folder.cecv_plot]


def short(value: Any) -> str:
    """Four significant digits; a dash for what is not there."""
    if value is None or value != value:
        return "–"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1e5 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def fixed(value: float | None) -> str:
    """Three decimals; a dash for what is not there."""
    return "–" if value is None or value != value else f"{value:.3f}"


def _finished(trials: pd.DataFrame) -> list[int]:
    return [int(n) for n in trials.loc[trials["state"] == "done", "number"]]


def _rows(trials: pd.DataFrame) -> list[dict[str, Any]]:
    """Trials for the table: finished ones by MAE, then the others."""
    if "val_mae" in trials:
        trials = trials.sort_values("val_mae", na_position="last", kind="stable")
    rows = trials.astype(object).where(trials.notna(), None).to_dict("records")
    for row in rows:
        if row.get("parameters") is not None:
            row["parameters"] = int(row["parameters"])
    return [{str(k): v for k, v in row.items()} for row in rows]


def _guidance(best: Mapping[str, Any], band: TargetBand | None) -> list[dict[str, Any]]:
    """Threshold by threshold: clusters, trained and untrained, and the signed guidance."""
    vector = Cecv.from_dict(best["cecv"])
    explained = (
        explain(vector, band, best["architecture"]["width"])
        if band is not None and band.exists
        else [None] * len(vector.thresholds)
    )
    return [
        {
            "threshold": f"{t:.2f}",
            "clusters": int(count),
            "untrained": int(untrained),
            "guidance": row and row.guidance,
            "words": row.words if row else "",
            "arithmetic": row.arithmetic if row else "",
        }
        for t, count, untrained, row in zip(
            vector.thresholds, vector.counts, best["cecv_untrained"]["counts"], explained,
            strict=True,
        )
    ]  # fmt: skip


def _svg(draw: Callable[[Figure], None], width: float, height: float) -> str:
    """The plot as inline SVG."""
    with figure(width, height) as fig:
        draw(fig)
        buffer = io.StringIO()
        fig.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _png(draw: Callable[[Figure], None], width: float, height: float) -> str:
    """The plot as an inline PNG, for thousands of points."""
    with figure(width, height) as fig:
        draw(fig)
        buffer = io.BytesIO()
        fig.savefig(buffer, format="png", dpi=130)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="" src="data:image/png;base64,{data}">'
