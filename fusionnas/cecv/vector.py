"""The chemical environment clustering vector (CECV) of a network, with its provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from fusionnas.cecv.clustering import THRESHOLDS, cluster_blocks
from fusionnas.cecv.correlation import Standardisation
from fusionnas.cecv.rules import Rule
from fusionnas.errors import CECVError


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a vector was made. Vectors with different provenance are never compared."""

    tap: str
    rule: str
    standardise: str
    probe: str  # for people
    probe_hash: str

    def check_same(self, other: Provenance) -> None:
        """Raise CECVError if the vectors of the two cannot be compared."""
        for field in ("tap", "rule", "standardise", "probe_hash"):
            mine, theirs = getattr(self, field), getattr(other, field)
            if mine != theirs:
                raise CECVError(
                    f"These clustering vectors cannot be compared: their {field} differs "
                    f"('{mine}' and '{theirs}'). Make both with the same probe, tap, rule and "
                    "standardisation."
                )


@dataclass(frozen=True, slots=True)
class Cecv:
    """The number of clusters at each threshold."""

    thresholds: tuple[float, ...]
    counts: tuple[float, ...]
    counts_by_n: Mapping[int, tuple[float, ...]]
    compounds: int  # clustered compounds
    left_out: Mapping[str, int]
    provenance: Provenance

    @property
    def normalised(self) -> np.ndarray:
        """c(t) = counts / compounds, (T,)."""
        return np.array(self.counts) / self.compounds

    @property
    def degenerate_share(self) -> float:
        """Share of the compounds of usable size whose elements no channel distinguishes."""
        degenerate = self.left_out["degenerate"]
        return degenerate / max(self.compounds + degenerate, 1)

    def to_dict(self) -> dict[str, Any]:
        plain = asdict(self)
        plain["counts_by_n"] = {str(n): list(row) for n, row in self.counts_by_n.items()}
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Cecv:
        return cls(
            tuple(plain["thresholds"]),
            tuple(plain["counts"]),
            {int(n): tuple(row) for n, row in plain["counts_by_n"].items()},
            int(plain["compounds"]),
            dict(plain["left_out"]),
            Provenance(**plain["provenance"]),
        )


def make_cecv(
    blocks: Mapping[int, np.ndarray],
    probe: str,
    probe_hash: str,
    tap: str = "readout_input",
    rule: Rule = "leader",
    standardise: Standardisation = "within",
    thresholds: tuple[float, ...] = THRESHOLDS,
) -> Cecv:
    """The vector of element feature matrices (N_n, n, d) by n, in the order of the probe.

    Raises:
        CECVError: see `fusionnas.cecv.clustering.cluster_counts`.
    """
    clustering = cluster_blocks(blocks, thresholds, rule, standardise)
    return Cecv(
        clustering.thresholds,
        clustering.counts,
        clustering.counts_by_n,
        clustering.compounds,
        {"too_few_elements": clustering.too_small, "degenerate": clustering.degenerate},
        Provenance(tap, rule, standardise, probe, probe_hash),
    )


def mean_vector(vectors: Sequence[Cecv]) -> Cecv:
    """The mean vector of several networks for one probe; all must be made in the same way.

    Networks may leave out different numbers of compounds. The clusters of each count as a share of
    its own compounds then, so that `normalised` is the mean of theirs.
    """
    first = vectors[0]
    for other in vectors[1:]:
        first.provenance.check_same(other.provenance)
    by_n = {
        n: tuple(
            np.mean([v.counts_by_n[n] for v in vectors if n in v.counts_by_n], axis=0).tolist()
        )
        for n in sorted({n for vector in vectors for n in vector.counts_by_n})
    }
    counts = np.mean([vector.counts for vector in vectors], axis=0)
    kept = {vector.compounds for vector in vectors}
    if len(kept) == 1:
        return replace(first, counts=tuple(counts.tolist()), counts_by_n=by_n)
    compounds = round(float(np.mean([vector.compounds for vector in vectors])))
    counts = compounds * np.mean([vector.normalised for vector in vectors], axis=0)
    left_out = {
        reason: round(float(np.mean([vector.left_out.get(reason, 0) for vector in vectors])))
        for reason in first.left_out
    }
    return replace(
        first,
        counts=tuple(counts.tolist()),
        counts_by_n=by_n,
        compounds=compounds,
        left_out=left_out,
    )
