"""Did the band inform this study? Correlation of deviation and MAE over its random proposals.

It is a partial rank correlation, given the logarithm of the number of parameters, because larger
networks have both a lower MAE and fewer clusters, which alone would cause a correlation. Only
proposals that were drawn at random and always trained to the end are a fair sample. A sampler
prefers some networks. A rung passes networks that are good in one quantity or the other, and among
these two independent quantities look opposed (Berkson, Biometrics Bulletin 2 (1946) 47).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import norm, rankdata

FEWEST = 8  # with fewer architectures there is no verdict
NEGLIGIBLE = 0.2
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Verdict:
    """One of: informed, misled, no relation, cannot tell."""

    verdict: str
    correlation: float | None  # above 0: networks closer to the band have a lower MAE
    low: float | None  # 95% interval
    high: float | None
    architectures: int
    reason: str = ""  # why there is no correlation

    @property
    def words(self) -> str:
        if self.correlation is None:
            return f"Whether the CECV band informed this study cannot be told: {self.reason}."
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


def judge(deviation: np.ndarray, mae: np.ndarray, parameters: np.ndarray) -> Verdict:
    """The verdict over random proposals; all arrays are (architectures,)."""
    n = len(deviation)

    def untold(reason: str) -> Verdict:
        return Verdict("cannot tell", None, None, None, n, reason)

    if n < FEWEST:
        return untold(f"the fair sample has {n} random proposals, but at least {FEWEST} are needed")
    for name, values in (("deviation", deviation), ("validation MAE", mae)):
        if not rank_residual(values, parameters).any():
            return untold(
                f"its {n} random proposals do not differ in {name} when the number of parameters "
                "is given"
            )
    r = partial_rank_correlation(deviation, mae, parameters)
    low, high = rank_interval(r, n)
    if low > 0:
        word = "informed"
    elif high < 0:
        word = "misled"
    elif low > -NEGLIGIBLE and high < NEGLIGIBLE:
        word = "no relation"
    else:
        word = "cannot tell"
    return Verdict(word, r, low, high, n)


def partial_rank_correlation(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> float:
    """Correlation of the ranks of x and y after the ranks of z are regressed out of both.

    All arrays are (architectures,). NaN if x or y does not vary after that.
    """
    a, b = rank_residual(x, z), rank_residual(y, z)
    size = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / size) if size > 0 else float("nan")


def rank_residual(v: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Centred ranks of v minus their regression on the ranks of z; zeros if nothing remains."""
    n = len(v)
    a, c = (rankdata(values) - (n + 1) / 2 for values in (v, z))
    if (square := c @ c) > 0:
        a = a - c * (a @ c) / square
    return a if a @ a > 1e-12 * n**3 else np.zeros(n)


def rank_interval(r: float, n: int) -> tuple[float, float]:
    """95% interval of a partial rank correlation r over n architectures, one variable given.

    Fisher's z with the variance (1 + r^2 / 2) / (n - 4) of a rank correlation (Bonett and Wright,
    Psychometrika 65 (2000) 23; one degree of freedom less for the given variable). For so few
    architectures a percentile bootstrap is too narrow: with 8 it excludes zero in one of five
    samples of unrelated quantities, and this interval in one of thirty.
    """
    z = np.arctanh(np.clip(r, -1 + 1e-9, 1 - 1e-9))
    half = norm.ppf((1 + LEVEL) / 2) * np.sqrt((1 + r * r / 2) / (n - 4))
    return float(np.tanh(z - half)), float(np.tanh(z + half))
