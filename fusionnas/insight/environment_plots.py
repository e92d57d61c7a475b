"""Pictures of clusters against thresholds: networks, reference networks and target band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.cecv.target_band import HALF_WIDTH, TargetBand
from fusionnas.plots.style import BAND, BEST, FAINT, GLOBAL, INK, LOCAL, SERIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def cecv_plot(
    fig: Figure,
    best: Mapping[str, Any],
    untrained: Mapping[str, Any],
    others: Sequence[Mapping[str, Any]],
    band: TargetBand | None,
    width: int,
) -> None:
    """One study: references dashed, band shaded, best network bold, others faint.

    Args:
        best: vector of the recommended network, as `Cecv.to_dict` gives it.
        untrained: vector of the same network before its training.
        others: vectors of the other finished trials.
        band: target band, or None.
        width: width of the recommended network; references are drawn interpolated to it.
    """
    ax = fig.subplots()
    t = np.array(best["thresholds"])
    for place, vector in enumerate(others):
        label = "other trials" if place == 0 else None
        ax.plot(t, vector["counts"], color=FAINT, lw=0.8, zorder=1, label=label)
    if band is not None:
        _draw_band(ax, band, width, best["compounds"])
    ax.plot(t, best["counts"], color=BEST, lw=3, marker="o", ms=5, label="recommended network")
    ax.plot(t, untrained["counts"], ":", color=BEST, lw=1.4, label="the same before training")
    _finish(ax, t, best["compounds"])
    ax.legend(fontsize=8.5)


def side_by_side_plot(
    fig: Figure,
    networks: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]],
    band: TargetBand | None,
    width: int,
) -> None:
    """Several networks: trained solid, untrained dotted in the same colour.

    Args:
        networks: trained and untrained vector by name, as `Cecv.to_dict` gives them.
        band: target band of a study, drawn at `width`.
    """
    ax = fig.subplots()
    first = next(iter(networks.values()))[0]
    t = np.array(first["thresholds"])
    if band is not None:
        _draw_band(ax, band, width, first["compounds"])
    for place, (name, (trained, untrained)) in enumerate(networks.items()):
        color, marker = SERIES[place % len(SERIES)], "osD^vP"[place % 6]
        ax.plot(t, trained["counts"], color=color, lw=2.2, marker=marker, ms=5, label=name)
        label = f"{name}, untrained" if len(networks) == 1 else None
        ax.plot(t, untrained["counts"], ":", color=color, lw=1.4, label=label)
    if len(networks) > 1:
        ax.plot([], [], ":", color=INK, lw=1.4, label="untrained (same colour)")
    _finish(ax, t, first["compounds"])
    ax.legend(fontsize=8.5)


def between_references(
    ax: Axes, curves: Mapping[str, np.ndarray], band: TargetBand, width: int, compounds: int
) -> None:
    """Counts (T,) by label on a given axis, between the references; without a legend."""
    t = np.array(band.thresholds)
    _draw_band(ax, band, width, compounds)
    for place, (name, counts) in enumerate(curves.items()):
        turn, color = divmod(place, len(SERIES))
        ax.plot(
            t,
            counts,
            ("-", "-.")[turn % 2],
            color=SERIES[color],
            lw=1.6,
            marker="os"[turn % 2],
            ms=4,
            label=name,
        )
    _finish(ax, t, compounds)


def _draw_band(ax: Axes, band: TargetBand, width: int, compounds: int) -> None:
    t = np.array(band.thresholds)
    g, k = (curve * compounds for curve in band.references_at(width))
    ax.plot(t, g, "--", color=GLOBAL, lw=1.8, label="global reference (LSTM)")
    ax.plot(t, k, "--", color=LOCAL, lw=1.8, label="local reference (DCNN-K1)")
    if not band.exists:
        return
    centre = band.centre(width) * compounds
    half = HALF_WIDTH * np.abs(k - g)
    ax.fill_between(
        t,
        centre - half,
        centre + half,
        color=BAND,
        alpha=0.35,
        lw=0,
        label=f"target band at width {width}",
    )
    if band.dropped:
        ax.plot(
            band.dropped,
            np.zeros(len(band.dropped)),
            "x",
            color=INK,
            ms=6,
            clip_on=False,
            transform=ax.get_xaxis_transform(),
            label="threshold not counted",
        )


def _finish(ax: Axes, t: np.ndarray, compounds: int) -> None:
    from matplotlib.ticker import LogLocator, NullLocator

    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:.0f}")
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_xticks(t, [f"{x:.2f}" for x in t])
    ax.set_xlabel("threshold (largest difference of element correlations)")
    ax.set_ylabel(f"clusters of {compounds:,} compounds")
    ax.grid(axis="y")
