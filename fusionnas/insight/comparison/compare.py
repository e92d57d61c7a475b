"""Compares studies and bundles on test compositions that none of them has seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusionnas.data.reading.classes import Classes
from fusionnas.data.table import CompositionTable
from fusionnas.errors import BundleError, OptionError
from fusionnas.insight.comparison.contenders import of_network, yardsticks_of
from fusionnas.insight.comparison.judged import Judged
from fusionnas.insight.comparison.judgement import error_table, judge
from fusionnas.insight.comparison.test_set import common_test_set
from fusionnas.insight.known_data import (
    KnownData,
    check_reading,
    check_unit,
    earlier_compositions,
    load_known,
    trained_on,
    training_compositions,
)
from fusionnas.plots.notebook import notebook_html
from fusionnas.studies.folder import RUNS
from fusionnas.studies.named_network import Named, check_named_once, of_part, open_networks
from fusionnas.studies.trained_network import (
    TrainedNetwork,
    check_same_conditions,
    check_same_property,
)
from fusionnas.tasks.kinds import check_one_target, stored_task
from fusionnas.tasks.regression import REGRESSION
from fusionnas.tasks.task import Metric, Task

if TYPE_CHECKING:
    import pandas as pd

    from fusionnas.plots.view import View

CANNOT_TELL = (
    "Intervals and p cover the choice of test compositions. They do not cover how much another "
    "training of the same network, from another seed, would differ."
)


TOO_FEW = "Name at least two networks to compare, or a study and its yardsticks."
BEFORE_TEMPERATURE = (
    "Probabilities are those before a correction by a temperature, which test compositions may "
    "have chosen."
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The errors of networks on the same compositions."""

    target: str
    unit: str
    test_set: str  # the data that the test compositions are from
    compositions: int  # number of test compositions, or of rows
    left_out: int  # number that one of the networks has seen
    # One row for each contender: first the one that all are compared with, yardsticks last; see
    # `fusionnas.insight.comparison.judgement.judge`.
    table: pd.DataFrame
    predictions: pd.DataFrame  # a row a test composition: formula, target, and each contender's
    notes: tuple[str, ...]
    task: Task = REGRESSION
    counted: str = "compositions"  # or rows, where a composition has several conditions

    @property
    def words(self) -> str:
        """The results of the comparison in sentences."""
        return _words(self.table, self.unit, self.task.error)

    @property
    def size(self) -> str:
        """How much was tested, in words."""
        return f"{self.compositions:,} test {self.counted}"

    @property
    def views(self) -> tuple[View, ...]:
        """Errors and differences with their intervals, and errors against errors."""
        from fusionnas.insight.comparison.plots import errors_view, forest_view

        error = self.task.error
        forest = forest_view(self.table, self.target, self.unit, self.size, error)
        networks = list(self.table.loc[self.table["kind"] != "yardstick", "name"])
        others = networks[1:] or list(self.table["name"][1:2])
        first = self.table["name"].iloc[0]
        against = errors_view(self.predictions, first, others, self.unit, self.task)
        return (forest, against) if others else (forest,)

    @property
    def view(self) -> View:
        """Errors and differences with their intervals."""
        return self.views[0]

    def save(self, folder: str | Path) -> list[Path]:
        """Write the files of all views; returns their paths."""
        return [path for view in self.views for path in view.save(folder)]

    def __repr__(self) -> str:
        return f"<Comparison on {self.size}: {self.words}>"

    def _repr_html_(self) -> str:
        """The contenders and their errors in a notebook."""
        error = self.task.error.name
        columns = ["name", error, f"{error}_low", f"{error}_high", "difference", "verdict"]
        return notebook_html(self.words, self.table[columns], self.view)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        plain = self.table.astype(object).where(self.table.notna(), None)
        return {
            "target": self.target,
            "unit": self.unit,
            "test_set": self.test_set,
            "compositions": self.compositions,
            "left_out": self.left_out,
            "contenders": plain.to_dict("records"),
            "words": self.words,
            "notes": list(self.notes),
        }


