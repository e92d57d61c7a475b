"""Write docs/paper-figures.md and its figures: `python -m benchmarks.paper_figures.page`.

Everything on the page comes from results/runs.jsonl, which `run.py` writes; the lines of its tables
are written as results/figure-*.csv.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from benchmarks.paper_figures import claims, pictures, plan
from benchmarks.paper_figures.comparisons import Comparison
from benchmarks.paper_figures.opening import how_to_read, opening, seeds_of
from benchmarks.paper_figures.pictures import DOCS, PICTURES
from benchmarks.paper_figures.results_table import Results
from benchmarks.paper_figures.run import RUNS
from benchmarks.paper_figures.tables import (
    comparison_table,
    rank_words,
    row_table,
    sentence,
    summary_table,
)

Sections = Iterator[str]


def sections(results: dict[str, Results]) -> Sections:
    both = [results[data] for data in plan.ABLATION_SETS]
    gap = [results[plan.BANDGAP_SET]]
    sizes = [results[data] for data in plan.SIZE_SETS]
    yield "# The paper's CECV figures, rebuilt at reduced size"
    yield from opening(results)
    everything = [
        ("3", claims.FIGURE_3, both),
        ("7 and Table 2", claims.TABLE_2 + claims.FIGURE_7, both),
        ("11", claims.FIGURE_11, gap),
        ("5", claims.FIGURE_5, sizes),
    ]
    yield "## In short"
    yield summary_table(everything)
    yield how_to_read(seeds_of(results))
    yield "## Figure 3: from LDCNN to L-G-DCNN-V1"
    yield pictures.curves(both, [plan.DESIGN], "figure-3")
    yield _claims(
        "The orders in the paper are for OQMD formation enthalpies. For the two data sets here, "
        "its Figure 4 gives L-G-DCNN (0.057, 0.083) a lower error than L-G-DCNN-V1 (0.058, 0.085).",
        claims.FIGURE_3,
        both,
    )
    yield from _tables(both, plan.DESIGN, "figure-3")
    yield "## Figure 7 and Table 2: the ablation"
    yield pictures.curves(both, [plan.CURVES, plan.OTHERS], "figure-7")
    yield _claims(
        "Table 2 has errors for the same data sets, with all variants above L-G-DCNN 2B "
        "(those of CrabNet are from the paper's Figure 4).",
        claims.TABLE_2,
        both,
    )
    yield _claims(
        "The paper describes clusters and deviations for OQMD formation enthalpies. We read "
        "'Model 3 exceeds the reference model' as more clusters.",
        claims.FIGURE_7,
        both,
    )
    yield from _tables(both, plan.ABLATION, "figure-7")
    yield "## Figure 11: band gaps"
    yield pictures.curves(gap, [plan.BANDGAP], "figure-11")
    yield _claims("The orders in the paper are for this data set.", claims.FIGURE_11, gap)
    yield from _tables(gap, plan.BANDGAP, "figure-11")
    yield from _sizes(sizes)


def _claims(words: str, comparisons: list[Comparison], results: Sequence[Results]) -> str:
    return (
        f"{words}\n\n{comparison_table(comparisons, results)}\n\n{sentence(comparisons, results)}"
    )


def _tables(results: Sequence[Results], names: Sequence[str], file: str) -> Sections:
    everything = []
    for one in results:
        rows = [one.row(name) for name in (*plan.REFERENCES, *names)]
        everything += rows
        yield f"### {plan.TITLES[one.data]}: `{one.data}`\n\n{row_table(rows, one.unit)}"
        yield f"{one.band.describe()} {rank_words(rows[len(plan.REFERENCES) :])}"
    _csv(everything, file)


def _sizes(results: Sequence[Results]) -> Sections:
    yield "## Figure 5: the size of the training part"
    yield (
        f"Parts of {', '.join(f'{rows:,}' for rows in plan.SIZES)} rows. Each network was trained "
        f"for about as many steps as {plan.EPOCHS} epochs of {plan.ROWS:,} rows have, without "
        "early stopping, and keeps the weights of the best validation epoch. The paper's figure "
        "shows the OQMD band gaps, from 10³ to about 3·10⁵ rows; there the error falls and the "
        "vector comes nearer to the target region. Deviations are from the band of the references "
        f"trained on {plan.ROWS:,} rows; the picture also shows deviations from references trained "
        "on the same number of rows."
    )
    yield pictures.error_and_deviation(results, "figure-5")
    yield pictures.curves_by_size(results, "figure-5b")
    yield _claims("", claims.FIGURE_5, results).strip()
    everything = []
    for one in results:
        rows = [one.row(name, size) for name in plan.SIZE_NETWORKS for size in plan.SIZES]
        everything += rows
        yield f"### {plan.TITLES[one.data]}: `{one.data}`, by rows\n\n{row_table(rows, one.unit)}"
    _csv(everything, "figure-5b")


def _csv(rows: list[dict[str, float | str | None]], file: str) -> None:
    path = plan.HERE / "results" / f"{file}.csv"
    pd.DataFrame(rows).round(6).to_csv(path, index=False)


def write_page() -> Path:
    records = list(RUNS)
    PICTURES.mkdir(parents=True, exist_ok=True)
    page = DOCS / "paper-figures.md"
    text = sections({data: Results(records, data) for data in plan.TITLES})
    page.write_text("\n\n".join(text) + "\n", encoding="utf-8")
    return page


if __name__ == "__main__":
    print(write_page())
