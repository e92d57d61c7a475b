"""The figures and tables of docs/evidence.md."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import fill

import numpy as np
import pandas as pd

from benchmarks.evidence.analysis import POOLED, RIVALS, Estimate
from fusionnas.plots.style import BEST, FAINT, INK, SERIES, figure

TITLES = {
    "ricci_seebeck_p": "Seebeck coefficient (Ricci)",
    "bartel_formation_enthalpy": "formation enthalpy (Bartel)",
    "aflow_bandgap": "band gap (AFLOW)",
    "oqmd_bandgap": "band gap (OQMD)",
    POOLED: "pooled",
}


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """A table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def deviation_and_error(table: pd.DataFrame, path: Path) -> None:
    """Deviation against log MAE, both less the mean of their family and arm; a panel a data set."""
    sets = list(dict.fromkeys(table["data"]))
    families = list(dict.fromkeys(table["family"]))
    with figure(9.2, 7.4) as fig:
        axes = fig.subplots(2, 2).ravel()
        for ax, data in zip(axes, sets, strict=True):
            rows = table[table["data"] == data]
            groups = rows.groupby(["family", "arm"])
            x = rows["trained"] - groups["trained"].transform("mean")
            y = 100 * (rows["log_mae"] - groups["log_mae"].transform("mean"))
            for place, family in enumerate(families):
                mine = rows["family"] == family
                ax.scatter(
                    x[mine],
                    y[mine],
                    s=22,
                    lw=0.6,
                    color=SERIES[place % len(SERIES)],
                    marker="os^vDPX*"[place % 8],
                    label=family,
                    alpha=0.85,
                    edgecolor="white",
                )
            ax.axhline(0, color=FAINT, lw=0.8, zorder=0)
            ax.axvline(0, color=FAINT, lw=0.8, zorder=0)
            ax.set_title(TITLES[data])
        for ax in axes[2:]:
            ax.set_xlabel("CECV deviation, less its family's mean")
        for ax in axes[::2]:
            ax.set_ylabel("test MAE, % off its family's mean")
        handles, labels = axes[0].get_legend_handles_labels()
        fig.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8.5)
        fig.savefig(path, metadata={"Date": None})


def intervals(
    h1: Mapping[str, Estimate], rivals: Mapping[str, Mapping[str, Estimate]], path: Path
) -> None:
    """H1 and, below it, how much better than each rival, with 95% intervals."""
    names = list(h1)
    rows = [("deviation and test MAE (H1)", h1, BEST)]
    rows += [(f"better than {RIVALS[r]} (H3)", found, SERIES[2]) for r, found in rivals.items()]
    with figure(9.2, 4.6) as fig:
        axes = fig.subplots(1, len(names), sharey=True, sharex=True)
        for ax, name in zip(axes, names, strict=True):
            for place, (_, found, color) in enumerate(rows):
                e = found[name]
                if np.isfinite(e.value):
                    ax.plot([e.low, e.high], [place, place], color=color, lw=2)
                    ax.plot(e.value, place, "o", color=color, ms=6)
                else:
                    ax.text(
                        0,
                        place,
                        "no band",
                        ha="center",
                        va="center",
                        fontsize=8,
                        color=INK,
                        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
                    )
            ax.axvline(0, color=INK, lw=0.8)
            ax.set_title(fill(TITLES[name], 12), fontsize=9.5)
            ax.grid(axis="x")
        axes[0].set_yticks(range(len(rows)), [label for label, _, _ in rows])
        axes[0].invert_yaxis()
        fig.supxlabel("partial rank correlation, or difference of two; 95% interval", fontsize=10)
        fig.savefig(path, metadata={"Date": None})


def trained_and_not(table: pd.DataFrame, path: Path) -> None:
    """Clusters per compound at three thresholds: untrained against trained networks."""
    from matplotlib.ticker import LogLocator, NullFormatter

    sets = list(dict.fromkeys(table["data"]))
    with figure(9.2, 3.4) as fig:
        axes = fig.subplots(1, 3)
        for ax, t in zip(axes, ("0.05", "0.20", "0.40"), strict=True):
            both = np.exp(table[[f"untrained/{t}", f"final/{t}"]].to_numpy(dtype=float))
            for place, data in enumerate(sets):
                mine = (table["data"] == data).to_numpy()
                ax.scatter(
                    both[mine, 0],
                    both[mine, 1],
                    s=14,
                    lw=0,
                    alpha=0.75,
                    color=SERIES[place],
                    marker="os^D"[place],
                    label=TITLES[data],
                )
            ends = [np.nanmin(both), np.nanmax(both)]
            ax.plot(ends, ends, color=INK, lw=0.8)
            ax.set_title(f"threshold {t}")
            ax.set_xscale("log")
            ax.set_yscale("log")
            for axis in (ax.xaxis, ax.yaxis):
                axis.set_major_locator(LogLocator(subs=(1, 3)))
                axis.set_major_formatter("{x:g}")
                axis.set_minor_formatter(NullFormatter())
            ax.set_xlabel("clusters per compound, untrained")
            ax.grid()
        axes[0].set_ylabel("trained")
        handles, labels = axes[0].get_legend_handles_labels()
        fig.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8.5)
        fig.savefig(path, metadata={"Date": None})
