"""A single training: from everything that decides its result to the trained network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.element_vectors import check_covered, element_vectors
from fusionnas.data.scaling import Scaler
from fusionnas.data.table import CompositionTable
from fusionnas.errors import OptionError
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import canonical, with_conditions
from fusionnas.networks.named import load_architecture
from fusionnas.networks.network import Network
from fusionnas.tasks.kinds import task_of
from fusionnas.tasks.regression import REGRESSION
from fusionnas.training.data import TrainingData
from fusionnas.training.device import pick_device
from fusionnas.training.element_order import order_gap
from fusionnas.training.fresh import fresh_network, training_seed
from fusionnas.training.interrupts import interrupts
from fusionnas.training.pretrained import Known, Pretrained
from fusionnas.training.recipe import Recipe
from fusionnas.training.records import EpochRecord, TrainingResult
from fusionnas.training.threads import threads_of_a_training
from fusionnas.training.trainer import Trainer
from fusionnas.training.unfinished import Unfinished


@dataclass(frozen=True)
class Trained:
    """A trained network, with its data and its recipe."""

    network: Network  # on the device of the training
    dataset: Dataset
    data: TrainingData
    recipe: Recipe
    result: TrainingResult
    seed: int
    start: Pretrained | None = None  # the network that its weights started from
    rates: Mapping[str, float] = field(default_factory=dict)  # factors by part; 0 was frozen
    known: Known = field(default_factory=dict)  # compositions that the first weights knew, by part
    threads: int = 1  # number of CPU threads

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """Metrics of validation, in the unit of the target; of several targets those of all."""
        metrics = {k: v for k, v in self.result.to_dict().items() if k != "history"}
        if self.dataset.several:
            return metrics
        return metrics | {
            "order_gap": self.data.scaler.std * order_gap(self.network, self.data.val, self.seed)
        }

    @property
    def before(self) -> CompositionTable | None:
        """Compositions that earlier trainings of its weights used."""
        return None if self.start is None else self.start.seen

    @property
    def origin(self) -> dict[str, Any]:
        name = self.network.architecture.name or "an architecture of the user's"
        origin: dict[str, Any] = {"trained": name, "seed": self.seed, "threads": self.threads}
        if self.start is not None:
            origin["init_from"] = dict(self.start.facts)
            origin["output_scale"] = self._output_scale(self.start.scaler)
            if not self.start.keeps_readout(self.dataset):
                origin["readout"] = "fresh"
        if self.known:
            origin["known"] = dict(self.known)
        if self.rates or self.start is not None:
            origin["rates"] = dict(self.rates)
        return origin

    @property
    def knows_no_test_row(self) -> bool:
        """Whether the test part can correct intervals: the first weights saw nothing of it."""
        return "kept" not in self.known.get("test", {})

    def _output_scale(self, first: Scaler) -> str:
        """Whether the scale is that of the first network; of several targets perhaps for some."""
        mine = self.data.scaler
        if mine == first:
            return "first network"
        if len(self.dataset.several) == np.size(first.mean) > 1:
            same = np.equal(mine.mean, first.mean) & np.equal(mine.std, first.std)
            if same.any():
                return "target by target"
        return "training part"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides the result of a training."""

    architecture: Architecture
    dataset: Dataset  # without compositions of validation and test that the first network knows
    recipe: Recipe
    seed: int
    start: Pretrained | None
    rates: Mapping[str, float]
    known: Known

    @classmethod
    def of(
        cls,
        architecture: str | Architecture | None,
        dataset: Dataset,
        width: int | None,
        recipe: Recipe,
        seed: int,
        start: Pretrained | None,
        rates: Mapping[str, float],
    ) -> Plan:
        """Raises InputError if the parts do not fit together."""
        known: Known = {}
        if start is not None:
            start.check(architecture, width)
            start = start.fitted_to(dataset)
            dataset = start.encoded(dataset)
            chosen = start.start_for(dataset)
            if rates.get("readout") == 0 and not start.keeps_readout(dataset):
                raise OptionError(f"{start.note(dataset)}; so it cannot be frozen (--freeze).")
            dataset, known = start.unseen(dataset, recipe)
        elif architecture is None:
            raise OptionError("Name an architecture to train, or a network to start from.")
        else:
            found = architecture
            found = load_architecture(found) if isinstance(found, str) else found
            channels = 0 if dataset.conditions is None else dataset.conditions.width
            found = with_conditions(found, channels)
            chosen = canonical(found if width is None else found.with_width(width))
        recipe = recipe.scaled_to(len(dataset.parts.train))
        task = task_of(dataset)
        if task is not REGRESSION and chosen.output.kind != "none":
            raise OptionError(
                f"The output '{chosen.output.kind}' is for numbers of one target; for classes and "
                "for several targets an architecture needs the output 'none'."
            )
        chosen = replace(chosen, heads=task.heads)
        recipe = replace(recipe, loss=task.loss_name(recipe.loss))
        return cls(chosen, dataset, recipe, seed, start, rates, known)

    @property
    def notes(self) -> list[str]:
        """What a reader should know before the training begins."""
        note = None if self.start is None else self.start.note(self.dataset)
        return [] if note is None else [note]

    def to_dict(self) -> dict[str, Any]:
        return {
            "architecture": self.architecture.to_dict(),
            "data": self.dataset.fingerprint,
            "recipe": self.recipe.to_dict(),
            "seed": self.seed,
            "network to begin with": None if self.start is None else self.start.facts["weights"],
            "rates": dict(self.rates),
        }

    def run(
        self,
        device: str | None,
        on_epoch: Callable[[EpochRecord], None] | None,
        unfinished: Unfinished | None = None,
    ) -> Trained:
        """Train, continuing from the state in `unfinished`."""
        name, picked = self.architecture.element_vectors, pick_device(device)
        if self.start is None:
            vectors, scaler = element_vectors(name), None
            check_covered(self.dataset.table, vectors, name)
        else:  # the vectors stored with its weights, even if today's tables differ
            vectors = self.start.network.vectors.numpy()
            check_covered(self.dataset.table, vectors, name)
            scaler = self.start.scaler_for(self.dataset, picked)
        data = TrainingData.of(self.dataset, picked, scaler)
        network = fresh_network(self.architecture, vectors, self.seed)
        kept = self.start is not None and self.start.keeps_readout(self.dataset)
        if self.start is not None:
            self.start.begin(network, data, kept)
        trainer = Trainer(
            network,
            data,
            self.recipe,
            training_seed(self.seed),
            self.rates,
            choose_epoch="chose_nothing" not in self.known.get("validation", {}),
            trained=kept,
        )
        before = None if unfinished is None else unfinished.threads
        if unfinished is not None:
            unfinished.restore(trainer)
        with interrupts() as stopped, threads_of_a_training(picked, before) as threads:
            for record in trainer:
                if on_epoch is not None:
                    on_epoch(record)
                if unfinished is not None:
                    unfinished.keep(trainer, now=stopped.is_set())
                if stopped.is_set():
                    raise KeyboardInterrupt
        result = trainer.finish()
        return Trained(
            network,
            self.dataset,
            data,
            self.recipe,
            result,
            self.seed,
            self.start,
            self.rates,
            self.known,
            threads,
        )
