"""Views of a study of classes: ranking, confusion, reliability, and probabilities by class.

Symbols: p (N,) probabilities of an event for the test compounds, y (N,) whether it is true; which
event is said in `fusionnas.report.pictures.class_scores`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.plots.style import AXIS, BEST, FAINT, GLOBAL, GRID, INK, TICK
from fusionnas.plots.view import View
from fusionnas.report.pictures.class_scores import (
    codes,
    frequent,
    names,
    of_network,
    probabilities,
    rankings,
    statements,
)
from fusionnas.statistics import class_metrics
from fusionnas.studies.finished import FinishedStudy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BINS, MOST_BINS, IN_A_BIN = 20, 10, 8  # of histograms; of the reliability diagram


def ranking(material: FinishedStudy) -> View:
    """ROC, and precision against recall."""
    import pandas as pd
    from sklearn.metrics import precision_recall_curve, roc_curve

    known, scored = names(material), rankings(material)
    one = f"'{known[1]}'" if len(known) == 2 else "the class"
    frames, told = [], []
    for own in scored:
        false, true, _ = roc_curve(own.y, own.p)
        precision, recall, _ = precision_recall_curve(own.y, own.p)
        frames += [
            pd.DataFrame({"model": own.label, "curve": "ROC", "x": false, "y": true}),
            pd.DataFrame({"model": own.label, "curve": "PR", "x": recall, "y": precision}),
        ]
        told.append(
            f"{own.label}: ROCAUC {class_metrics.roc_auc(own.p, own.y):.3f}, "
            f"PR-AUC {class_metrics.average_precision(own.p, own.y):.3f}"
        )
    table = pd.concat(frames, ignore_index=True)

    def draw(fig: Figure) -> None:
        left, right = fig.subplots(1, 2)
        left.plot([0, 1], [0, 1], color=FAINT, lw=1.2, ls="--")
        for share in {float(own.y.mean()) for own in scored}:
            right.axhline(share, color=FAINT, lw=1.2, ls="--")
        for own in scored:
            for ax, curve in ((left, "ROC"), (right, "PR")):
                line = table[(table["model"] == own.label) & (table["curve"] == curve)]
                ax.plot(line["x"], line["y"], color=own.colour, lw=2, label=own.label)
        _square(left, f"share of the others taken for {one}", f"share of {one} found")
        _square(right, f"share of {one} found (recall)", "precision")
        left.legend(fontsize=8.5, loc="lower right")

    each = "" if len(known) == 2 else " Each class is ranked against all others."
    return View(
        "ranking",
        "How well classes are told apart",
        f"Test compounds are sorted by the probability of {one}. Left: the ROC curve, right: "
        f"precision against recall; dashed lines are those of no knowledge.{each} "
        f"{'; '.join(told)}.",
        table,
        draw,
        (8.6, 3.9),
    )


def confusion(material: FinishedStudy) -> View:
    """True and predicted classes of the recommended network."""
    import pandas as pd

    y, known = codes(material), names(material)
    said = class_metrics.most_probable(of_network(material))
    every = range(len(known))
    counts = np.array([[int(((y == t) & (said == p)).sum()) for p in every] for t in every])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    table = pd.DataFrame(
        [
            {"true class": known[t], "predicted class": known[p], "compounds": counts[t, p]}
            for t in every
            for p in every
        ]
    )
    small = len(known) > 4

    def draw(fig: Figure) -> None:
        from matplotlib.patches import Rectangle

        ax = fig.subplots()
        for t in every:
            for p in every:
                colour = GLOBAL if t == p else BEST
                box = Rectangle(
                    (p - 0.48, t - 0.48), 0.96, 0.96, color=colour, alpha=0.12 + 0.4 * shares[t, p]
                )
                ax.add_patch(box)
                middle: Any = {"ha": "center", "va": "center", "color": INK}
                number = f"{counts[t, p]:,}"
                ax.text(p, t - 0.08 * (not small), number, size=9 if small else 15, **middle)
                if not small:
                    ax.text(p, t + 0.2, f"{shares[t, p]:.0%}", **middle)
        ax.set_xlim(-0.5, len(known) - 0.5)
        ax.set_ylim(len(known) - 0.5, -0.5)
        ax.set_xticks(every, known, rotation=90 if small else 0)
        ax.set_yticks(every, known, rotation=0 if small else 90, va="center")
        ax.tick_params(length=0)
        ax.set_xlabel("predicted class")
        ax.set_ylabel("true class")
        for spine in ax.spines.values():
            spine.set_visible(False)

    grown = min(0.55 * max(0, len(known) - 2), 8.0)
    return View(
        "confusion",
        "Which classes are mistaken",
        f"The {len(y):,} test compounds by their true and their most probable class, by the "
        "recommended network; shares are of the true class.",
        table,
        draw,
        (4.6 + grown, 3.9 + grown),
    )


def reliability(material: FinishedStudy) -> View:
    """Stated probabilities and how often they come true."""
    import pandas as pd

    known, said = names(material), statements(material)
    two = len(known) == 2
    table = pd.concat([_reliability(own.label, own.p, own.y) for own in said], ignore_index=True)

    def draw(fig: Figure) -> None:
        ax = fig.subplots()
        ax.plot([0, 1], [0, 1], color=FAINT, lw=1.2, ls="--")
        for one in said:
            own = table[table["model"] == one.label]
            ax.vlines(own["stated"], own["low"], own["high"], color=one.colour, lw=1.6)
            look: Any = {"color": one.colour, "ms": 6, "mew": 0, "lw": 1, "label": one.label}
            ax.plot(own["stated"], own["seen"], "o-", **look)
        event = f"'{known[1]}'" if two else "the most probable class"
        _square(ax, f"stated probability of {event}", f"share that is {event}")
        ax.legend(fontsize=8.5, loc="upper left")

    sure = (
        "where the dashed line is above a dot at the right, or below one at the left, the model is "
        "too sure"
        if two
        else "where the dashed line is above a dot, the model is too sure"
    )
    of = "" if two else " The probability is that of the most probable class."
    return View(
        "reliability",
        "Can the probabilities be trusted?",
        f"Test compounds in groups of rising probability: {sure}.{of} Lines are 95% intervals "
        "(Wilson). Probabilities are those before a correction by a temperature.",
        table,
        draw,
        (4.8, 4.0),
    )


def probability_by_class(material: FinishedStudy) -> View:
    """The distribution of a probability within each true class."""
    import pandas as pd

    y, known, p = codes(material), names(material), probabilities(material)
    two, shown = len(known) == 2, frequent(material)
    event = f"'{known[1]}'" if two else "the true class"
    edges = np.linspace(0, 1, BINS + 1)
    counts = [np.histogram(p[y == code, 1 if two else code], edges)[0] for code in shown]
    table = pd.DataFrame(
        {"probability from": edges[:-1], "probability to": edges[1:]}
        | {f"true class {known[code]}": found for code, found in zip(shown, counts, strict=True)}
    )

    def draw(fig: Figure) -> None:
        axes = fig.subplots(len(shown), sharex=True)
        for place, (ax, code, found) in enumerate(zip(axes, shown, counts, strict=True)):
            colour = AXIS if two and place == 0 else GLOBAL
            ax.bar(edges[:-1], found, np.diff(edges), align="edge", color=colour, ec="none")
            if two:
                ax.axvline(0.5, color=TICK, lw=1, ls="--")
            ax.set_ylabel("compounds")
            ax.set_title(f"truly '{known[code]}'", size=9.5)
        axes[-1].set_xlabel(f"probability of {event}")
        axes[-1].set_xlim(0, 1)

    words = (
        f"The probability of '{known[1]}' that the recommended network gives to the test compounds "
        "of each true class. Compounds on the wrong side of the dashed line are mistaken."
        if two
        else "The probability of the true class that the recommended network gives to the test "
        "compounds of each class."
    )
    return View(
        "probability-by-class",
        "Probabilities by class",
        words,
        table,
        draw,
        (5.6, 3.9 if two else 1.6 * len(shown)),
    )


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
