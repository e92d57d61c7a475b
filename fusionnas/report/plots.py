"""The plots of a study, but for its CECV. Each takes a figure: a page and a file can share it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.cecv.target_band import HALF_WIDTH
from fusionnas.report.style import BAND, BEST, FAINT, GLOBAL, INK
from fusionnas.search.objectives import DEFAULT, OBJECTIVES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def front_plot(
    fig: Figure, trials: pd.DataFrame, chosen: int, unit: str,
    objectives: Sequence[str] = DEFAULT,
) -> None:  # fmt: skip
    """The second objective against validation MAE, the recommended network marked.

    The front is joined where there are two objectives; of more, it is no line in this plane.
    """
    ax = fig.subplots()
    second = objectives[1]
    done = trials[trials["state"] == "done"]
    scored = done.dropna(subset=[second])
    on_front = scored[scored["on_front"]].sort_values("val_mae")
    for origin, marker in (("named", "s"), ("random", "^"), ("sampler", "o")):
        kind = scored["origin"].str.partition(":")[0]
        group = scored[kind == origin if origin != "sampler" else ~kind.isin(["named", "random"])]
        if len(group):
            ax.scatter(
                group["val_mae"], group[second], marker=marker, s=34, color="#7d8794",
                lw=0, label={"named": "named architectures", "random": "random design",
                             "sampler": "the sampler's"}[origin],
            )  # fmt: skip
    joined = len(objectives) == 2
    ax.plot(
        on_front["val_mae"], on_front[second], color=GLOBAL, lw=1.5, label="front",
        ls="-" if joined else "", marker="" if joined else "o", ms=9, mfc="none",
    )  # fmt: skip
    best = scored[scored["number"] == chosen]
    ax.scatter(
        best["val_mae"], best[second], s=150, marker="*", color=BEST, zorder=5,
        label="recommended",
    )  # fmt: skip
    if second == "cecv_deviation":
        ax.axhspan(0, HALF_WIDTH, color=BAND, alpha=0.18, lw=0)
        ax.text(
            0.99, HALF_WIDTH, "inside the band ", ha="right", va="top", fontsize=8,
            color="#49515c", transform=ax.get_yaxis_transform(),
        )  # fmt: skip
    if second == "parameters":
        ax.set_yscale("log")
    else:
        ax.set_ylim(bottom=0)
    ax.set_xlabel(f"validation MAE ({unit})" if unit else "validation MAE")
    about = {"cecv_deviation": "CECV deviation from the band's centre"}
    ax.set_ylabel(about.get(second, OBJECTIVES[second]))
    ax.grid()
    ax.legend(fontsize=8.5)


def learning_plot(
    fig: Figure, history: Sequence[Mapping[str, Any]], best_epoch: int, unit: str
) -> None:
    """Validation MAE over epochs, and the training loss on an axis of its own."""
    top, bottom = fig.subplots(2, sharex=True, height_ratios=[2, 1])
    epochs = [row["epoch"] for row in history]
    values = [row["val_mae"] for row in history]
    top.plot(epochs, values, color=BEST, lw=2, marker="o", ms=4)
    place = epochs.index(best_epoch)
    top.annotate(
        f"{values[place]:.4g}", (best_epoch, values[place]), xytext=(0, 8), ha="right",
        textcoords="offset points", color=BEST, fontweight="bold",
    )  # fmt: skip
    top.set_ylabel(f"validation MAE ({unit})" if unit else "validation MAE")
    top.margins(y=0.15)
    top.grid(axis="y")
    bottom.plot(epochs, [row["train_loss"] for row in history], color=INK, lw=1.4)
    bottom.set_ylabel("training loss")
    bottom.set_xlabel("epoch")
    bottom.xaxis.get_major_locator().set_params(integer=True)
    bottom.grid(axis="y")


def parity_plot(fig: Figure, predictions: pd.DataFrame, unit: str) -> None:
    """Prediction against target of the test part, coloured by the network's uncertainty."""
    ax = fig.subplots()
    order = predictions.sort_values("uncertainty")
    dots = ax.scatter(
        order["target"], order["prediction"], c=order["uncertainty"], s=7, lw=0, cmap="cividis",
        vmax=float(np.quantile(order["uncertainty"], 0.98)), rasterized=True,
    )  # fmt: skip
    both = np.concatenate([order["target"], order["prediction"]])
    ends = [both.min(), both.max()]
    ax.plot(ends, ends, color=INK, lw=0.9)
    suffix = f" ({unit})" if unit else ""
    ax.set_xlabel(f"target{suffix}")
    ax.set_ylabel(f"prediction{suffix}")
    ax.set_aspect("equal", adjustable="datalim")
    fig.colorbar(dots, ax=ax, label=f"uncertainty{suffix}", shrink=0.8)
    ax.grid()


def yardstick_plot(fig: Figure, maes: Mapping[str, float], unit: str) -> None:
    """Test MAE of the network and the yardsticks as bars, best at the top."""
    ax = fig.subplots()
    ranked = sorted(maes.items(), key=lambda item: -item[1])
    names = [name for name, _ in ranked]
    bars = ax.barh(
        names, [value for _, value in ranked], height=0.62,
        color=[BEST if name == "recommended network" else FAINT for name in names],
    )  # fmt: skip
    ax.bar_label(bars, fmt="{:.4g}", padding=4, fontsize=9.5)
    ax.set_xlabel(f"test MAE ({unit})" if unit else "test MAE")
    ax.tick_params(axis="y", length=0)
    ax.margins(x=0.12)
    ax.spines["left"].set_visible(False)
