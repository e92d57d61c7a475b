"""Sentences about the worth of a search, and about the limits of a single run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fusionnas.insight.comparison.budget import Choice
from fusionnas.insight.comparison.judgement import SIGNIFICANT
from fusionnas.insight.comparison.sides import Side
from fusionnas.statistics.best_of import best_of
from fusionnas.tasks.task import Metric

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Measure:
    """The error that judges networks, and its unit."""

    error: Metric
    unit: str

    @property
    def label(self) -> str:
        return self.error.label

    def amount(self, value: float, digits: int = 3) -> str:
        """A value of the error with its unit, if it has one."""
        return f"{value:.{digits}g} {self.unit}".rstrip()


def answers(
    sides: Mapping[str, Side],
    tested: pd.DataFrame,
    against: pd.DataFrame,
    chance: float | None,
    chosen: Mapping[str, Any],
    measure: Measure,
) -> Iterator[str]:
    """One sentence for each comparison: named networks, random search, and other studies.

    Args:
        sides: trials by proposer.
        tested, against: see `SearchWorth`; empty without weights.
        chance: see `SearchWorth`.
        chosen: number and validation error of the study's best network.
        measure: what validation and test are judged by.
    """
    proposer = next(n for n, side in sides.items() if chosen["number"] in side.numbers)
    rows = {} if tested.empty else {row["name"]: row for row in tested.to_dict("records")}
    yield _against_named(proposer, sides["named"], _row_of(rows, "named"), chosen, measure)
    yield _against_random(proposer, sides, _row_of(rows, "random"), chance, chosen, measure)
    pairs = against.to_dict("records")
    for ours, theirs in zip(pairs[::2], pairs[1::2], strict=True):
        yield _against_study(ours, theirs, measure)


def of_one_target(target: str | None) -> Iterator[str]:
    """What a comparison by one of several targets means; nothing if the whole study is judged."""
    if target is not None:
        yield (
            f"The search minimised the relative MAE of all targets. Here the best network of each "
            f"side, and that of the search, is the trial with the lowest validation MAE of "
            f"{target}; the final training, in which all targets chose, is left out."
        )


def caveats(
    sides: Mapping[str, Side],
    tested: pd.DataFrame,
    compositions: int,
    missing: Sequence[str],
    noise: float | None,
    measure: Measure,
    has_others: bool,
) -> Iterator[str]:
    """The limits of the comparison."""
    if missing:
        yield (
            f"Not tested, since their weights were not kept: {', '.join(missing)}. If a test "
            "is missing, the answer rests on validation errors. These chose the networks, so they "
            "favour the side with most tries; search with --keep-weights all to test them."
        )
    if len(tested) > 1:
        rows = tested.iloc[1:]
        blur = float((rows["difference_high"] - rows["difference_low"]).median() / 2)
        yield (
            f"The test part was used for {len(tested)} networks, each chosen by validation "
            f"{measure.label} alone; p values are corrected for {len(rows)} comparisons. "
            f"{compositions:,} test compositions cannot show an advantage below about "
            f"{measure.amount(blur, 2)}."
        )
    if final := sum(side.final for side in sides.values()):
        yield (
            f"The final training of the best networks took as long as {final} further trials and "
            "chose the network that is recommended; the sides are compared by their trials as "
            "they ended, and so without it."
        )
    if len(sides["sampler"]) and len(sides["random"]):
        before = len(sides["random"]) + len(sides["named"])
        yield (
            f"The sampler's {len(sides['sampler'])} proposals used the {before} trials before "
            "them, and the random ones used nothing: counting proposals alone favours the sampler."
        )
    if noise is not None:
        yield (
            f"Trained again from another seed, a network's validation {measure.label} here moves "
            f"by about {measure.amount(noise, 2)}"
            " (standard deviation, from the reference networks): smaller gains mean nothing."
        )
    if not has_others:
        yield (
            "This is one run. A study with --sampler random, the same options and as many trials, "
            "named after this one, compares whole searches."
        )


def _against_named(
    proposer: str, named: Side, row: Row | None, chosen: Mapping[str, Any], measure: Measure
) -> str:
    if named.best is None:
        return "No named network is among the finished trials, so nothing can be said about them."
    if proposer == "named":
        return (
            f"The search found nothing better than a named network: its best, trial "
            f"{chosen['number']}, is one of its {len(named)} named first trials."
        )
    if row is None:
        return _on_validation("the best named network", named, chosen, measure)
    return _tested_words("the best named network", row, measure)


def _against_random(
    proposer: str,
    sides: Mapping[str, Side],
    row: Row | None,
    chance: float | None,
    chosen: Mapping[str, Any],
    measure: Measure,
) -> str:
    random, sampler = sides["random"], sides["sampler"]
    if random.best is None:
        return (
            "No random proposal is among the finished trials, so nothing can be said about random "
            "search."
        )
    if sampler.best is None:
        return (
            "The sampler has no finished trial: all are named or random, so that nothing was "
            "searched. More --trials would let it."
        )
    tries = min(len(random), len(sampler))
    draw = best_of(random.errors, tries)
    spread = f"from {draw.low:.4g} to {draw.high:.4g} in 90% of draws".replace("inf", "none at all")
    told = (
        f"Validation {measure.label} at {tries} tries: the sampler's best {sampler.lowest:.4g}, "
        f"the best of as many random ones {draw.mean:.4g} on average, {spread}."
    )
    if proposer != "sampler":
        where = "a random proposal" if proposer == "random" else "a named network"
        return (
            "The search found nothing better than random search at equal budget: its best, trial "
            f"{chosen['number']}, is {where}. {told}"
        )
    assert chance is not None
    luck = (
        f"were the sampler's {len(sampler)} proposals no better than the {len(random)} random "
        f"ones, its best would rank as well with a chance of {chance:.0%}"
    )
    if row is not None and row["verdict"] == "tie":
        return (
            "The search found nothing better than random search at equal budget: against the best "
            f"of {len(random)} random proposals, on the test {_gain(row, measure)}, a tie. {told}"
        )
    better = (
        _tested_words(f"the best of {len(random)} random proposals", row, measure)
        if row is not None
        else _on_validation(f"the best of {len(random)} random proposals", random, chosen, measure)
    ).rstrip(".")
    if row is not None and row["verdict"] == "better":
        return f"{better}. {told}"
    if chance >= SIGNIFICANT:
        return f"{better}; but this can be luck: {luck}. {told}"
    return f"{better}, and hardly by luck: {luck}. {told}"


def _against_study(ours: Row, theirs: Row, measure: Measure) -> str:
    """Compares with a whole other search, at an equal number of trainings."""
    name, val = measure.error.name, measure.error.key("val")
    told = (
        f"test {measure.label} {ours[name]:.4g} against {measure.amount(theirs[name], 4)}"
        f", validation {ours[val]:.4g} against {theirs[val]:.4g}"
    )
    found = {"worse": "better than", "better": "worse than", "tie": "nothing better than"}
    tie = ", a tie" if theirs["verdict"] == "tie" else ""
    return (
        f"{_budget(ours, theirs)}, {ours['name']} found {found[theirs['verdict']]} "
        f"{theirs['name']}: {told}{tie}."
    )


def _budget(ours: Row, theirs: Row) -> str:
    """The trainings with which both were chosen."""
    if not (ours["final"] or theirs["final"]):
        return f"At {ours['tries']} trials each"
    spent = "; ".join(
        f"{row['name']}: {Choice(row['trial'], row['tries'], row['final']).words}"
        for row in (ours, theirs)
    )
    return f"At {ours['budget']} trainings each ({spent})"


def _tested_words(whom: str, row: Row, measure: Measure) -> str:
    gain = _gain(row, measure)
    if row["verdict"] == "tie":
        return f"The search found nothing better than {whom}: on the test {gain}, a tie."
    found = "is worse than" if row["verdict"] == "better" else "beats"
    return f"The search's best {found} {whom}: on the test {gain}."


def _gain(row: Row, measure: Measure) -> str:
    """How much lower the error of the study's best is than another one's, with the interval."""
    gain = _lower(measure.amount(abs(row["difference"])), row["difference"])
    low, high = (
        _lower(f"{abs(d):.3g}", d) for d in (row["difference_low"], row["difference_high"])
    )
    return f"its {measure.label} is {gain} (95% interval {low} to {high})"


def _lower(amount: str, difference: float) -> str:
    return f"{amount} {'lower' if difference >= 0 else 'higher'}"


def _on_validation(whom: str, side: Side, chosen: Mapping[str, Any], measure: Measure) -> str:
    gain = side.lowest - chosen[measure.error.key("val")]
    return (
        f"On validation alone, which flatters it, the search's best is lower than {whom} by "
        f"{measure.amount(gain)}."
    )


def _row_of(rows: Mapping[str, Row], side: str) -> Row | None:
    """The tested best of a side, if it is not the study's best itself."""
    for name, row in rows.items():
        if name.startswith("best of") and row["side"] == side:
            return row
    return None
