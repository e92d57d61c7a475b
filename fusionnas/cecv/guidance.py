"""The signed guidance in words, with the calculation behind each sentence.

The reasoning is that of Du et al. (step 6 of their procedure). A network with more clusters than
the target looks too much at single elements, and one with fewer looks too much at the whole
formula; the other side should be strengthened. This need not lower the error; the verdict of a
study (`fusionnas.cecv.verdict`) says whether it was so in the study.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fusionnas.cecv.target_band import HALF_WIDTH, TargetBand
from fusionnas.cecv.vector import Cecv

# how to strengthen a side; a deep convolution of width 3 already sees all elements of most
# compounds, so a wider kernel is not listed for the local side
_REMEDIES = {
    "too local": (
        "strengthen the global part: another recurrent or self-attention layer, attention with a "
        "residual connection after it, a skip fusion, fewer convolution blocks"
    ),
    "too global": (
        "strengthen the local part: more convolution blocks, a component that reads single "
        "elements beside the global ones, a parallel fusion"
    ),
}


@dataclass(frozen=True, slots=True)
class ThresholdGuidance:
    """A network and the band at one threshold; c, g, k and T are clusters per compound."""

    threshold: float
    clusters: float
    compounds: int
    c: float  # of the network
    g: float  # of the global reference at its width
    k: float  # of the local reference at its width
    weight: float  # w(t) of the centre line T = g + w (k - g)
    centre: float
    guidance: float | None  # (c - T) / (k - g); None if the threshold does not count
    reason: str | None = None  # why it does not count, about the references

    @property
    def words(self) -> str:
        """Too local, too global, in the band, or not counted."""
        return tendency(self.guidance)

    @property
    def arithmetic(self) -> str:
        """The calculation of the guidance, in numbers."""
        line = (
            f"c = {self.clusters:g} / {self.compounds} = {self.c:.3f}, "
            f"g = {self.g:.3f}, k = {self.k:.3f}, "
            f"T = g + {self.weight:.2f} (k - g) = {self.centre:.3f}"
        )
        if self.guidance is None:
            return f"{line}; the references {self.reason}"
        return f"{line}, (c - T) / (k - g) = {self.guidance:+.2f}"


def explain(vector: Cecv, band: TargetBand, width: int) -> list[ThresholdGuidance]:
    """The position of a vector relative to the band, threshold by threshold.

    Args:
        vector: vector of a network.
        band: made with the same probe, tap, rule and standardisation.
        width: width of the network, in channels.

    Raises:
        CECVError: there is no band, or vector and band cannot be compared.
    """
    signed = band.score_vector(vector, width).guidance
    g, k = band.references_at(width)
    rows = zip(
        vector.thresholds,
        vector.counts,
        vector.normalised,
        g,
        k,
        band.weight,
        band.centre(width),
        signed,
        band.reasons,
        strict=True,
    )
    return [
        ThresholdGuidance(
            t, count, vector.compounds, float(c), float(g_t), float(k_t), float(w), float(T), x, why
        )
        for t, count, c, g_t, k_t, w, T, x, why in rows
    ]


def tendency(guidance: float | None) -> str:
    """The guidance at one threshold in words; it is (c - T) / (k - g)."""
    if guidance is None:
        return "not counted"
    if abs(guidance) <= HALF_WIDTH:
        return "in the band"
    return "too local" if guidance > 0 else "too global"


def summary(
    thresholds: Sequence[float],
    guidance: Sequence[float | None],
    subject: str = "The chosen network",
) -> str:
    """At which thresholds the candidate is too local, too global or in the band, and the remedy.

    The remedy follows the paper's reasoning, for the side that is off at most thresholds.
    """
    by_tendency: dict[str, list[str]] = {}
    for t, g in zip(thresholds, guidance, strict=True):
        by_tendency.setdefault(tendency(g), []).append(f"{t:.2f}")
    parts = [
        f"{words} at {', '.join(by_tendency[words])}"
        for words in ("too local", "too global", "in the band")
        if words in by_tendency
    ]
    if not parts:
        return "No threshold counts."
    sentence = f"{subject} is {'; '.join(parts)}."
    off = [words for words in _REMEDIES if words in by_tendency]
    if not off:
        return sentence
    worst = max(off, key=lambda words: len(by_tendency[words]))
    return f"{sentence} The paper's reasoning would {_REMEDIES[worst]}."
