"""Describes a table before anything is trained."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.elements import SYMBOLS
from fusionnas.data.nearest import NearestComposition
from fusionnas.data.units import unit_in

SPIKE = 0.05  # smallest share of rows with one value that counts as a spike
# how much farther the 99th percentile is from the median than the 75th: normal 3.4, Laplace 5.6
HEAVY = 8.0
GAP = 1.0  # decades without a value, between two heaps of values
SCARCE = 0.2  # a class with a smaller share of the rows is told
HEAP = 0.02  # smallest share of rows in each heap
RARE = 5  # an element in fewer compositions is rare
NEAR = 0.05  # share of atoms: nearer compositions hardly test a model
SAMPLE = 1000  # number of test compositions whose distance is measured
LEAK = "their composition is"  # in notes on compositions in several parts
SHORT = (
    "unit",
    "rows",
    "gaps",
    "duplicates",
    "spike",
    "tails",
    "unseen",
)  # what a search tells, beside warnings
UNSEEN = "only in the test part, not in training"
LISTED = 12  # largest number of elements in a sentence


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a user should check, or only know."""

    name: str
    words: str  # those about one of several targets begin with its name
    warns: bool = False


@dataclass(frozen=True, slots=True)
class TargetSpread:
    """One of several targets."""

    target: str
    unit: str
    compositions: int  # that have a value of it
    parts: tuple[int, int, int]  # of these for training, validation and test
    quantiles: tuple[float, ...]  # at 0, 0.25, 0.5, 0.75 and 1


@dataclass(frozen=True, slots=True)
class Inspection:
    """Facts about a data set, and its unusual features."""

    rows: int
    compositions: int
    elements: int
    fewest_elements: int  # of a composition
    most_elements: int
    # of the target, at 0, 0.25, 0.5, 0.75 and 1; () for classes and for several targets
    quantiles: tuple[float, ...]
    findings: tuple[Finding, ...]
    classes: tuple[tuple[str, int], ...] = ()  # each class with its compositions; () for numbers
    targets: tuple[TargetSpread, ...] = ()  # several ones

    @property
    def summary(self) -> str:
        """Rows and elements in one line."""
        low, high = self.fewest_elements, self.most_elements
        size = f"{low} to {high}" if high > low else str(low)
        return (
            f"{self.rows:,} rows, {self.compositions:,} compositions of {self.elements} elements, "
            f"{size} in each"
        )

    def target_words(self, unit: str) -> str:
        """The spread of the target in one line."""
        if self.classes:
            return ", ".join(
                f"'{name}' {count:,} ({count / self.compositions:.0%})"
                for name, count in self.classes
            )
        return _spread_words(self.quantiles, unit)

    def target_lines(self, target: str, unit: str) -> list[str]:
        """A line on the target with its name, or one on each of several targets."""
        if not self.targets:
            return [f"{target}: {self.target_words(unit)}"]
        return [
            f"{one.target}: {one.compositions:,} compositions "
            f"({one.compositions / self.compositions:.0%}; {one.parts[0]:,} train, "
            f"{one.parts[1]:,} validate, {one.parts[2]:,} test), "
            f"{_spread_words(one.quantiles, one.unit)}"
            for one in self.targets
        ]


def _spread_words(quantiles: Sequence[float], unit: str) -> str:
    low, first, median, third, high = (f"{value:.4g}" for value in quantiles)
    end = f" {unit}" if unit else ""
    return f"{low} to {high}{end}, median {median}, middle half {first} to {third}"


def inspect_dataset(
    dataset: Dataset, warnings: Sequence[str] = (), nearness: bool = True
) -> Inspection:
    """Inspect a data set, in less than a second for a hundred thousand compositions.

    Args:
        dataset: data set, read and split.
        warnings: warnings from reading it.
        nearness: also measure how far the test part is from the training part.
    """
    lengths, targets = dataset.table.lengths, dataset.targets
    each = [dataset.of_target(place) for place in range(len(dataset.several))]
    number = not (dataset.classes or each)
    findings = (
        *(Finding("reading", words, warns=True) for words in warnings),
        *(Finding("rows", note, warns=LEAK in note) for note in dataset.notes),
        *(_of_each(dataset, each) if each else _of_target(dataset)),
        *_elements(dataset),
        *(_nearness(dataset) if nearness else ()),
    )
    return Inspection(
        len(targets) + dataset.noise.merged,
        len(targets),
        len(dataset.table.elements()),
        int(lengths.min()),
        int(lengths.max()),
        _quantiles(targets) if number else (),
        findings,
        tuple((name, int((targets == code).sum())) for code, name in enumerate(dataset.classes)),
        tuple(_spread_of(own) for own in each),
    )


def _quantiles(targets: np.ndarray) -> tuple[float, ...]:
    return tuple(np.quantile(targets, [0, 0.25, 0.5, 0.75, 1]).tolist())


def _spread_of(own: Dataset) -> TargetSpread:
    parts = (len(own.parts.train), len(own.parts.val), len(own.parts.test))
    return TargetSpread(own.target, own.unit, len(own.targets), parts, _quantiles(own.targets))


def _of_target(dataset: Dataset) -> Iterator[Finding]:
    yield from _unit(dataset)
    yield from _duplicates(dataset)
    yield from _scarce(dataset) if dataset.classes else _values(dataset, dataset.targets)


