"""The orders that the paper reports, figure by figure; its Figures 3 and 7 are of OQMD formation
enthalpies, its Table 2 also of the data sets used here."""

from __future__ import annotations

from benchmarks.paper_figures.comparisons import LARGE, SMALL, Comparison, below
from benchmarks.paper_figures.plan import SIZES

FIGURE_3 = [
    *below("MAE", "l-g-dcnn", "ldcnn"),
    *below("MAE", "l-g-dcnn-v1", "l-g-dcnn"),
    *below("clusters", "ldcnn", "l-att-res-dcnn"),
    *below("clusters", "l-g-dcnn", "ldcnn", where=SMALL),
    *below("clusters", "l-g-dcnn-v1", "l-g-dcnn", where=SMALL),
    *below("deviation", "l-g-dcnn", "ldcnn"),
    *below("deviation", "l-g-dcnn-v1", "l-g-dcnn", where=SMALL),
]

# Table 2, on both data sets; CrabNet from the paper's Figure 4
TABLE_2 = [
    comparison
    for name in (
        "l-g-dcnn-4b",
        "l-g-dcnn-6b",
        "model1",
        "model2",
        "model3",
        "model4",
        "l-g-dcnn-v2",
        "ldcnn",
        "crabnet",
    )
    for comparison in below("MAE", "l-g-dcnn", name)
]

FIGURE_7 = [
    *below("clusters", "l-g-dcnn", "l-g-dcnn-6b"),
    *below("clusters", "l-g-dcnn", "model2"),
    *below("clusters", "l-g-dcnn", "model3"),
    *below("clusters", "l-g-dcnn-v2", "l-g-dcnn", where=SMALL),
    *below("clusters", "ldcnn", "l-g-dcnn-6b", where=LARGE),
    *below("clusters", "ldcnn", "model2", where=LARGE),
    *below("deviation", "l-g-dcnn-v2", "l-g-dcnn", where=SMALL),
    *below("deviation", "crabnet", "l-g-dcnn"),
]

FIGURE_11 = [
    *below("MAE", "l-g-dcnn", "ldcnn", "dcnn", "lstm", "dcnn-k1"),
    *below("MAE", "l-g-dcnn", "crabnet"),
    *below("deviation", "l-g-dcnn", "ldcnn"),
    *below("deviation", "l-g-dcnn", "crabnet"),
]

_STEPS = [(SIZES[-1], SIZES[0]), *zip(SIZES[1:], SIZES, strict=False)]
FIGURE_5 = [
    Comparison(quantity, ("l-g-dcnn", more), ("l-g-dcnn", less))
    for quantity in ("MAE", "deviation")
    for more, less in _STEPS
]
