"""One self-contained HTML page of a benchmark; its pictures also as files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusionnas.benchmarking.paired import firsts_and_seconds
from fusionnas.benchmarking.results import Results
from fusionnas.benchmarking.show.breaking import where_systems_break
from fusionnas.benchmarking.show.cost import error_against_cost
from fusionnas.benchmarking.show.coverage import coverage_where_systems_break
from fusionnas.benchmarking.show.distance import error_against_distance
from fusionnas.benchmarking.show.heat_map import heat_map
from fusionnas.benchmarking.show.ranks import critical_differences
from fusionnas.benchmarking.show.rows import error_against_rows
from fusionnas.benchmarking.show.words import answer
from fusionnas.benchmarking.summary import (
    OF_LABELS_WORDS,
    SCORE_LABELS,
    published_scores,
    summarise,
)
from fusionnas.benchmarking.systems import ALL
from fusionnas.errors import StudyError, ViewError
from fusionnas.files.atomic import write_text
from fusionnas.plots.view import View
from fusionnas.report.layout import Panel, blocks, panel, render

if TYPE_CHECKING:
    import pandas as pd

# in the order of the page; a new view is a new line
VIEWS: tuple[tuple[str, Callable[[pd.DataFrame], View]], ...] = (
    ("errors", heat_map),
    ("ranks", critical_differences),
    ("cost", error_against_cost),
    ("rows", error_against_rows),
    ("breaking", where_systems_break),
    ("coverage", coverage_where_systems_break),
    ("distance", error_against_distance),
)
PICTURES = "pictures"


@dataclass(frozen=True, slots=True)
class BenchmarkPage:
    """The written files and the data of the page."""

    page: Path
    summary: pd.DataFrame  # from `summarise`
    failed: pd.DataFrame  # results without errors
    # of tables of classes, published ones after them: table, system, scores by their labels
    class_scores: list[tuple[str, str, dict[str, float | None]]]
    left_out: dict[str, str]  # views that were not drawn, and why
    words: str


def write_page(folder: Path) -> BenchmarkPage:
    """Write benchmark.html and pictures/ into a folder of results.

    Raises:
        StudyError: the folder has no benchmark, or one without a result.
    """
    results = Results(folder)
    facts, table = results.facts, results.table()
    if table.empty:
        raise StudyError(f"{folder} has no result yet; run the benchmark first.")
    summary = summarise(table)
    figures: list[Panel] = []
    left_out: dict[str, str] = {}
    for name, make in VIEWS:
        try:
            figures.append(panel(make(summary), folder / PICTURES, ""))
        except ViewError as e:
            left_out[name] = str(e)
    failed = table[table["state"] != "done"]
    pairs = firsts_and_seconds(results, summary)
    words = answer(summary, pairs)
    class_scores = _class_scores(plain_rows(summary))
    html = render(
        "benchmark.html.jinja",
        package="fusionnas.benchmarking.show",
        facts=facts,
        words=words,
        pairs=plain_rows(pairs),
        blocks=blocks(figures),
        left_out=left_out,
        rows=plain_rows(summary),
        class_scores=class_scores,
        score_labels=SCORE_LABELS.values(),
        of_labels=OF_LABELS_WORDS,
        failed=plain_rows(failed),
        systems=_systems(table),
        versions=_last(table, "versions"),
        machines=sorted(set(table["machine"].dropna())),
        finished=table["finished"].dropna().max() if len(table) else "",
        command=f"fusionnas benchmark --show {folder}",
    )
    write_text(results.page, html)
    return BenchmarkPage(results.page, summary, failed, class_scores, left_out, words)


def _class_scores(
    rows: list[dict[str, Any]],
) -> list[tuple[str, str, dict[str, float | None]]]:
    """Scores of tables of classes, the published ones after them."""
    own = [row for row in rows if row["roc_auc"] is not None]
    return [
        (row["label"], row["system"], {text: row.get(n) for n, text in SCORE_LABELS.items()})
        for row in [*own, *published_scores(own)]
    ]


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values; None for unknown values."""
    plain = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(key): value for key, value in row.items()} for row in plain]


def _systems(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The descriptions and licences of the systems in a table of results."""
    known = {row.name: row for row in ALL}
    return [
        {"name": name, "how": known[name].how, "licence": known[name].licence}
        for name in dict.fromkeys(table["system"])
        if name in known
    ]


def _last(table: pd.DataFrame, column: str) -> str:
    known = table[column].dropna()
    return str(known.iloc[-1]) if len(known) else ""
