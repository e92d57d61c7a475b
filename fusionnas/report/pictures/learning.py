"""Learning curves of the recommended network, the rest of the front, and the references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.plots.numbers import short
from fusionnas.plots.style import BEST, GLOBAL, LOCAL, SERIES, whole_numbers
from fusionnas.plots.view import View
from fusionnas.searching.final_training import is_whole
from fusionnas.studies.finished import FinishedStudy, Side

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_OF_FRONT = 3
_OWN = "recommended network"
_REFERENCES: tuple[tuple[Side, str, str], ...] = (
    ("global", GLOBAL, "global reference (LSTM)"),
    ("local", LOCAL, "local reference (DCNN-K1)"),
)
_OTHERS = [SERIES[i] for i in (2, 3, 5)]


def learning(material: FinishedStudy) -> View:
    import pandas as pd

    curves = list(_curves(material))
    table = pd.concat(
        [
            pd.DataFrame(
                {
                    "network": name,
                    "epoch": [r["epoch"] for r in result["history"]],
                    "train_loss": [r["train_loss"] for r in result["history"]],
                    material.val: [r[material.val] for r in result["history"]],
                }
            )
            for name, result, _ in curves
        ],
        ignore_index=True,
    )

    def draw(fig: Figure) -> None:
        top, bottom = fig.subplots(2, sharex=True, height_ratios=[3, 2])
        for name, result, style in reversed(curves):
            history = result["history"]
            epochs = [row["epoch"] for row in history]
            top.plot(epochs, [row[material.val] for row in history], label=name, **style)
            bottom.plot(epochs, [row["train_loss"] for row in history], **style)
        best = material.judged
        value = best[material.val]
        top.plot([best["best_epoch"]], [value], "o", ms=7, mew=0, color=BEST)
        top.annotate(
            short(value),
            (best["best_epoch"], value),
            xytext=(0, -14),
            ha="right",
            textcoords="offset points",
            color=BEST,
            fontweight="bold",
        )
        errors = table[material.val]
        low = min(float(errors.min()), value)
        high = min(float(errors.max()), low + 2.5 * (float(np.quantile(errors, 0.6)) - low or 1.0))
        top.set_ylim(low - 0.12 * (high - low), high)
        top.set_ylabel(material.with_unit(f"val. {material.error.label}"))
        fig.legend(
            *top.get_legend_handles_labels(),
            fontsize=8.5,
            reverse=True,
            ncols=2,
            loc="outside lower center",
        )
        top.grid(axis="y")
        bottom.set_ylabel("training loss")
        bottom.set_xlabel("epoch")
        whole_numbers(bottom.xaxis)
        bottom.grid(axis="y")

    return View(
        "learning",
        "How the networks learned",
        f"Validation {material.error.label} after each epoch"
        + (f" ({material.unit})" if material.unit else "")
        + ", and the training loss of the standardised target. The dot is the network that was "
        "kept: the weights of the best epoch, or the mean of several where the recipe averages. "
        + _again(material)
        + "References are those of the width nearest to the recommended network's.",
        table,
        draw,
        (5.8, 5.0),
    )


def _again(material: FinishedStudy) -> str:
    """What a reader must know of the curves of networks that were trained several times."""
    words = ""
    if material.folder.folds:
        words += "Curves of networks on folds are those of the first fold. "
    if is_whole(material.chosen_folder):
        words += (
            "The recommended network was refitted to all training and validation rows; its curve "
            "is that of the training by which it was judged. "
        )
    return words


def _curves(material: FinishedStudy) -> Iterator[tuple[str, Mapping[str, Any], dict[str, Any]]]:
    """Name, result and style of each network that is drawn, the recommended one first."""
    chosen = int(material.summary["chosen"]["number"])
    yield _OWN, material.judged, {"color": BEST, "lw": 2.6, "zorder": 5}
    others = [row["number"] for row in material.summary["front"] if row["number"] != chosen]
    kept = [int(n) for n in others if int(n) in material.results][:MOST_OF_FRONT]
    for number, color in zip(kept, _OTHERS, strict=False):
        yield f"front: trial {number}", material.results[number], {"color": color, "lw": 1.5}
    for side, color, name in _REFERENCES:
        result = material.reference_result(side)
        if result is not None:
            yield name, result, {"color": color, "lw": 1.6, "ls": "--"}
