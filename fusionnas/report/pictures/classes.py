"""Views of a study of classes: ranking, confusion, reliability, and probabilities by class.

Symbols: p (N,) probabilities of class 1 of the test compounds, y (N,) their codes 0 and 1. The
probabilities are those before a correction by a temperature, which was fitted to the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from fusionnas.plots.style import AXIS, BEST, FAINT, GLOBAL, GRID, INK, TICK
from fusionnas.plots.view import View
from fusionnas.statistics import class_metrics
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BINS, MOST_BINS, IN_A_BIN = 20, 10, 8  # of histograms; of the reliability diagram
_LOOK = {"prediction": ("recommended network", BEST), "predictor": ("predictor", GLOBAL)}


def ranking(material: FinishedStudy) -> View:
    """ROC, and precision against recall."""
    import pandas as pd
    from sklearn.metrics import precision_recall_curve, roc_curve

    y, one = _codes(material), _names(material)[1]
    frames, told = [], []
    for label, _, p in _models(material):
        false, true, _ = roc_curve(y, p)
        precision, recall, _ = precision_recall_curve(y, p)
        frames += [
            pd.DataFrame({"model": label, "curve": "ROC", "x": false, "y": true}),
            pd.DataFrame({"model": label, "curve": "PR", "x": recall, "y": precision}),
        ]
        told.append(
            f"{label}: ROCAUC {class_metrics.roc_auc(p, y):.3f}, "
            f"PR-AUC {class_metrics.average_precision(p, y):.3f}"
        )
    table = pd.concat(frames, ignore_index=True)

    def draw(fig: Figure) -> None:
        left, right = fig.subplots(1, 2)
        left.plot([0, 1], [0, 1], color=FAINT, lw=1.2, ls="--")
        right.axhline(float(y.mean()), color=FAINT, lw=1.2, ls="--")
        for label, colour, _ in _models(material):
            for ax, curve in ((left, "ROC"), (right, "PR")):
                own = table[(table["model"] == label) & (table["curve"] == curve)]
                ax.plot(own["x"], own["y"], color=colour, lw=2, label=label)
        _square(left, f"share of the others taken for '{one}'", f"share of '{one}' found")
        _square(right, f"share of '{one}' found (recall)", "precision")
        left.legend(fontsize=8.5, loc="lower right")

    return View(
        "ranking",
        "How well classes are told apart",
        f"Test compounds are sorted by the probability of '{one}'. Left: the ROC curve, right: "
        "precision against recall; dashed lines are those of no knowledge. "
        f"{'; '.join(told)}.",
        table,
        draw,
        (8.6, 3.9),
    )


def confusion(material: FinishedStudy) -> View:
    """True and predicted classes of the recommended network."""
    import pandas as pd

    y, names = _codes(material), _names(material)
    said = class_metrics.predicted(material.predictions["prediction"].to_numpy(float))
    counts = np.array([[int(((y == t) & (said == p)).sum()) for p in (0, 1)] for t in (0, 1)])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    table = pd.DataFrame(
        [
            {"true class": names[t], "predicted class": names[p], "compounds": counts[t, p]}
            for t in (0, 1)
            for p in (0, 1)
        ]
    )

    def draw(fig: Figure) -> None:
        from matplotlib.patches import Rectangle

        ax = fig.subplots()
        for t in (0, 1):
            for p in (0, 1):
                colour = GLOBAL if t == p else BEST
                box = Rectangle(
                    (p - 0.48, t - 0.48), 0.96, 0.96, color=colour, alpha=0.12 + 0.4 * shares[t, p]
                )
                ax.add_patch(box)
                ax.text(
                    p, t - 0.08, f"{counts[t, p]:,}", ha="center", va="center", size=15, color=INK
                )
                ax.text(p, t + 0.2, f"{shares[t, p]:.0%}", ha="center", va="center", color=INK)
        ax.set_xlim(-0.5, 1.5)
        ax.set_ylim(1.5, -0.5)
        ax.set_xticks([0, 1], names)
        ax.set_yticks([0, 1], names, rotation=90, va="center")
        ax.tick_params(length=0)
        ax.set_xlabel("predicted class")
        ax.set_ylabel("true class")
        for spine in ax.spines.values():
            spine.set_visible(False)

    return View(
        "confusion",
        "Which classes are mistaken",
        f"The {len(y):,} test compounds by their true and their more probable class, by the "
        "recommended network; shares are of the true class.",
        table,
        draw,
        (4.6, 3.9),
    )


def reliability(material: FinishedStudy) -> View:
    """Stated probabilities and how often they come true."""
    import pandas as pd

    y, one = _codes(material), _names(material)[1]
    table = pd.concat(
        [_reliability(label, p, y) for label, _, p in _models(material)], ignore_index=True
    )

    def draw(fig: Figure) -> None:
        ax = fig.subplots()
        ax.plot([0, 1], [0, 1], color=FAINT, lw=1.2, ls="--")
        for label, colour, _ in _models(material):
            own = table[table["model"] == label]
            ax.vlines(own["stated"], own["low"], own["high"], color=colour, lw=1.6)
            ax.plot(own["stated"], own["seen"], "o-", color=colour, ms=6, mew=0, lw=1, label=label)
        _square(ax, f"stated probability of '{one}'", f"share that is '{one}'")
        ax.legend(fontsize=8.5, loc="upper left")

    return View(
        "reliability",
        "Can the probabilities be trusted?",
        "Test compounds in groups of rising probability: where the dashed line is above a dot at "
        "the right, or below one at the left, the model is too sure. Lines are 95% intervals "
        "(Wilson). Probabilities are those before a correction by a temperature.",
        table,
        draw,
        (4.8, 4.0),
    )


def probability_by_class(material: FinishedStudy) -> View:
    """The distribution of the probability within each true class."""
    import pandas as pd

    y, names = _codes(material), _names(material)
    p = material.predictions["prediction"].to_numpy(float)
    edges = np.linspace(0, 1, BINS + 1)
    counts = [np.histogram(p[y == code], edges)[0] for code in (0, 1)]
    table = pd.DataFrame(
        {"probability from": edges[:-1], "probability to": edges[1:]}
        | {f"true class {name}": found for name, found in zip(names, counts, strict=True)}
    )

    def draw(fig: Figure) -> None:
        top, bottom = fig.subplots(2, sharex=True)
        for ax, name, found, colour in zip(
            (top, bottom), names, counts, (AXIS, GLOBAL), strict=True
        ):
            ax.bar(edges[:-1], found, np.diff(edges), align="edge", color=colour, ec="none")
            ax.axvline(0.5, color=TICK, lw=1, ls="--")
            ax.set_ylabel("compounds")
            ax.set_title(f"truly '{name}'", size=9.5)
        bottom.set_xlabel(f"probability of '{names[1]}'")
        bottom.set_xlim(0, 1)

    return View(
        "probability-by-class",
        "Probabilities by class",
        f"The probability of '{names[1]}' that the recommended network gives to the test compounds "
        "of each true class. Compounds on the wrong side of the dashed line are mistaken.",
        table,
        draw,
        (5.6, 3.9),
    )


def _models(material: FinishedStudy) -> Iterator[tuple[str, str, np.ndarray]]:
    """Label, colour and probabilities of the network, and of the predictor if there is one."""
    rows = material.predictions
    for column, (label, colour) in _LOOK.items():
        if column in rows:
            yield label, colour, rows[column].to_numpy(float)


def _codes(material: FinishedStudy) -> np.ndarray:
    return material.predictions["target"].to_numpy(float)


def _names(material: FinishedStudy) -> tuple[str, str]:
    zero, one = material.facts["data"]["classes"]
    return str(zero), str(one)


def _reliability(label: str, p: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    """Groups of equal size: mean probability, share of class 1 with its interval, and size."""
    import pandas as pd
    from scipy.stats import binomtest

    count = int(np.clip(len(p) // IN_A_BIN, 1, MOST_BINS))
    rows = []
    for group in np.array_split(np.argsort(p, kind="stable"), count):
        around = binomtest(int(y[group].sum()), len(group)).proportion_ci(method="wilson")
        rows.append((label, p[group].mean(), y[group].mean(), around.low, around.high, len(group)))
    return pd.DataFrame(rows, columns=["model", "stated", "seen", "low", "high", "compounds"])


def _square(ax: Axes, x: str, y: str) -> None:
    ax.set_xlim(-0.01, 1.01)
    ax.set_ylim(-0.01, 1.02)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.grid(color=GRID)
