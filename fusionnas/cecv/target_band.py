"""The target band between a global and a local reference, and the distance of a vector from it.

Symbols: c(t) is counts / compounds of a candidate; g(t) and k(t) are the same for the global (LSTM)
and the local (DCNN-K1) reference; w(t) rises from 0 at the smallest to 0.5 at the largest
threshold; T = g + w (k - g) is the centre line; s = |k - g|. All are (T,).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fusionnas.cecv.vector import Cecv, Provenance
from fusionnas.errors import CECVError

HALF_WIDTH = 0.15  # half width of the band, in units of s
FEWEST = 4  # the smallest number of thresholds of a band
SIDES = ("global", "local")
# why a threshold does not count, about the references
NOISE = "differ there by less than twice their seed noise"
CROSSED = "are equal there, or change their order between the widths"


@dataclass(frozen=True, slots=True)
class Reference:
    """A trained reference network of one width and seed."""

    side: str  # global or local
    width: int
    seed: int
    vector: Cecv


@dataclass(frozen=True, slots=True)
class Score:
    """The position of a candidate relative to the band."""

    deviation: float  # mean |c - T| / s over the kept thresholds; the second objective
    excess: float  # mean max(0, |c - T| / s - 0.15): 0 for a vector inside the band
    guidance: tuple[float | None, ...]  # (c - T) / (k - g): above 0 too local, below too global


@dataclass(frozen=True, slots=True)
class TargetBand:
    """Reference curves at two widths (or one), and the thresholds where they differ enough."""

    thresholds: tuple[float, ...]
    widths: tuple[int, ...]  # ascending
    global_curves: np.ndarray  # (widths, T), means over seeds
    local_curves: np.ndarray  # (widths, T)
    seed_deviation: np.ndarray  # (T,), of a single reference, pooled over sides and widths
    kept: np.ndarray  # (T,) bool
    provenance: Provenance  # of the references' vectors

    @classmethod
    def of(cls, references: Sequence[Reference]) -> TargetBand:
        """The band of trained references, each side with the same widths.

        Raises:
            CECVError: vectors of different provenance, a side without references, or widths that
                differ between the sides.
        """
        if not references:
            raise CECVError("A target band needs references; there are none.")
        first = references[0].vector
        for reference in references[1:]:
            first.provenance.check_same(reference.vector.provenance)
        widths = tuple(sorted({r.width for r in references}))
        curves: dict[str, list[np.ndarray]] = {side: [] for side in SIDES}
        variances = []
        for side in SIDES:
            for width in widths:
                rows = [
                    r.vector.normalised for r in references if (r.side, r.width) == (side, width)
                ]
                if not rows:
                    raise CECVError(f"There is no {side} reference of width {width}.")
                curves[side].append(np.mean(rows, axis=0))
                if len(rows) > 1:
                    variances.append(np.var(rows, axis=0, ddof=1))
        g, k = np.array(curves["global"]), np.array(curves["local"])
        deviation = np.sqrt(np.mean(variances, axis=0)) if variances else np.zeros(g.shape[1])
        kept = (np.abs(k - g).min(axis=0) >= 2 * deviation) & _apart(g, k)
        return cls(first.thresholds, widths, g, k, deviation, kept, first.provenance)

    @property
    def hash(self) -> str:
        """A hash of all fields of the band."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def apart(self) -> np.ndarray:
        """Thresholds (T,) where the curves neither touch nor cross between the widths."""
        return _apart(self.global_curves, self.local_curves)

    @property
    def exists(self) -> bool:
        """Whether the references differ at enough thresholds."""
        return int(self.kept.sum()) >= FEWEST

    @property
    def dropped(self) -> tuple[float, ...]:
        """Thresholds that do not count; `reasons` says why."""
        return tuple(t for t, k in zip(self.thresholds, self.kept, strict=True) if not k)

    @property
    def reasons(self) -> tuple[str | None, ...]:
        """Why each threshold (T,) does not count, about the references; None if it does."""
        gap = np.abs(self.local_curves - self.global_curves).min(axis=0)
        crossed = ~self.apart & (gap >= 2 * self.seed_deviation)
        return tuple(
            None if kept else CROSSED if crosses else NOISE
            for kept, crosses in zip(self.kept, crossed, strict=True)
        )

    @property
    def weight(self) -> np.ndarray:
        """w(t)."""
        t = np.array(self.thresholds)
        return 0.5 * (t - t[0]) / (t[-1] - t[0]) if len(t) > 1 else np.zeros(1)

    def references_at(self, width: int) -> tuple[np.ndarray, np.ndarray]:
        """g(t) and k(t), interpolated in the logarithm of the width."""
        x, xs = np.log(width), np.log(self.widths)
        g, k = (
            np.array([np.interp(x, xs, column) for column in curves.T])
            for curves in (self.global_curves, self.local_curves)
        )
        return g, k

    def centre(self, width: int) -> np.ndarray:
        """T(t)."""
        g, k = self.references_at(width)
        return g + self.weight * (k - g)

    def score(self, c: np.ndarray, width: int) -> Score:
        """The distance of a normalised vector (T,) from the centre line at its own width.

        This is for plain numbers; for a `Cecv` use `score_vector`, which also checks it.

        Raises:
            CECVError: there is no band.
        """
        if not self.exists:
            raise CECVError(self.describe())
        g, k = self.references_at(width)
        signed = (c - self.centre(width)) / np.where(self.kept, k - g, 1)
        off = np.abs(signed[self.kept])
        return Score(
            deviation=float(off.mean()),
            excess=float(np.maximum(0, off - HALF_WIDTH).mean()),
            guidance=tuple(
                float(x) if kept else None for x, kept in zip(signed, self.kept, strict=True)
            ),
        )

    def score_vector(self, vector: Cecv, width: int) -> Score:
        """The distance of a network's vector from the centre line at the network's own width.

        Raises:
            CECVError: there is no band, or its vectors were made in another way.
        """
        self.check_comparable(vector.provenance, vector.thresholds)
        return self.score(vector.normalised, width)

    def check_comparable(self, provenance: Provenance, thresholds: Sequence[float]) -> None:
        """Raise CECVError if vectors with this provenance cannot be compared with the band."""
        self.provenance.check_same(provenance)
        if tuple(thresholds) != self.thresholds:
            raise CECVError(
                "A vector and a target band must have the same thresholds, but got "
                f"{list(thresholds)} for the vector and {list(self.thresholds)} for the band. "
                "Make both with the same version of FusionNAS."
            )

    def describe(self) -> str:
        """The state of the band in words."""
        if not self.dropped:
            return f"The target band rests on all {len(self.thresholds)} thresholds."
        words = f"The target band rests on {int(self.kept.sum())} thresholds."
        if not self.exists:
            words = (
                f"There is no target band: it needs {FEWEST} thresholds, and only "
                f"{int(self.kept.sum())} are left."
            )
        why = list(zip(self.thresholds, self.reasons, strict=True))
        for reason in (NOISE, CROSSED):
            if listed := ", ".join(f"{t:.2f}" for t, found in why if found == reason):
                words += f" Dropped, because the references {reason}: {listed}."
        return words

    def to_dict(self) -> dict[str, Any]:
        return {
            "thresholds": list(self.thresholds),
            "widths": list(self.widths),
            "global": self.global_curves.tolist(),
            "local": self.local_curves.tolist(),
            "seed_deviation": self.seed_deviation.tolist(),
            "kept": self.kept.tolist(),
            "provenance": asdict(self.provenance),
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> TargetBand:
        """The band of `to_dict`; `fusionnas.cecv.band_file.read_band` checks a user's file."""
        return cls(
            tuple(map(float, plain["thresholds"])),
            tuple(plain["widths"]),
            np.array(plain["global"], dtype=float),
            np.array(plain["local"], dtype=float),
            np.array(plain["seed_deviation"], dtype=float),
            np.array(plain["kept"], dtype=bool),
            Provenance(**plain["provenance"]),
        )


def _apart(g: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Thresholds (T,) where k - g, (widths, T), has one sign at all widths, so that s > 0."""
    return np.logical_or((k > g).all(axis=0), (k < g).all(axis=0))
