"""What docs/evidence.md shows beyond the protocol's tests, labelled as such."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from benchmarks.evidence.analysis import POOLED, Bootstrap, h1
from benchmarks.evidence.figures import TITLES, markdown
from benchmarks.evidence.prediction import features, h2, left_out_errors, replay_early_predictor
from benchmarks.evidence.results_table import Records
from fusionnas.cecv.clustering import THRESHOLDS
from fusionnas.tasks.regression import REGRESSION


def sections(
    boot: Bootstrap, table: pd.DataFrame, used: pd.DataFrame, records: Records
) -> Iterator[str]:
    yield "## Nulls, sensitivity and single-element networks"
    yield _nulls(used)
    yield _sensitivity(used)
    yield _single(table)
    yield "## Exploratory"
    yield _movement(used, records)
    yield "![Untrained and trained](evidence/trained-and-untrained.svg)"
    yield _early(boot, used)
    if stability := _stability(records):
        yield stability


def _nulls(used: pd.DataFrame) -> str:
    """How much of log MAE size alone foretells in families that were left out."""
    rows = []
    for data, here in used.groupby("data", sort=False):
        y, family = here["log_mae"].to_numpy(), here["family"].to_numpy()
        size, both = features(here, ())[:, 1:], features(here, ())
        spread = ((y - y.mean()) ** 2).mean()
        cells = [1 - (left_out_errors(x, y, family) ** 2).mean() / spread for x in (size, both)]
        between = here.groupby("family")["log_mae"].transform("mean")
        cells.append(float(((between - y.mean()) ** 2).mean() / spread))
        rows.append([TITLES[str(data)], *(f"{cell:+.2f}" for cell in cells)])
    header = [
        "data set",
        "parameters and FLOPs alone",
        "with MAE at 1/9",
        "share of the variance between families",
    ]
    return (
        "How well size and early MAE alone predict log test MAE (R², each family predicted from "
        "the others), and how much of its variance is between families:\n\n"
        + markdown(header, rows)
    )


def _sensitivity(used: pd.DataFrame) -> str:
    """H1 again on parts of the architectures."""
    learned = used[used["skill"] >= REGRESSION.least_skill]
    parts = {"all": used, "without collapsed networks": learned}
    parts |= {f"arm {arm} alone": used[used["arm"] == arm] for arm in sorted(set(used["arm"]))}
    rows = []
    for name, part in parts.items():
        found = h1(Bootstrap(part))
        rows.append([name, *(found[data].words for data in found)])
    header = ["H1 over", *(TITLES[data] for data in found)]
    return f"H1 again on parts of the architectures:\n\n{markdown(header, rows)}"


def _single(table: pd.DataFrame) -> str:
    rows = []
    for data, here in table[~table["excluded"]].groupby("data", sort=False):
        single, others = here[here["single"]], here[~here["single"] & (here["arm"] == "A")]
        if not len(single):
            continue
        ratio = np.exp(single["log_mae"].mean() - others["log_mae"].mean())
        rows.append(
            [
                TITLES[str(data)],
                str(len(single)),
                f"{single['trained'].mean():.2f}",
                f"{others['trained'].mean():.2f}",
                f"{ratio:.2f}",
            ]
        )
    header = [
        "data set",
        "networks",
        "their deviation",
        "deviation of arm A",
        "their test MAE over arm A's",
    ]
    return (
        "Networks that read single elements only (DCNN-K1); no statistic above includes them:\n\n"
        + markdown(header, rows)
    )


def _movement(used: pd.DataFrame, records: Records) -> str:
    """How much of the trained vector is there before training."""
    rows = []
    for data, here in used.groupby("data", sort=False):
        cells = []
        for t in ("0.05", "0.20", "0.40"):
            trained, untrained = here[f"final/{t}"], here[f"untrained/{t}"]
            r = np.corrcoef(trained, untrained)[0, 1]
            cells.append(f"{r:.2f}, {np.exp((trained - untrained).mean()):.2f}")
        rows.append([TITLES[str(data)], *cells, _seed_noise(records, str(data))])
    header = ["data set", *(f"t = {t}" for t in ("0.05", "0.20", "0.40")), "seed noise"]
    return (
        "How training changes the vector: the correlation over architectures of log counts before "
        "and after, and the mean ratio after / before. The last column is the standard deviation "
        "of a count over seeds (references, at 0.05 and 0.40):\n\n" + markdown(header, rows)
    )


def _seed_noise(records: Records, data: str) -> str:
    here = [r for r in records if r["data"] == data and r["arm"] == "references"]
    here = [r for r in here if r["state"] == "done" and not r["shuffled"]]
    noise = []
    for name in {r["candidate"] for r in here}:
        counts = np.log([r["vectors"]["final"]["leader"] for r in here if r["candidate"] == name])
        noise.append(counts.std(axis=0, ddof=1))
    first, last = np.mean(noise, axis=0)[[0, -1]]
    return f"{first:.1%}, {last:.1%}"


def _early(boot: Bootstrap, used: pd.DataFrame) -> str:
    """H2 with rivals, and the product's predictor replayed."""
    untrained, final = h2(boot, used, "untrained"), h2(boot, used, "final")
    rows = []
    for data, here in used.groupby("data", sort=False):
        without, with_cecv, on = replay_early_predictor(here)
        rows.append(
            [
                TITLES[str(data)],
                untrained[str(data)].words,
                final[str(data)].words,
                f"{without:.3f}",
                f"{with_cecv:.3f}",
                f"{on:.0%}",
            ]
        )
    rows.append(["pooled", untrained[POOLED].words, final[POOLED].words, "", "", ""])
    header = [
        "data set",
        "H2's gain with the untrained CECV",
        "with the final CECV",
        "early predictor: error without",
        "with CECV",
        "switched on",
    ]
    return (
        "The gain of H2 with the vectors of untrained and of fully trained networks instead of "
        "those at 1/9. Then `fusionnas.searching.early_predictor`, replayed over the architectures "
        "in 30 random orders: its prequential error of log MAE without and with CECV, and the "
        "share of the time for which its rule used the CECV:\n\n" + markdown(header, rows)
    )


def _stability(records: Records) -> str | None:
    """Clusters per compound against width, epochs and rows, as far as they were run."""
    here = [r for r in records if r["arm"] == "stability" and r["state"] == "done"]
    if not here:
        return None
    frame = pd.DataFrame(
        {
            "architecture": r["family"],
            "width": r["width"],
            "epochs": r["epochs"],
            "rows": r["rows"],
            "c(0.05)": r["vectors"]["final"]["leader"][0],
            "c(0.40)": r["vectors"]["final"]["leader"][len(THRESHOLDS) - 1],
            "test MAE": r["test_mae"],
        }
        for r in here
    )
    mean = frame.groupby(["architecture", "width", "epochs", "rows"], as_index=False).mean()
    rows = [
        [
            str(r["architecture"]),
            str(r["width"]),
            str(r["epochs"]),
            str(r["rows"]),
            f"{r['c(0.05)']:.0f}",
            f"{r['c(0.40)']:.0f}",
            f"{r['test MAE']:.4g}",
        ]
        for r in mean.to_dict("records")
    ]
    header = ["architecture", "width", "epochs", "rows", "clusters at 0.05", "at 0.40", "test MAE"]
    return f"Stability, as far as it was run:\n\n{markdown(header, rows)}"
