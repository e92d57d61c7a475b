"""Did the band inform this study? Correlation of deviation and MAE over its random proposals.

Partial rank correlation given the logarithm of the number of parameters: larger networks have
both a lower MAE and fewer clusters, which alone would make a correlation. Only proposals drawn at
random count; those that a sampler chose are no fair sample.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata

DRAWS = 2000
FEWEST = 8  # architectures below which nothing can be told
NEGLIGIBLE = 0.2


@dataclass(frozen=True, slots=True)
class Verdict:
    """One of: informed, misled, no relation, cannot tell."""

    verdict: str
    correlation: float | None  # above 0: closer to the band goes with a lower MAE
    low: float | None  # 95% interval
    high: float | None
    architectures: int

    @property
    def words(self) -> str:
        if self.correlation is None:
            return (
                f"Whether the CECV band informed this study cannot be told: {self.architectures} "
                f"random proposals were scored, and at least {FEWEST} are needed."
            )
        number = (
            f"partial rank correlation of deviation and validation MAE {self.correlation:+.2f} "
            f"(95% interval {self.low:+.2f} to {self.high:+.2f}, {self.architectures} random "
            "proposals)"
        )
        return f"{_WORDS[self.verdict]}: {number}."

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"words": self.words}


_WORDS = {
    "informed": "The CECV band informed this study, networks nearer to it were better",
    "misled": "The CECV band misled this study, networks nearer to it were worse",
    "no relation": "The CECV band had no relation to the error in this study",
    "cannot tell": "Whether the CECV band informed this study cannot be told from so few networks",
}


def judge(deviation: np.ndarray, mae: np.ndarray, parameters: np.ndarray, seed: int = 0) -> Verdict:
    """The verdict over random proposals; all arrays are (architectures,)."""
    n = len(deviation)
    if n < FEWEST:
        return Verdict("cannot tell", None, None, None, n)
    rng = np.random.default_rng(seed)
    value = partial_rank_correlation(deviation, mae, parameters)
    draws = []
    for _ in range(DRAWS):
        rows = rng.integers(n, size=n)
        draws.append(partial_rank_correlation(deviation[rows], mae[rows], parameters[rows]))
    low, high = np.nanquantile(draws, [0.025, 0.975])
    if low > 0:
        word = "informed"
    elif high < 0:
        word = "misled"
    elif low > -NEGLIGIBLE and high < NEGLIGIBLE:
        word = "no relation"
    else:
        word = "cannot tell"
    return Verdict(word, value, float(low), float(high), n)


def partial_rank_correlation(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> float:
    """Correlation of the ranks of x and y after the ranks of z are regressed out of both.

    0 where x or y has nothing left.
    """
    a, b, c = (rankdata(v) - (len(v) + 1) / 2 for v in (x, y, z))
    if (norm := c @ c) > 0:
        a, b = a - c * (a @ c) / norm, b - c * (b @ c) / norm
    size = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / size) if size > 1e-12 * len(a) ** 3 else 0.0
