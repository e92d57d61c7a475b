"""A trained network from which another training starts."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from fusionnas.data.conditions import Conditions
from fusionnas.data.dataset import Dataset
from fusionnas.data.reading.classes import Classes
from fusionnas.data.scaling import Scaler
from fusionnas.data.splits import SMALLEST
from fusionnas.data.table import CompositionTable, concatenate
from fusionnas.errors import OptionError
from fusionnas.networks.architecture import NONE, Architecture
from fusionnas.networks.canonical import identity, with_conditions
from fusionnas.networks.line import line
from fusionnas.networks.named import load_architecture
from fusionnas.networks.network import Network
from fusionnas.tasks.kinds import task_of
from fusionnas.tasks.regression import REGRESSION
from fusionnas.training.batches import Compounds
from fusionnas.training.data import TrainingData
from fusionnas.training.inference import predict_standardised
from fusionnas.training.recipe import Recipe

LEAST_SKILL = 0.25  # smallest skill of a network to start from; below it there is little to hand on
JUDGED = 2000  # largest number of training compositions for judging the first network's scale
FEWEST_THAT_CHOOSE = 10  # fewest unknown validation compositions that may choose an epoch
A_NUMBER = "a number"  # what a network of one target predicts
_OUTPUTS = ("readout.", "output.")  # weights of what gives a number or the logits of classes
# for each part of a split: its name for people, and its smallest number of compositions
_CLEANED = {"val": ("validation", SMALLEST[1]), "test": ("test", SMALLEST[2])}
# for each part: the number of compositions that the first network knows, as left_out or kept, `of`
# how many; and chose_nothing for a validation part that must not choose an epoch
Known = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Pretrained:
    """Weights to start from, and their origin."""

    network: Network
    scaler: Scaler  # scaler of its output
    facts: Mapping[str, Any]  # name, line, target, unit, data and skill of the bundle, its hash
    seen: CompositionTable | None  # compositions that the weights were trained on, if known
    conditions: Conditions | None = None  # that it reads beside the formula
    classes: Classes = ()  # that it predicts; empty for numbers
    targets: tuple[tuple[str, str], ...] = ()  # name and unit of several ones; empty for one

    @classmethod
    def of(
        cls,
        network: Network,
        scaler: Scaler,
        facts: Mapping[str, Any],
        tables: Sequence[CompositionTable],
        conditions: Conditions | None = None,
        classes: Classes = (),
        targets: Sequence[tuple[str, str]] = (),
    ) -> Pretrained:
        """
        Args:
            network: network, which is copied, since that of a predictor in use stays on its device.
            scaler: scaler of its output.
            facts: name, line, target, unit, data and validation skill of its bundle.
            tables: compositions that it was trained on; none if they are not known.
            conditions: conditions that it reads beside the formula.
            classes: names of the classes that it predicts.
            targets: name and unit of each of several targets that it predicts.
        """
        network = copy.deepcopy(network).cpu()
        digest = hashlib.sha256()
        for name, weights in sorted(network.state_dict().items()):
            digest.update(name.encode())
            digest.update(weights.numpy().tobytes())
        known = dict(facts) | {"weights": digest.hexdigest()[:16]}
        seen = concatenate(tables) if tables else None
        return cls(network, scaler, known, seen, conditions, tuple(classes), tuple(targets))

    def of_targets(self, names: Sequence[str]) -> Pretrained:
        """The start for some of several targets that it predicts, with their heads alone."""
        own = [name for name, _ in self.targets]
        places = [own.index(name) for name in names]
        targets = [self.targets[place] for place in places]
        scalers = [self.scaler.of_target(place) for place in places]
        one = len(places) == 1
        return replace(
            self,
            network=self.network.of_targets(places),
            scaler=scalers[0] if one else Scaler.of_each(scalers),
            facts={
                **self.facts,
                "target": ", ".join(names),
                "unit": targets[0][1] if one else self.facts["unit"],
            },
            targets=() if one else tuple(targets),
        )

    def fitted_to(self, dataset: Dataset) -> Pretrained:
        """This start with the heads of a data set's targets, if it is of several and has them."""
        names = dataset.target_names or (dataset.target,)
        known = {name for name, _ in self.targets}
        if dataset.classes or not known.issuperset(names):
            return self
        return self.of_targets(names)

    def check(self, architecture: str | Architecture | None, width: int | None) -> None:
        """Raise OptionError if it hardly learned, or has another architecture than asked for."""
        learned = self.facts["skill"]
        if learned is not None and learned < LEAST_SKILL:
            skill = "MAE / MAE of the median predictor"
            if self.classes:
                skill = "log loss / log loss of the shares of the classes"
            elif self.targets:
                skill = "the mean over targets of MAE / MAE of the median"
            raise OptionError(
                f"The network to start from, '{self.facts['name']}', hardly learned: its skill is "
                f"{learned:.2f} (1 - {skill}, on its validation part), "
                f"and at least {LEAST_SKILL:g} is needed. Train it for more epochs or on more "
                "rows, start from another network, or train without one."
            )
        own = self.network.architecture
        asked = load_architecture(architecture) if isinstance(architecture, str) else architecture
        asked = own if asked is None else asked
        if self.conditions is not None:
            asked = with_conditions(asked, self.conditions.width)
        if width is not None:
            asked = asked.with_width(width)
        asked = replace(asked, heads=own.heads)
        if identity(asked) != identity(own):
            raise OptionError(
                f"The network to start from is {line(own)}, and {line(asked)} was asked for. Leave "
                "the architecture and the width out, or start from another network."
            )

    def keeps_readout(self, dataset: Dataset) -> bool:
        """Whether its outputs have a meaning for a data set: a number for a number, or the same
        classes or targets. Otherwise the readout is a fresh one."""
        names = tuple(name for name, _ in self.targets)
        return (self.classes, names) == (dataset.classes, dataset.target_names)

    def note(self, dataset: Dataset) -> str | None:
        """What a reader should know of a start that does not keep the readout; None if it does."""
        if self.keeps_readout(dataset):
            return None
        names = [name for name, _ in self.targets]
        mine = _predicted(self.classes, names)
        new = _predicted(dataset.classes, dataset.target_names)
        offer = f" ({self.facts['name']}:{names[0]} keeps that of one target)" if names else ""
        return (
            f"'{self.facts['name']}' predicts {mine}, and the data have {new}: the readout is "
            f"a fresh one{'' if new != A_NUMBER else offer}, and the other parts start from its "
            "weights"
        )

    def start_for(self, dataset: Dataset) -> Architecture:
        """Its architecture, with an output for the target of a data set."""
        own, heads = self.network.architecture, task_of(dataset).heads
        kept = self.keeps_readout(dataset)
        return replace(own, heads=heads, output=own.output if kept else NONE)

    def encoded(self, dataset: Dataset) -> Dataset:
        """The data set as this network reads it: its conditions as the same numbers, and the same
        classes in its order.

        Raises:
            OptionError: the network reads other conditions, or lacks a word of the data.
        """
        if self.classes and set(self.classes) == set(dataset.classes):
            dataset = dataset.with_classes(self.classes)
        own, theirs = self.conditions, dataset.conditions
        if own is None and theirs is None:
            return dataset
        kinds = [
            () if c is None else tuple((k.name, k.kind) for k in c.columns) for c in (own, theirs)
        ]
        if own is None or theirs is None or kinds[0] != kinds[1]:
            told = [
                ", ".join(f"{name} ({kind})" for name, kind in kind_of) or "no conditions"
                for kind_of in kinds
            ]
            raise OptionError(
                f"The network to start from, '{self.facts['name']}', reads {told[0]} beside the "
                f"formula, and the data have {told[1]}: name the same --input-columns."
            )
        assert dataset.table.conditions is not None
        columns = []
        for mine, new in zip(own.columns, theirs.columns, strict=True):
            if lacking := sorted(set(new.words) - set(mine.words)):
                raise OptionError(
                    f"The network to start from, '{self.facts['name']}', never saw "
                    f"{mine.name}={lacking[0]}, and has no input for it; train without it."
                )
            low, high = min(mine.low, new.low), max(mine.high, new.high)
            columns.append(replace(mine, low=low, high=high))
        conditions = Conditions(tuple(columns))
        cells = theirs.decode(dataset.table.conditions)
        table = conditions.with_cells(dataset.table, cells)
        return replace(dataset, table=table, conditions=conditions)

    def knows(self, dataset: Dataset, part: str) -> np.ndarray:
        """Which compositions of a part its weights were trained on, for any target, (N,) bool.

        Args:
            dataset: data set of the training that starts.
            part: train, val or test.
        """
        keys = dataset.table.take(getattr(dataset.parts, part)).keys()
        if self.seen is None:
            return np.zeros(len(keys), dtype=bool)
        return np.isin(keys, self.seen.keys())

    def unseen(self, dataset: Dataset, recipe: Recipe) -> tuple[Dataset, Known]:
        """The data set without the validation and test compositions that the network knows.

        The network may have memorised these targets, so the error on them says little about other
        compounds. If fewer than three others are left in a part, the whole part stays. A validation
        part with fewer than ten unknown compositions must not choose an epoch; only with a
        one-cycle recipe are the last weights good ones.

        Returns:
            The data set, and the number of compositions left out or kept, by name of the part.
        """
        parts = dataset.parts
        told: dict[str, dict[str, int]] = {}
        for part, (name, smallest) in _CLEANED.items():
            rows, known = getattr(parts, part), self.knows(dataset, part)
            if known.any():
                stays = dataset.values_in(rows[~known]) < smallest
                fate = "kept" if stays else "left_out"
                told[name] = {fate: int(known.sum()), "of": len(rows)}
                parts = parts if stays else replace(parts, **{part: rows[~known]})
                few = part == "val" and int((~known).sum()) < FEWEST_THAT_CHOOSE
                if few and recipe.schedule == "one_cycle":
                    told[name]["chose_nothing"] = 1
        return replace(dataset, parts=parts), told

    def scaler_for(self, dataset: Dataset, device: torch.device) -> Scaler:
        """The output scale of a training that starts from this network.

        It is the scale of this network if the property is a number and the same. This is the case
        if target and unit are equal, or if the units do not contradict each other and its
        predictions have a skill above 0 on the training part. The training then starts with exactly
        these predictions.
        Otherwise they have no meaning as numbers, and the scale is that of the training part. So is
        that of classes, which is their shares. Several targets are considered one by one.
        """
        if self.classes or not self.keeps_readout(dataset):
            return task_of(dataset).scaler(dataset)
        if self.targets:
            return Scaler.of_each(
                [
                    self.of_targets([name]).scaler_for(dataset.of_target(place), device)
                    for place, name in enumerate(dataset.target_names)
                ]
            )
        units = {self.facts["unit"], dataset.unit}
        alike = len(units) == 1 and units != {""} and self.facts["target"] == dataset.target
        if len(units - {""}) < 2 and (alike or self._skill_on(dataset, device) > 0):
            return self.scaler
        return REGRESSION.scaler(dataset)

    def begin(self, network: Network, data: TrainingData, kept: bool = True) -> None:
        """Copy these weights into a network of `start_for` that will be trained on `data`.

        If the readout is not `kept`, it stays a fresh one.
        """
        weights = dict(self.network.state_dict())
        if not kept:
            own = network.state_dict()
            weights = {n: own[n] if n.startswith(_OUTPUTS) else weights[n] for n in own}
        network.load_state_dict(weights)
        if data.scaler != self.scaler:  # otherwise the output is already fitted to these targets
            network.fit_output(data.train.targets())

    def _skill_on(self, dataset: Dataset, device: torch.device) -> float:
        """Skill of its unchanged predictions on the training part, or on rows drawn from it."""
        rows = np.random.default_rng(0).permutation(dataset.parts.train)[:JUDGED]
        compounds = Compounds(dataset.table.take(rows), device)
        network = copy.deepcopy(self.network).to(device)
        outputs = predict_standardised(network, compounds)
        predicted, _ = REGRESSION.decode(*outputs, self.scaler)
        target = dataset.targets[rows]
        error = REGRESSION.error.measure(predicted, target)
        return REGRESSION.skill(error, REGRESSION.constant_error(target, target))


def _predicted(classes: Classes, targets: Sequence[str]) -> str:
    if classes:
        return f"the classes {', '.join(classes)}"
    return f"the targets {', '.join(targets)}" if targets else A_NUMBER
