"""Write docs/evidence.md and its figures: `python -m benchmarks.evidence.page`.

Everything on the page comes from results/runs.jsonl by the statistics of protocol.yaml.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.evidence import analysis, exploratory, figures, second, slopes
from benchmarks.evidence.analysis import POOLED, RIVALS, Bootstrap, Estimate
from benchmarks.evidence.design import HERE, protocol_hash
from benchmarks.evidence.figures import TITLES, markdown
from benchmarks.evidence.prediction import h2
from benchmarks.evidence.results_table import Records, load_table

DOCS = HERE.parents[1] / "docs"
PICTURES = DOCS / "evidence"
NEEDED = 4  # rounds that the confirmatory analysis needs


class Tests:
    """The three hypotheses over the data sets and pooled, with Holm's correction."""

    def __init__(self, boot: Bootstrap, h2: Mapping[str, Estimate]) -> None:
        self.h1 = analysis.h1(boot)
        self.rivals = {rival: analysis.h3(boot, rival) for rival in RIVALS}
        self.h3 = {name: analysis.worst_rival(self.rivals, name) for name in self.h1}
        self.h2 = h2
        p = {("H1", name): e.p for name, e in self.h1.items()}
        p |= {("H2", name): e.p for name, e in self.h2.items()}
        p |= {("H3", name): e.p for name, (_, e) in self.h3.items()}
        self.stands = analysis.holm(p)

    def holds(self, hypothesis: str) -> tuple[bool, int]:
        """Pooled, and in how many data sets."""
        sets = sum(self.stands[hypothesis, name] for name in self.h1 if name != POOLED)
        return self.stands[hypothesis, POOLED], sets

    def decision(self) -> str:
        h1, in_sets1 = self.holds("H1")
        h3, in_sets3 = self.holds("H3")
        if h1 and h3 and min(in_sets1, in_sets3) >= 3:
            return (
                "**Decision.** H1 and H3 hold pooled and in three of four sets: the guided sampler "
                "may become the default."
            )
        if self.holds("H2")[0]:
            return (
                "**Decision.** H2 alone holds: the CECV is used for the promotion of trials at "
                "rungs (the early predictor); the sampler follows MAE."
            )
        return (
            "**Decision.** Neither H1 with H3 nor H2 holds: the deviation stays the reported "
            "second objective, MAE chooses the recommended network, and by default the "
            "[CECV](cecv.md) guides nothing."
        )


def sentence(name: str, e: Estimate, stands: bool) -> str:
    verdict = "holds" if stands else "is not confirmed"
    return f"{name} {verdict} pooled: {e.words}, one-sided p = {e.p:.4f}"


def write_page() -> Path:
    table, records, rounds = load_table()
    used = analysis.included(table)
    boot = Bootstrap(used)
    tests = Tests(boot, h2(boot, used))
    by_arm = Tests(Bootstrap(used, slope_by_arm=True), tests.h2)
    PICTURES.mkdir(parents=True, exist_ok=True)
    figures.deviation_and_error(used, PICTURES / "deviation-and-error.svg")
    figures.intervals(tests.h1, tests.rivals, PICTURES / "intervals.svg")
    figures.trained_and_not(used, PICTURES / "trained-and-untrained.svg")
    table.drop(columns=["line"]).round(5).to_csv(HERE / "results" / "table.csv", index=False)
    page = DOCS / "evidence.md"
    text = "\n\n".join(_sections(tests, by_arm, boot, table, used, records, rounds))
    page.write_text(text + "\n", encoding="utf-8")
    return page


