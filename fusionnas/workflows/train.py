"""Training one architecture by itself: no search, no Ray, no MLflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.element_vectors import check_covered, element_vectors
from fusionnas.data.table import CompositionTable
from fusionnas.errors import OptionError
from fusionnas.files.whole_folder import check_free
from fusionnas.models.bundle import Bundle
from fusionnas.models.predictor import Predictor
from fusionnas.models.provenance import bundle_facts, data_facts, write_bundle
from fusionnas.models.usefulness import measured, usefulness
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import canonical
from fusionnas.networks.named import load_architecture
from fusionnas.networks.network import Network
from fusionnas.statistics.bootstrap import mean_intervals
from fusionnas.statistics.calibration import fit_and_check
from fusionnas.studies.named_network import Named, read_pretrained
from fusionnas.training.data import TrainingData
from fusionnas.training.device import pick_device
from fusionnas.training.element_order import order_gap
from fusionnas.training.fine_tuning import parse_rates
from fusionnas.training.fresh import fresh_network, training_seed
from fusionnas.training.interrupts import interrupts
from fusionnas.training.pretrained import Known, Pretrained
from fusionnas.training.recipe import Recipe
from fusionnas.training.recipe_file import load_recipe
from fusionnas.training.records import EpochRecord, TrainingResult
from fusionnas.training.threads import threads_of_a_training
from fusionnas.training.trainer import Trainer
from fusionnas.training.unfinished import Unfinished


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained network, with what it was trained on and how."""

    network: Network  # on the device of the training
    dataset: Dataset
    data: TrainingData
    recipe: Recipe
    result: TrainingResult
    seed: int
    start: Pretrained | None = None  # where its weights began
    rates: Mapping[str, float] = field(default_factory=dict)  # factors by part; 0 was frozen
    known: Known = field(default_factory=dict)  # to the weights where they began, by part
    threads: int = 1  # of a CPU

    @property
    def metrics(self) -> dict[str, Any]:
        """Of validation, in the unit of the target."""
        metrics = {k: v for k, v in self.result.to_dict().items() if k != "history"}
        return metrics | {
            "order_gap": self.data.scaler.std * order_gap(self.network, self.data.val, self.seed)
        }

    @property
    def before(self) -> CompositionTable | None:
        """Compositions that earlier trainings of its weights saw."""
        return None if self.start is None else self.start.seen

    @property
    def origin(self) -> dict[str, Any]:
        name = self.network.architecture.name or "an architecture of the user's"
        origin: dict[str, Any] = {"trained": name, "seed": self.seed, "threads": self.threads}
        if self.start is not None:
            origin["init_from"] = dict(self.start.facts)
            kept = self.data.scaler == self.start.scaler
            origin["output_scale"] = "first network" if kept else "training part"
        if self.known:
            origin["known"] = dict(self.known)
        if self.rates or self.start is not None:
            origin["rates"] = dict(self.rates)
        return origin

    def bundle(self) -> Bundle:
        """The network ready to predict, without a folder; its intervals are its own."""
        known = self.dataset.table.take(self.dataset.parts.train)
        facts = bundle_facts(
            self.network, data_facts(self.dataset, self.data.scaler), self.metrics, self.origin,
            self.recipe.to_dict(), known,
        )  # fmt: skip
        return Bundle(self.network, self.data.scaler, facts, known, before=self.before)


def train(
    architecture: str | Architecture | None,
    dataset: Dataset,
    out: str | Path,
    *,
    width: int | None = None,
    epochs: int | None = None,
    recipe: str = "default",
    precision: str | None = None,
    seed: int = 0,
    device: str | None = None,
    init_from: Named | None = None,
    freeze: str | None = None,
    layer_rates: str | None = None,
    resume: bool = False,
    on_epoch: Callable[[EpochRecord], None] | None = None,
) -> dict[str, Any]:
    """Train an architecture and write it as a bundle.

    The training is kept beside `out` until it is finished (`fusionnas.training.unfinished`): an
    interrupt stops it after the epoch that it is in, a second one at once.

    Args:
        architecture: a name, a YAML file, or an architecture; None with `init_from`.
        dataset: from `fusionnas.data.sources.load_dataset`.
        out: the bundle's folder, empty or new.
        width: instead of the architecture's own.
        epochs: where it is None the recipe's own, more for small data.
        recipe: default, paper, or a YAML file; see `fusionnas.training.recipe_file`.
        precision: auto, fp32 or bf16 (`fusionnas.training.precision`); None is the recipe's.
        seed: of weights, order and noise.
        device: of torch; a GPU where there is one.
        init_from: a bundle or a study whose network's weights are begun with (fine-tuning).
        freeze: parts that stay as they are, separated by commas: embedding, global, local, fusion,
            readout.
        layer_rates: factors of the learning rate by part, such as `all=0.1,readout=1`.
        resume: go on with a training that was stopped.
        on_epoch: called after each epoch.

    With `init_from`, compositions that its weights were trained on are left out of the validation
    and of the test part. Where that would leave fewer than three of a part, all of it stays, the
    manifest says how many are known, and no interval is corrected by that test part. Where fewer
    than ten validation compositions are unknown they choose no epoch: a one-cycle recipe keeps the
    last weights. The training begins with the predictions of the first network where the property
    is the same, else with them on the scale of the new training part
    (`fusionnas.training.pretrained`), and keeps them where no epoch is better.

    Returns:
        Metrics of validation and test, in the unit of the target; with `init_from` also
        `start_mae`, of validation before the first epoch, and `known`: how many compositions of a
        part the first weights knew, left out or kept.

    Raises:
        InputError: an option, architecture or folder that cannot be used, before any training.
        TrainingFailed: the loss became infinite or not a number.
    """
    out = Path(out)
    check_free(out)
    rates = parse_rates(freeze, layer_rates)
    start = None if init_from is None else read_pretrained(init_from)
    chosen = load_recipe(recipe, epochs, precision)
    plan = Plan.of(architecture, dataset, width, chosen, seed, start, rates)
    unfinished = Unfinished(out, plan.to_dict(), resume)
    trained = plan.run(device, on_epoch, unfinished)
    dataset = trained.dataset
    scaler, test = trained.data.scaler, dataset.parts.test
    task, target = trained.data.task, dataset.targets[test]
    bundle = Bundle(trained.network, scaler, {"unit": dataset.unit})
    found = Predictor(bundle, device=trained.data.device).mixture(dataset.table.take(test))
    predicted = found.value
    metrics = trained.metrics | task.scores("test", predicted, target)
    errors = np.abs(predicted - target)
    metrics["test_mae_interval"] = mean_intervals(errors[None])[0].tolist()
    noise = dataset.noise.deviation if dataset.noise.merged else None
    median = float(np.median(dataset.targets[dataset.parts.train]))
    facts = measured(predicted, target, median, dataset.unit, noise)
    metrics["usefulness"] = usefulness(facts, "The network").to_dict()
    write_bundle(
        out, trained.network.cpu(), data_facts(dataset, scaler), metrics, trained.origin,
        trained.recipe.to_dict(), dataset.table.take(dataset.parts.train),
        None if "kept" in trained.known.get("test", {}) else fit_and_check(found, target),
        trained.before, dataset.skipped,
    )  # fmt: skip
    unfinished.finished()
    return metrics | ({"known": dict(trained.known)} if trained.known else {})


