"""States what a model can be used for, in three sentences made by rules.

Terminal, report, model card, MLflow and `predict` all use the same sentences, since they are made
here once from the results on the test part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.statistics.weighted import weighted_median

TENTH, FEWEST = 0.1, 50  # share of the test compounds; fewest compounds for a statement
LEARNED, WORTH, SCREENING, VALUES = 0.98, 0.8, 0.5, 0.2  # shares of the median predictor's error


@dataclass(frozen=True, slots=True)
class Gap:
    """The error of a model minus that of the best yardstick, with its 95% interval."""

    yardstick: str
    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Facts:
    """The results of a model on the test part."""

    mae: float
    median_mae: float  # error of the median of the training targets
    top_tenth: float | None  # share of the predicted highest tenth that is in the true one
    unit: str
    noise: float | None = None  # how far entries of one composition differ, if some repeat
    of_errors: float | None = None  # mean absolute error that error bars of the data alone give
    yardstick: str | None = None  # the best one
    difference: float = 0.0  # the model's MAE minus that of the best yardstick
    low: float = 0.0  # 95% interval of the difference
    high: float = 0.0

    @property
    def share(self) -> float:
        """The error as a share of the median predictor's error."""
        return self.mae / self.median_mae if self.median_mae > 0 else 1.0

    @property
    def behind(self) -> bool:
        """Whether the best yardstick predicts better, by more than chance."""
        return self.yardstick is not None and self.low > 0


@dataclass(frozen=True, slots=True)
class Rule:
    """A statement for a kind of model: what to use it for."""

    name: str
    applies: Callable[[Facts], bool]
    words: Callable[[Facts], str]
    warns: bool = False


def _highest(facts: Facts) -> str:
    if facts.top_tenth is None:
        return ""
    return (
        f" Of the tenth of the test compounds that it predicts highest, {facts.top_tenth:.0%} are "
        "in the true highest tenth."
    )


# the first rule that applies is used
RULES = (
    Rule(
        "nothing learned",
        lambda facts: facts.share >= LEARNED,
        lambda facts: "It learned nothing that helps: do not use it.",
        warns=True,
    ),
    Rule(
        "hardly better than the median",
        lambda facts: facts.share >= WORTH,
        lambda facts: (
            "It is hardly better than the median: do not use its values, and trust its ranking "
            f"little.{_highest(facts)}"
        ),
        warns=True,
    ),
    Rule(
        "ranking",
        lambda facts: facts.share >= SCREENING,
        lambda facts: f"Use it to rank candidates, not for single values.{_highest(facts)}",
    ),
    Rule(
        "screening",
        lambda facts: facts.share >= VALUES,
        lambda facts: (
            "Use it to rank and to screen candidates, and single values only with their intervals."
            f"{_highest(facts)}"
        ),
    ),
    Rule(
        "values",
        lambda facts: True,
        lambda facts: (
            "Use its values with their intervals, for compounds that `predict` does not mark as "
            "far from the training data."
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Usefulness:
    """What a model can be used for."""

    rule: str  # name of the rule
    words: str
    warns: bool  # to be shown in red, and at each prediction
    facts: Facts

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def measured(
    predicted: np.ndarray,
    target: np.ndarray,
    median: float,
    unit: str,
    noise: float | None = None,
    best: Mapping[str, Any] | None = None,
    of_errors: float | None = None,
) -> Facts:
    """Compute the facts of a model.

    Args:
        predicted: predictions for the test part, (N,), in the unit of the target.
        target: true values, (N,).
        median: median of the training targets.
        unit: unit of the target.
        noise: mean difference of entries of one composition; None if none repeats.
        best: comparison with the best yardstick: label, difference and difference_interval.
        of_errors: mean absolute error that the error bars alone give; None without error bars.
    """
    facts = Facts(
        float(np.abs(predicted - target).mean()),
        float(np.abs(median - target).mean()),
        _top_tenth(predicted, target),
        unit,
        noise,
        of_errors,
    )
    if best is None or not best.get("difference_interval"):
        return facts
    low, high = best["difference_interval"]
    return replace(
        facts,
        yardstick=str(best["label"]),
        difference=float(best["difference"]),
        low=float(low),
        high=float(high),
    )


def measured_on(
    dataset: Dataset, predicted: np.ndarray, best: Mapping[str, Any] | None = None
) -> Facts:
    """Facts of a model from its predictions of a data set's test part; `best` as in `measured`.

    The median is that of the training and the validation part, as the median among the yardsticks.
    """
    parts, noise = dataset.parts, dataset.noise
    rows = np.concatenate([parts.train, parts.val])
    median = weighted_median(dataset.targets[rows], dataset.weights_of(rows))
    apart = noise.deviation if noise.merged else None
    target = dataset.targets[parts.test]
    return measured(predicted, target, median, dataset.unit, apart, best, noise.of_errors)


def usefulness(facts: Facts, subject: str) -> Usefulness:
    """State what a model can be used for.

    Args:
        facts: results on the test part.
        subject: name of the model in the sentences: The predictor, The network.
    """
    rule = next(rule for rule in RULES if rule.applies(facts))
    words = " ".join([_error(facts, subject), *_beside(facts), rule.words(facts)])
    return Usefulness(rule.name, words, rule.warns or facts.behind, facts)


def of_answer(uses: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The statement for the model that a study predicts with; None for a study of version 0.1.

    Args:
        uses: `usefulness` in its summary.
    """
    return uses.get("predictor") or uses.get("network")


def _error(facts: Facts, subject: str) -> str:
    unit = f" {facts.unit}" if facts.unit else ""
    noise = ""
    if facts.noise is not None:
        noise = f"; entries of one composition differ by {facts.noise:.4g}{unit}"
    if facts.of_errors is not None:
        noise += f"; the error bars of the data alone give {facts.of_errors:.4g}{unit}"
    return (
        f"{subject} errs by {facts.mae:.4g}{unit} on average (test MAE), {facts.share:.0%} of the "
        f"median's error ({facts.median_mae:.4g}{unit}){noise}."
    )


def _beside(facts: Facts) -> list[str]:
    if facts.yardstick is None:
        return []
    gap = Gap(facts.yardstick, facts.difference, facts.low, facts.high)
    return [gap_words(gap, facts.unit)]


def gap_words(gap: Gap, unit: str = "") -> str:
    """A model compared with the best yardstick, in a sentence."""
    told = f" {unit}" if unit else ""
    ends = sorted((abs(gap.low), abs(gap.high)))
    by = f"{abs(gap.difference):.3g}{told} (95% interval {ends[0]:.3g} to {ends[1]:.3g})"
    if gap.low > 0:
        return f"The best yardstick, {gap.yardstick}, predicts better by {by}: prefer it."
    if gap.high < 0:
        return f"It is better than the best yardstick, {gap.yardstick}, by {by}."
    return f"It and the best yardstick, {gap.yardstick}, differ within chance."


def _top_tenth(predicted: np.ndarray, target: np.ndarray) -> float | None:
    if len(target) < FEWEST:
        return None
    size = round(TENTH * len(target))
    chosen, true = (np.argsort(-values, kind="stable")[:size] for values in (predicted, target))
    return len(np.intersect1d(chosen, true)) / size
