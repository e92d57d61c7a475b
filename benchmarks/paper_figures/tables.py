"""Tables in markdown, of networks and of comparisons, and what they come to in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd
from scipy.stats import spearmanr

from benchmarks.paper_figures.comparisons import OUTCOMES, Comparison, Quantity, cell, tally
from benchmarks.paper_figures.plan import TITLES
from benchmarks.paper_figures.results_table import Results, Row
from fusionnas.cecv.clustering import THRESHOLDS

LOW_SKILL = 0.1
WORDS: dict[Quantity, str] = {
    "MAE": "errors",
    "deviation": "deviations",
    "clusters": "clusters at a threshold",
}


def row_table(rows: Sequence[Row], unit: str) -> str:
    """A line a network: error, what was printed, deviation, excess, counts; sizes where they
    differ, printed errors where there are any."""
    frame = pd.DataFrame(rows)
    columns = {"network": frame["label"]}
    if frame["training rows"].nunique() > 1:
        columns["rows"] = frame["training rows"].map("{:,}".format)
    else:
        columns["parameters"] = frame["parameters"].map("{:,}".format)
    columns[f"test MAE, {unit}"] = frame.apply(_spread, axis=1, args=("test MAE", 4))
    if frame["published MAE"].notna().sum() > 1:
        columns["printed"] = frame["published MAE"].map(lambda v: _number(v, 4))
    columns["deviation"] = frame.apply(_spread, axis=1, args=("deviation", 2))
    columns["excess"] = frame["excess"].map(lambda v: _number(v, 2))
    columns |= {f"{t:.2f}": frame[f"{t:.2f}"].map("{:.0f}".format) for t in THRESHOLDS}
    table = pd.DataFrame(columns)
    lines = ["| " + " | ".join(table.columns) + " |", "|---|" + "---:|" * (len(columns) - 1)]
    lines += ["| " + " | ".join(cells) + " |" for cells in table.to_numpy()]
    return "\n".join([*lines, *_weak(rows)])


def _spread(row: pd.Series, column: str, digits: int) -> str:
    if pd.isna(row[column]):
        return "–"
    return f"{row[column]:.{digits}f} ± {row[f'{column} +-']:.{digits}f}"


def _number(value: float, digits: int) -> str:
    return "–" if pd.isna(value) else f"{value:.{digits}f}"


def _weak(rows: Sequence[Row]) -> list[str]:
    found = [
        f"{r['label']} on {r['training rows']:,} rows"
        for r in rows
        if float(r["skill"] or 0) < LOW_SKILL
    ]
    if not found:
        return []
    return [
        "",
        f"Hardly better than the median predictor (mean skill under {LOW_SKILL}): "
        f"{', '.join(found)}.",
    ]


def rank_words(rows: Sequence[Row]) -> str:
    """Rank correlations of the errors with the deviations and with the printed errors."""
    frame = pd.DataFrame(rows)
    words = []
    if frame["deviation"].notna().all():
        r = spearmanr(frame["deviation"], frame["test MAE"]).statistic
        words.append(f"of error and deviation: {r:+.2f} ({len(frame)} networks)")
    printed = frame.dropna(subset=["published MAE"])
    if len(printed) > 3:
        r = spearmanr(printed["published MAE"].astype(float), printed["test MAE"]).statistic
        words.append(f"of error and printed error: {r:+.2f} ({len(printed)} networks)")
    if not words:
        return ""
    return (
        f"Rank correlation {' and '.join(words)}, without the references. This describes these few "
        "networks, which are variants of one another; it is no test."
    )


def comparison_table(comparisons: Sequence[Comparison], results: Sequence[Results]) -> str:
    header = ["in the paper", *(TITLES[one.data] for one in results)]
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    for c in comparisons:
        lines.append("| " + " | ".join([c.words, *(cell(c, one) for one in results)]) + " |")
    return "\n".join(lines)


def sentence(comparisons: Sequence[Comparison], results: Sequence[Results]) -> str:
    """Whether the paper's orders are seen: a verdict and the tally of each quantity."""
    parts = []
    for quantity, what in WORDS.items():
        found = tally(comparisons, results, quantity)
        if found:
            parts.append(f"{what.capitalize()}: {_summary(found)}")
    return ". ".join(parts) + "."


def _verdict(found: Counter[str]) -> str:
    if 2 * found["seen"] > found.total():
        return "mostly as in the paper"
    if 2 * found["reversed"] > found.total():
        return "mostly reversed"
    return "no clear majority"


def summary_table(figures: Sequence[tuple[str, Sequence[Comparison], Sequence[Results]]]) -> str:
    """A line a figure: the verdict and the tally of each quantity."""
    lines = ["| figure | " + " | ".join(WORDS.values()) + " |", "|---|" + "---|" * len(WORDS)]
    for number, comparisons, results in figures:
        cells = [_summary(tally(comparisons, results, quantity)) for quantity in WORDS]
        lines.append(f"| {number} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _summary(found: Counter[str]) -> str:
    if not found:
        return "–"
    numbers = ", ".join(f"{found[o]} {o}" for o in OUTCOMES)
    return f"{_verdict(found)} ({numbers} of {found.total()})"