def train_in_memory(
    architecture: str | Architecture | None,
    dataset: Dataset,
    *,
    width: int | None = None,
    epochs: int | None = None,
    recipe: str = "default",
    precision: str | None = None,
    seed: int = 0,
    device: str | None = None,
    init_from: Named | None = None,
    freeze: str | None = None,
    layer_rates: str | None = None,
    on_epoch: Callable[[EpochRecord], None] | None = None,
) -> Trained:
    """Train an architecture and write nothing; the test part may be empty.

    Arguments and errors are those of `train`.
    """
    start = None if init_from is None else read_pretrained(init_from)
    rates = parse_rates(freeze, layer_rates)
    chosen = load_recipe(recipe, epochs, precision)
    plan = Plan.of(architecture, dataset, width, chosen, seed, start, rates)
    return plan.run(device, on_epoch)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that decides what a training comes to."""

    architecture: Architecture
    dataset: Dataset  # without what the first network knows of its validation and test part
    recipe: Recipe
    seed: int
    start: Pretrained | None
    rates: Mapping[str, float]
    known: Known

    @classmethod
    def of(
        cls, architecture: str | Architecture | None, dataset: Dataset, width: int | None,
        recipe: Recipe, seed: int, start: Pretrained | None,
        rates: Mapping[str, float],
    ) -> Plan:  # fmt: skip
        """Raises InputError where the parts do not go together."""
        known: Known = {}
        if start is not None:
            start.check(architecture, width)
            chosen = start.network.architecture
            dataset, known = start.unseen(dataset, recipe)
        elif architecture is None:
            raise OptionError("Name an architecture to train, or a network to begin with.")
        else:
            found = architecture
            found = load_architecture(found) if isinstance(found, str) else found
            chosen = canonical(found if width is None else found.with_width(width))
        recipe = recipe.scaled_to(len(dataset.parts.train))
        return cls(chosen, dataset, recipe, seed, start, rates, known)

    def to_dict(self) -> dict[str, Any]:
        return {
            "architecture": self.architecture.to_dict(), "data": self.dataset.fingerprint,
            "recipe": self.recipe.to_dict(), "seed": self.seed,
            "network to begin with": None if self.start is None else self.start.facts["weights"],
            "rates": dict(self.rates),
        }  # fmt: skip

    def run(
        self, device: str | None,
        on_epoch: Callable[[EpochRecord], None] | None, unfinished: Unfinished | None = None,
    ) -> Trained:  # fmt: skip
        """Train, from where `unfinished` stands."""
        name, picked = self.architecture.element_vectors, pick_device(device)
        if self.start is None:
            vectors, scaler = element_vectors(name), None
            check_covered(self.dataset.table, vectors, name)
        else:  # vectors that its weights know, also where the tables of today are others
            vectors = self.start.network.vectors.numpy()
            check_covered(self.dataset.table, vectors, name)
            scaler = self.start.scaler_for(self.dataset, picked)
        data = TrainingData.of(self.dataset, picked, scaler)
        network = fresh_network(self.architecture, vectors, self.seed)
        if self.start is not None:
            self.start.begin(network, data)
        trainer = Trainer(
            network, data, self.recipe, training_seed(self.seed), self.rates,
            choose_epoch="chose_nothing" not in self.known.get("validation", {}),
            trained=self.start is not None,
        )  # fmt: skip
        kept = None if unfinished is None else unfinished.threads
        if unfinished is not None:
            unfinished.restore(trainer)
        with interrupts() as stopped, threads_of_a_training(picked, kept) as threads:
            for record in trainer:
                if on_epoch is not None:
                    on_epoch(record)
                if unfinished is not None:
                    unfinished.keep(trainer, now=stopped.is_set())
                if stopped.is_set():
                    raise KeyboardInterrupt
        result = trainer.finish()
        return Trained(
            network, self.dataset, data, self.recipe, result, self.seed, self.start, self.rates,
            self.known, threads,
        )  # fmt: skip