def _of_each(dataset: Dataset, each: Sequence[Dataset]) -> Iterator[Finding]:
    """What concerns each of several targets, and how many values are gaps."""
    known = np.isfinite(dataset.targets)
    if not known.all():
        yield Finding(
            "gaps",
            f"{1 - known.mean():.0%} of the values are gaps; {int(known.all(axis=1).sum()):,} of "
            f"{len(known):,} compositions have all {known.shape[1]} targets",
        )
    everywhere = set(_unseen(dataset))
    for own in each:
        for one in _of_target(own):
            yield replace(one, words=f"{own.target}: {one.words}")
        if unseen := [symbol for symbol in _unseen(own) if symbol not in everywhere]:
            yield Finding("unseen", f"{own.target}: {UNSEEN}: {_listed(unseen)}")


def _unit(dataset: Dataset) -> Iterator[Finding]:
    told = unit_in(dataset.target)
    if told and not dataset.unit and not dataset.classes:
        words = f"no unit is given: add --unit {shlex.quote(told)} if the column has it"
        yield Finding("unit", words)


def _duplicates(dataset: Dataset) -> Iterator[Finding]:
    noise = dataset.noise
    if not noise.merged:
        return
    if dataset.classes:
        yield Finding("duplicates", noise.describe("", classes=True))
        return
    spread = float(np.abs(dataset.targets - np.median(dataset.targets)).mean())
    share = f", {noise.deviation / spread:.0%} of the median predictor's error" if spread else ""
    yield Finding("duplicates", f"{noise.describe(dataset.unit)}{share}")
    if noise.worst and noise.deviation > 0:
        words = "; ".join(group.words for group in noise.worst)
        yield Finding("disagreement", f"largest disagreements: {words}")
    if noise.units:
        yield Finding("units", f"mixed units? {noise.units}", warns=True)


def _scarce(dataset: Dataset) -> Iterator[Finding]:
    for code, name in enumerate(dataset.classes):
        if (share := float((dataset.targets == code).mean())) < SCARCE:
            yield Finding("scarce", f"only {share:.1%} of the compositions are '{name}'")


def _values(dataset: Dataset, targets: np.ndarray) -> Iterator[Finding]:
    unit = f" {dataset.unit}" if dataset.unit else ""
    values, counts = np.unique(targets, return_counts=True)
    common = int(counts.argmax())
    spike = counts[common] / len(targets)
    if spike >= SPIKE and len(values) > 1 and counts[common] > 2:
        yield Finding("spike", f"{spike:.0%} of the compositions have {values[common]:g}{unit}")
    for sign in (1, -1):
        odd = values[sign * values < 0]
        if len(odd) == 1 and (count := int((targets == odd[0]).sum())) > 1 and spike < 0.5:
            side = "negative" if sign > 0 else "positive"
            yield Finding(
                "placeholder",
                f"{odd[0]:g} is the only {side} value, in {count} compositions: does it mean a "
                "missing value?",
                warns=True,
            )
    yield from _heaps(targets, unit)
    yield from _tails(targets)


def _heaps(targets: np.ndarray, unit: str) -> Iterator[Finding]:
    sizes = np.sort(np.abs(targets[targets != 0]))
    few = int(np.ceil(HEAP * len(sizes)))
    if len(sizes) < 20:
        return
    steps = np.diff(np.log10(sizes[few - 1 : len(sizes) - few + 1]))
    place = int(steps.argmax()) + few - 1
    if steps.max() >= GAP:
        yield Finding(
            "heaps",
            f"mixed units? {place + 1:,} values are up to {sizes[place]:.3g}{unit}, "
            f"{len(sizes) - place - 1:,} are from {sizes[place + 1]:.3g}{unit} on, none between",
            warns=True,
        )


def _tails(targets: np.ndarray) -> Iterator[Finding]:
    weight = _tail_weight(targets)
    if weight < HEAVY or len(targets) < 100:
        return
    words = f"long tails: the 99th percentile is {weight:.0f} times as far out as the middle half"
    if (targets > 0).all() and _tail_weight(np.log(targets)) < weight / 2:
        words += "; the logarithm of the target has shorter ones"
    yield Finding("tails", words)


def _tail_weight(targets: np.ndarray) -> float:
    distance = np.abs(targets - np.median(targets))
    middle, far = np.quantile(distance, [0.5, 0.98])  # both tails together
    return float(far / middle) if middle > 0 else 0.0


def _elements(dataset: Dataset) -> Iterator[Finding]:
    table = dataset.table
    counts = {z: int(table.contains(z).sum()) for z in table.elements()}
    if rare := [SYMBOLS[z] for z, count in counts.items() if count < RARE]:
        yield Finding("rare", f"in fewer than {RARE} compositions: {_listed(rare)}")
    if unseen := _unseen(dataset):
        yield Finding("unseen", f"{UNSEEN}: {_listed(unseen)}")


def _unseen(dataset: Dataset) -> list[str]:
    seen = set(dataset.elements_seen())
    return [SYMBOLS[z] for z in dataset.table.take(dataset.parts.test).elements() if z not in seen]


def _nearness(dataset: Dataset) -> Iterator[Finding]:
    """How far the test part is from the training part."""
    test = dataset.parts.test
    if not len(test):
        return
    rows = test[np.unique(np.linspace(0, len(test) - 1, min(len(test), SAMPLE)).astype(np.int64))]
    known = NearestComposition(dataset.table.take(dataset.parts.train))
    distance = known.find(dataset.table.take(rows)).distances
    words = (
        f"the nearest training composition of a test composition differs by "
        f"{np.median(distance):.0%} of its atoms (median)"
    )
    near = float((distance <= NEAR).mean())
    if near >= 0.1:
        words += (
            f"; {near:.0%} of the test part differ by at most {NEAR:.0%}, so that the test says "
            "little about new chemistry (--split chemical-system or cluster:K tests this)"
        )
    yield Finding("nearness", words)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more
