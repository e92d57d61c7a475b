"""The words at the top of docs/paper-figures.md."""

from __future__ import annotations

from collections.abc import Iterator
from math import comb

from benchmarks.paper_figures import plan
from benchmarks.paper_figures.results import Results


def opening(results: dict[str, Results]) -> Iterator[str]:
    records = [r for one in results.values() for r in one.records]
    minutes = sum(r["seconds"] for r in records) / 60
    yield (
        "Written by `python -m benchmarks.paper_figures.page` from the runs of `python -m "
        f"benchmarks.paper_figures.run --data FOLDER`: {len(records)} trainings, {minutes:.0f} "
        "minutes of one CPU core."
    )
    yield (
        f"**Reduced**: width {plan.WIDTH} instead of 512, {plan.ROWS:,} training rows instead "
        f"of all, {plan.EPOCHS} epochs of the default recipe, {seeds_of(results)} seeds, on a CPU. "
        "So published errors stand here for their order alone. Clustered are the validation "
        "compounds with Si (in the paper: of the test part), by the rule `leader`. The training "
        "part of the OQMD formation enthalpies, on which the paper drew its Figures 3 and 7, is "
        "not at hand, so these can't be run again; their printed and digitised series are golden "
        "tests in `tests/cecv`. Whether deviation and error go together over many networks is the "
        "question of [evidence.md](evidence.md), not of this page."
    )


def seeds_of(results: dict[str, Results]) -> int:
    return min(len(one.maes(name)) for one in results.values() for name in plan.REFERENCES)


def how_to_read(seeds: int) -> str:
    """What the words and numbers of the tables mean."""
    return (
        "A comparison is *seen* where every seed of the one network lies on the paper's side of "
        "every seed of the other, *reversed* where every seed lies on the other side, and *open* "
        f"otherwise. With {seeds} seeds a side, two equal networks come out as seen in one of "
        f"{comb(2 * seeds, seeds)} cases, and as reversed in as many. Comparisons share networks, "
        "and those of clusters, one a threshold, share vectors, so they are not independent. "
        "Beside the outcome stand the means of the network named first and of the other; for "
        "clusters, how many times those of the other the first has, over the thresholds. In the "
        "tables of networks ± is half the range over seeds, counts are means over seeds, and the "
        "references score near 0.25 and 0.75 by construction."
    )