def _sections(
    tests: Tests,
    by_arm: Tests,
    boot: Bootstrap,
    table: pd.DataFrame,
    used: pd.DataFrame,
    records: Records,
    rounds: dict[str, bool],
) -> Iterator[str]:
    further = list(second.sections())
    yield "# Does the CECV tell anything about the error of a network?"
    yield (
        "`python -m benchmarks.evidence.page` writes this page from the runs in "
        f"`benchmarks/evidence/results/`. The protocol (`benchmarks/evidence/protocol.yaml`, hash "
        f"`{protocol_hash()}`) was committed before the first run. " + _extent(records, rounds)
    )
    if not all(list(rounds.values())[:NEEDED]):
        yield "**The protocol needs more rounds than are complete: all results are provisional.**"
    yield "## The answer"
    yield tests.decision()
    bullet = [
        sentence(
            "H1 (deviation and test MAE are related, given parameters and family)",
            tests.h1[POOLED],
            tests.stands["H1", POOLED],
        ),
        sentence(
            "H2 (CECV at 1/9 of training predicts the final error better than early MAE and size)",
            tests.h2[POOLED],
            tests.stands["H2", POOLED],
        ),
        sentence(
            f"H3 (better than every rival; the hardest is {RIVALS[tests.h3[POOLED][0]]})",
            tests.h3[POOLED][1],
            tests.stands["H3", POOLED],
        ),
    ]
    yield "\n".join(f"- {one}." for one in bullet)
    yield _with_slopes(tests, by_arm)
    if further:
        yield (
            "Two quantities that looked better in passing, the effective rank and what clusters "
            "explain of the property, have [an experiment of their own](#a-second-experiment-"
            "effective-rank-and-property)."
        )
    yield f"## H1: deviation and error\n\n{_h1_table(tests, used)}"
    yield (
        "Partial rank correlation of the trained network's deviation and its test MAE, given log "
        "parameters, family and arm, with a 95% cluster-bootstrap interval over architectures. "
        "Above zero, networks nearer to the band are better. The correction for seed noise needs "
        "two seeds; a dash means that there is one. Compared with deviations that are permuted "
        f"within family and arm, the pooled value has p = {analysis.permutation_p(boot):.3f}."
    )
    yield "![Deviation against error](evidence/deviation-and-error.svg)"
    yield f"## H3: against its rivals\n\n{_h3_table(tests)}"
    yield (
        "H1's measure for the trained deviation minus that for the rival. A dash means that the "
        "references give no band of that kind (fewer than four thresholds), so the rival has no "
        "value and is left out; the protocol did not foresee this case."
    )
    yield "![Intervals](evidence/intervals.svg)"
    yield f"## H2: predicting the final error\n\n{_h2_table(tests)}"
    yield (
        "The gain is 1 - (mean squared error with log c(t) at 1/9 of training) / (without), of a "
        "ridge model of log test MAE on log validation MAE at 1/9, log parameters and log FLOPs. "
        "Each family is predicted by a model fitted to the other families. Above zero, the CECV "
        "helps."
    )
    yield slopes.section(
        slopes.measures(tests.h1, tests.rivals), slopes.measures(by_arm.h1, by_arm.rivals), boot
    )
    yield from exploratory.sections(boot, table, used, records)
    yield from further


def _with_slopes(tests: Tests, by_arm: Tests) -> str:
    """What the answer becomes where log parameters have a slope in each arm."""
    same = "the same" if by_arm.decision() == tests.decision() else "another one"
    rival = tests.h3[POOLED][0]
    return (
        "These numbers follow the protocol, which gives log parameters one slope for both arms, "
        "although the slopes of the arms differ. With one slope for each arm (exploratory, "
        f"[below](#a-slope-for-each-arm)) the pooled H1 is {by_arm.h1[POOLED].words}, H3 against "
        f"{RIVALS[rival]} is {by_arm.rivals[rival][POOLED].words}, and the decision is {same}."
    )


def _extent(records: Records, rounds: dict[str, bool]) -> str:
    hours = sum(r["seconds"] for r in records) / 3600 / 2
    failed = sum(r["state"] != "done" for r in records)
    listed = "; ".join(name for name, whole in rounds.items() if whole) or "none"
    missing = "; ".join(name for name, whole in rounds.items() if not whole)
    missing = f" Not run or not complete: {missing}." if missing else ""
    return (
        f"{len(records):,} trainings, {hours:.1f} hours of two CPU cores in parallel "
        f"({platform.machine()}, no GPU); {failed} failed. Only complete rounds are used: "
        f"{listed}.{missing} 12,000 rows and 9 epochs are a fraction of the available data and of "
        "a full training; whether full training changes the answer is open."
    )


def _h1_table(tests: Tests, used: pd.DataFrame) -> str:
    rows = []
    for name, e in tests.h1.items():
        here = used if name == POOLED else used[used["data"] == name]
        x, y = (analysis.reliability(here, c) for c in ("trained", "log_mae"))
        corrected = "–" if not x or not y else f"{e.value / np.sqrt(x * y):+.2f}"
        rows.append(
            [
                TITLES[name],
                str(e.n),
                e.words,
                corrected,
                f"{e.p:.3f}",
                "yes" if tests.stands["H1", name] else "no",
            ]
        )
    return markdown(
        [
            "data set",
            "architectures",
            "correlation",
            "corrected for seed noise",
            "p",
            "stands after Holm",
        ],
        rows,
    )


def _h2_table(tests: Tests) -> str:
    rows = [
        [TITLES[name], e.words, f"{e.p:.3f}", "yes" if tests.stands["H2", name] else "no"]
        for name, e in tests.h2.items()
    ]
    return markdown(["data set", "gain", "p", "stands after Holm"], rows)


def _h3_table(tests: Tests) -> str:
    rows = [
        [
            TITLES[name],
            *(found[name].words for found in tests.rivals.values()),
            RIVALS[tests.h3[name][0]],
            f"{tests.h3[name][1].p:.3f}",
            "yes" if tests.stands["H3", name] else "no",
        ]
        for name in tests.h1
    ]
    return markdown(["data set", *RIVALS.values(), "hardest rival", "p", "stands after Holm"], rows)


if __name__ == "__main__":
    print(write_page())
