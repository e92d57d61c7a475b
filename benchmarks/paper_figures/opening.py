"""The words at the top of docs/paper-figures.md."""

from __future__ import annotations

from collections.abc import Iterator
from math import comb

from benchmarks.paper_figures import plan
from benchmarks.paper_figures.results_table import Results


def opening(results: dict[str, Results]) -> Iterator[str]:
    records = [r for one in results.values() for r in one.records]
    minutes = sum(r["seconds"] for r in records) / 60
    yield (
        "`python -m benchmarks.paper_figures.page` writes this page from the runs of `python -m "
        f"benchmarks.paper_figures.run --data FOLDER`: {len(records)} trainings, {minutes:.0f} "
        "minutes of one CPU core."
    )
    yield (
        f"**Reduced**: width {plan.WIDTH} instead of 512, {plan.ROWS:,} training rows instead "
        f"of all, {plan.EPOCHS} epochs of the default recipe, {seeds_of(results)} seeds, on a CPU. "
        "So only the order of the published errors can be compared. The probe of the "
        "[CECV](cecv.md) is the validation compounds with Si (in the paper: the test part), and "
        "the rule is `leader`. The training part of the OQMD formation enthalpies, which the paper "
        "used for its Figures 3 and 7, is not available, so these cannot be repeated; tests in "
        "`tests/cecv` check their printed and digitised series. This page does not answer whether "
        "deviation and error are related over many networks; [evidence.md](evidence.md) does."
    )


def seeds_of(results: dict[str, Results]) -> int:
    return min(len(one.maes(name)) for one in results.values() for name in plan.REFERENCES)


def how_to_read(seeds: int) -> str:
    """What the words and numbers of the tables mean."""
    return (
        "A comparison is *seen* if all seeds of one network lie on the paper's side of all "
        "seeds of the other, *reversed* if all lie on the opposite side, and *open* otherwise. "
        f"With {seeds} seeds for each network, two equal networks count as seen in one of "
        f"{comb(2 * seeds, seeds)} cases, and as reversed equally often. The comparisons are not "
        "independent: they share networks, and the comparisons of clusters at several thresholds "
        "share vectors. After the outcome come the means of the first network and of the second; "
        "for clusters, the ratio of the first to the second, over the thresholds. In the tables of "
        "networks ± is half the range over seeds, counts are means over seeds, and the references "
        "score near 0.25 and 0.75 by construction."
    )
