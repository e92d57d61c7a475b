"""Write docs/table.md or docs/table-v2.md and its picture: `python -m benchmarks.table.page v1`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.table.compare import RUNG_TRIALS, trials_of, whole_sets
from benchmarks.table.courses import (
    AGAINST,
    JUDGED,
    MEASURES,
    Courses,
    arm_names,
    mean_and_difference,
    signed,
)
from benchmarks.table.firsts_page import about_firsts
from benchmarks.table.looks import looks_file
from benchmarks.table.looks_page import about_looks
from benchmarks.table.page_words import ABOUT, LIVE, PAGES, SAMPLERS, TITLES
from benchmarks.table.protocol import VERSIONS, Protocol
from benchmarks.table.ranks import partial_correlation
from benchmarks.table.replay import RUNG_ARMS
from fusionnas.plots.style import BEST, FAINT, GLOBAL, INK, LOCAL, SERIES, figure
from fusionnas.search_space.members import members

DOCS = Path(__file__).parents[2] / "docs"
COLUMNS = 3  # of the picture
LOOKS: dict[str, dict[str, Any]] = {
    "random": {"color": FAINT, "lw": 2},
    "tpe": {"color": BEST, "lw": 2.4},
    "motpe": {"color": LOCAL, "lw": 1.6},
    "nsga2": {"color": SERIES[3], "lw": 1.6},
    "guided": {"color": GLOBAL, "lw": 1.6},
    "adaptive": {"color": INK, "lw": 2.4},
    "adaptive, permuted": {"color": INK, "lw": 1.4, "ls": "--"},
    "adaptive, untrained": {"color": INK, "lw": 1.4, "ls": ":"},
}


def compared(sets: Sequence[Courses], name: str) -> Iterator[str]:
    """A markdown table: a row an arm, each measure with its difference to TPE."""
    measures = [
        (words, measure)
        for words, measure in MEASURES.values()
        if any(np.isfinite(measure(one, AGAINST)).any() for one in sets)
    ]
    yield "| sampler | " + " | ".join(words for words, _ in measures) + " |"
    yield "|---|" + "---:|" * len(measures)
    for arm in arm_names():
        cells = []
        for _, measure in measures:
            mean, gap, around = mean_and_difference(list(sets), arm, measure)
            cell = "–" if np.isnan(mean) else f"{mean:.2f}"
            if arm != AGAINST and not np.isnan(mean):
                cell += f"<br>{signed(gap)} ({signed(around.low)} to {signed(around.high)})"
            cells.append(cell)
        yield f"| {arm} | " + " | ".join(cells) + " |"
    yield ""


def verdicts(sets: Sequence[Courses]) -> Iterator[str]:
    """What differs from what, in words."""
    for arm, against in (
        ("adaptive", "tpe"),
        ("adaptive", "guided"),
        ("adaptive", "adaptive, permuted"),
        ("adaptive", "adaptive, untrained"),
        ("guided", "tpe"),
        ("guided", "guided, permuted"),
        ("guided", "guided, untrained"),
        ("motpe", "tpe"),
        ("tpe", "random"),
        ("nsga2", "tpe"),
    ):
        found = []
        for key in ("regret", "test", "retrained", "hypervolume"):
            words, measure = MEASURES[key]
            _, gap, around = mean_and_difference(list(sets), arm, measure, against)
            told = "no clear difference"
            if around.low > 0 or around.high < 0:
                better = (gap > 0) == (key == "hypervolume")
                told = "better" if better else "worse"
            name, _, _ = words.rpartition(" (")
            ends = f"{signed(around.low)} to {signed(around.high)}"
            found.append(f"{name} {told}, {signed(gap)} points ({ends})")
        yield f"- `{arm}` against `{against}`: {'; '.join(found)}."
    yield ""


def rungs(sets: Sequence[Courses]) -> Iterator[str]:
    """Searches with rungs against those without, at equal training time."""
    names = [arm.name for arm in RUNG_ARMS]
    yield "| rungs | best validation MAE at equal time (%) | time to the best of off | reached |"
    yield "|---|---:|---:|---:|"
    for name in names:
        gaps, ratios, reached = [], [], []
        for one in sets:
            for off, course in zip(one.replays[names[0]], one.replays[name], strict=True):
                best, total = off["best"][-1], off["seconds"][-1]
                within = [
                    m for m, s in zip(course["best"], course["seconds"], strict=True) if s <= total
                ]
                gaps.append(100 * (min(within) / best - 1) if within else np.nan)
                needed = off["seconds"][off["best"].index(best)]
                times = [
                    s for m, s in zip(course["best"], course["seconds"], strict=True) if m <= best
                ]
                reached.append(bool(times) and times[0] <= total)
                ratios.append(times[0] / needed if times else np.inf)
        middle = float(np.median(ratios))
        mean, spread = np.nanmean(gaps), 1.96 * np.nanstd(gaps) / np.sqrt(len(gaps))
        yield (
            f"| {name.removeprefix('tpe, rungs ')} | {signed(float(mean))} "
            f"({signed(float(mean - spread))} to {signed(float(mean + spread))}) | "
            f"{f'{middle:.2f}' if np.isfinite(middle) else 'never'} | {np.mean(reached):.0%} |"
        )
    yield ""


def about_members(sets: Sequence[Courses]) -> Iterator[str]:
    yield (
        "| data set | done | validation MAE, best to worst | rank correlation of validation and "
        "test MAE | of deviation and test MAE | the same, parameters given |"
    )
    yield "|---|---:|---:|---:|---:|---:|"
    for one in sets:
        done = one.table.done
        val, test, size = (
            np.array([float(r[k]) for r in done]) for k in ("val_mae", "test_mae", "parameters")
        )
        deviation = np.array([one.table.deviations[r["name"]] for r in done])
        raw = stats.spearmanr(deviation, test).statistic
        yield (
            f"| {TITLES[one.table.data]} | {len(done)} | {val.min():.4g} to {val.max():.4g} | "
            f"{stats.spearmanr(val, test).statistic:.2f} | {raw:+.2f} | "
            f"{partial_correlation(deviation, test, size):+.2f} |"
        )
    yield ""


def draw(sets: Sequence[Courses], path: Path) -> None:
    """Error by trials for each data set; of few data sets also by time, and the hypervolume."""
    error = "MAE above the\nbest (%)"
    rows = (
        ("best", "trials", error),
        ("best", "seconds", error),
        ("hypervolume", "trials", "hypervolume\n(% of the box)"),
    )
    if len(sets) > COLUMNS:
        panels = [(one, *rows[0]) for one in sets]
    else:
        panels = [(one, *row) for row in rows for one in sets]
    columns = min(len(sets), COLUMNS)
    lines = -(-len(panels) // columns)
    with figure(4.1 * columns + 1.6, 2.8 * lines) as fig:
        axes = fig.subplots(lines, columns, squeeze=False).ravel()
        for place, (ax, (one, what, by, label)) in enumerate(zip(axes, panels, strict=False)):
            seconds = np.mean([course["seconds"][-1] for course in one.replays[AGAINST]])
            most = max(course["trials"][-1] for course in one.replays[AGAINST])
            grid = np.arange(1, most + 1) if by == "trials" else np.linspace(0, seconds, 80)
            for arm, look in LOOKS.items():
                mean = np.nanmean(one.along(arm, what, by, grid)[:, 5:], axis=0)
                percent = 100 * (mean / one.lowest - 1) if what == "best" else 100 * mean
                ax.plot(grid[5:], percent, label=arm, **look)
            ax.grid(axis="y")
            ax.set_xlabel("trials" if by == "trials" else "seconds of training, one core")
            if what == "best":
                ax.set_ylim(0, None)
            if place % columns == 0:
                ax.set_ylabel(label)
            if (what, by) == ("best", "trials"):
                ax.set_title(TITLES[one.table.data])
        for ax in axes[len(panels) :]:
            ax.set_axis_off()
        fig.legend(*axes[0].get_legend_handles_labels(), loc="outside right center")
        path.parent.mkdir(parents=True, exist_ok=True)
        fig.savefig(path, metadata={"Date": None})


def _spans(protocol: Protocol, sets: Sequence[Courses]) -> str:
    """Of training rows and epochs, the least and the most where they differ."""
    samples = [protocol.sets[one.table.data] for one in sets]
    rows = sorted({one.rows[0] for one in samples})
    epochs = sorted({one.epochs for one in samples})
    told = [" to ".join(f"{x:,}" for x in dict.fromkeys((v[0], v[-1]))) for v in (rows, epochs)]
    return f"{told[0]} training rows and {told[1]}"


def page(protocol: Protocol) -> Iterator[str]:
    sets = [Courses.read(protocol, data) for data in whole_sets(protocol)]
    seeds = {name: len(courses) for name, courses in sets[0].replays.items()}
    picture = Path(PAGES["v1"]) / f"{PAGES[protocol.version].replace('table', 'searches')}.svg"
    draw(sets, DOCS / picture)
    count = len(list(members(protocol.space)))
    done = [r for one in sets for r in one.table.members.values() if r["state"] == "done"]
    hours = sum(r["train_seconds"] for r in done) / 3600
    yield ABOUT[protocol.version].format(
        version=protocol.version,
        count=count,
        sets=len(sets),
        hours=hours,
        spans=_spans(protocol, sets),
        trials=JUDGED,
        share=JUDGED / count,
    )
    yield "## The table\n"
    yield from about_members(sets)
    yield SAMPLERS.format(trials=JUDGED, seeds=seeds[AGAINST])
    yield from compared(sets, "pooled")
    yield from verdicts(sets)
    yield f"![Error and hypervolume over trials and time]({picture})\n"
    for one in sets:
        yield f"### {TITLES[one.table.data]}\n"
        yield from compared([one], one.table.data)
    yield from about_firsts(sets, TITLES)
    if protocol.version == "v1":
        yield LIVE
    if RUNG_ARMS[0].name in seeds:
        yield from about_rungs(sets, seeds[RUNG_ARMS[0].name])
    if looks_file(protocol).is_file():
        yield from about_looks(protocol)


def about_rungs(sets: Sequence[Courses], seeds: int) -> Iterator[str]:
    yield f"""## Rungs at equal time

`tpe` without rungs makes {RUNG_TRIALS} trials. With rungs it starts {trials_of(RUNG_ARMS[1])} and
trains the random ones to their end; it is judged at the training time of the search without rungs.
There are {seeds} seeds for each data set, too few to see small gains. The error is the difference
from the best of `off` when the time of `off` is used up. The next column is the median time until a
search had the best error of `off`, in units of the time of `off`. The last column says how often it
had this error before that time was used up.
"""
    yield from rungs(sets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", choices=VERSIONS)
    version = parser.parse_args().version
    text = "\n".join(page(Protocol.read(version))).rstrip() + "\n"
    (DOCS / f"{PAGES[version]}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