def compare(
    *networks: Named,
    data: str | Path | None = None,
    assume_new: bool = False,
    yardsticks: bool = True,
    runs: str | Path = RUNS,
    seed: int = 0,
    on_step: Callable[[str], None] = lambda text: None,
    **reading: Any,
) -> Comparison:
    """Compare networks by their errors on the same compositions, by a paired bootstrap.

    Args:
        networks: finished studies by name or path, folders of bundles, or predictors; all are
            compared with the first. Those of several targets are compared on its target.
        data: compositions to test on, as for `load_dataset`; by default the data that the networks
            were trained on. Compositions that any network was trained on or chosen by are left out.
        assume_new: assume that `data` are new to networks whose training data are not available.
        yardsticks: also compare with the yardsticks of the first study.
        runs: folder of all studies.
        seed: seed of the bootstrap, and of the split of `data`.
        on_step: called with the name of the next step.
        reading: further options of `load_dataset`, for `data`.

    Raises:
        InputError: there are no networks, they cannot be compared, or the data cannot be read.
    """
    if assume_new and data is None:
        raise OptionError("--assume-new is about the compositions of --data; give --data as well.")
    check_reading(data, **reading)
    runs = Path(runs)
    on_step("Loading")
    opened = _of_one_target(open_networks(list(networks), runs))
    for network in opened:
        check_one_target(network.manifest, "a comparison")
        network.check_all_classes("A comparison")
    check_same_property(opened)
    check_same_conditions(opened)
    classes = check_same_classes(opened)
    task = stored_task(opened[0].manifest)
    on_step("Reading the test compositions")
    known = opened[0].predictor.conditions
    given = None if data is None else load_known(data, seed, classes, known, **reading)
    if given is not None:
        check_unit(given, opened[0])
    training = [_training(network, given, runs) for network in opened]
    earlier = [table for network in opened for table in earlier_compositions(network)]
    test = common_test_set(opened, training, given, assume_new, earlier)
    contenders = []
    for network in opened:
        on_step(f"Testing {network.name}")
        contenders.append(of_network(network, test))
    notes = [sentence for network in opened for sentence in network.beside_predictor]
    notes += [*(() if given is None else given.notes), *test.notes]
    study = next((Judged(n.study, n.part) for n in opened if n.study is not None), None)
    if study is not None and yardsticks:
        on_step("Testing the yardsticks")
        more, why_not = yardsticks_of(study, study.known(), test)
        contenders += more
        notes += why_not
    if len(contenders) < 2:
        raise OptionError(TOO_FEW)
    on_step("Drawing test sets")
    table = judge(contenders, test, seed, task)
    if classes:
        notes.append(BEFORE_TEMPERATURE)
    return Comparison(
        opened[0].target,
        opened[0].unit,
        test.name,
        len(test.table),
        test.left_out,
        table,
        error_table(contenders, test, classes),
        (*notes, CANNOT_TELL),
        task,
        test.counted,
    )


def _of_one_target(networks: list[TrainedNetwork]) -> list[TrainedNetwork]:
    """Of networks of several targets the models of the first network's one target."""
    first, *others = networks
    if first.predictor.targets:
        return networks
    for other in others:
        several = other.predictor.targets
        if several and first.target not in several:
            raise OptionError(
                f"'{first.name}' predicts {first.target}; '{other.name}' predicts "
                f"{', '.join(several)}."
            )
    found = [first, *(of_part(o, first.target) if o.predictor.targets else o for o in others)]
    check_named_once(found)
    return found


def check_same_classes(networks: Sequence[TrainedNetwork]) -> Classes:
    """The classes of the networks, none for numbers; BundleError if they differ."""
    first, *others = (tuple(one.manifest.get("classes", ())) for one in networks)
    for other in others:
        if other != first:
            told = " and ".join(", ".join(names) or "numbers" for names in (first, other))
            raise BundleError(f"The networks predict different things: {told}.")
    return first


def _training(
    network: TrainedNetwork, given: KnownData | None, runs: Path
) -> KnownData | CompositionTable | None:
    """The data that a network was trained on, if they can be found."""
    if given is not None and given.fingerprint == network.fingerprint:
        return given
    return trained_on(network, runs) or training_compositions(network)


def _words(table: pd.DataFrame, unit: str, error: Metric) -> str:
    """Sentences that compare the contenders with the first."""
    first, suffix = table["name"].iloc[0], f" {unit}" if unit else ""
    words = [f"{first} has a test {error.label} of {table[error.name].iloc[0]:.4g}{suffix}."]
    for verdict, joined in (
        ("tie", "The difference from {} is within chance."),
        ("better", "Better than it: {}."),
        ("worse", "Worse than it: {}."),
    ):
        names = list(table.loc[table["verdict"] == verdict, "name"])
        if names:
            words.append(joined.format(", ".join(names)))
    return " ".join(words)
