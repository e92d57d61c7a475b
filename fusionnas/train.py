"""Training one architecture by itself: no search, no Ray, no MLflow."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.architecture import Architecture
from fusionnas.bootstrap import mean_intervals
from fusionnas.bundle import Bundle
from fusionnas.calibration import fit_and_check
from fusionnas.components import canonical, identity, line
from fusionnas.data.dataset import Dataset
from fusionnas.data.elements import check_covered, element_vectors
from fusionnas.errors import BundleError, OptionError
from fusionnas.named import load_architecture
from fusionnas.network import Network, build
from fusionnas.provenance import bundle_facts, data_facts, write_bundle
from fusionnas.search.interrupts import interrupts
from fusionnas.seeding import sub_seed
from fusionnas.trained_network import Named, open_network
from fusionnas.training.batches import Compounds
from fusionnas.training.data import TrainingData
from fusionnas.training.fine_tuning import parse_rates
from fusionnas.training.inference import order_gap, predict_standardised
from fusionnas.training.metrics import mae, rmse
from fusionnas.training.recipe import Recipe, load_recipe
from fusionnas.training.trainer import EpochRecord, Trainer, TrainingResult, pick_device
from fusionnas.uncertainty import Mixture
from fusionnas.unfinished import Unfinished
from fusionnas.whole_folder import check_free


@dataclass(frozen=True, slots=True)
class Start:
    """A trained network to begin with."""

    network: Network
    facts: Mapping[str, Any]  # name, line, target and data of the bundle, hash of its weights

    @classmethod
    def read(cls, named: Named) -> Start:
        """From a bundle, or from a finished study its recommended network.

        Raises:
            BundleError: neither of both, or an ensemble. StudyError: an unfinished study.
        """
        found = open_network(named)
        if found.predictor.is_ensemble:
            raise BundleError(
                f"'{found.name}' is an ensemble; begin with one of its members, such as "
                f"{found.path or found.name}/members/1."
            )
        manifest = found.manifest
        # a copy: the network of a predictor in use stays on its device
        network = copy.deepcopy(found.predictor.bundle.network).cpu()
        digest = hashlib.sha256()
        for name, weights in sorted(network.state_dict().items()):
            digest.update(name.encode())
            digest.update(weights.numpy().tobytes())
        facts = {
            "name": found.name, "line": manifest["line"], "target": manifest["target"],
            "data": manifest["data"]["name"], "weights": digest.hexdigest()[:16],
        }  # fmt: skip
        return cls(network, facts)

    def check(self, architecture: str | Architecture | None, width: int | None) -> None:
        """Raise OptionError where another architecture was asked for than its own."""
        own = self.network.architecture
        asked = load_architecture(architecture) if isinstance(architecture, str) else architecture
        asked = own if asked is None else asked
        if width is not None:
            asked = asked.with_width(width)
        if identity(asked) != identity(own):
            raise OptionError(
                f"The network to begin with is {line(own)}, and {line(asked)} was asked for. Leave "
                "the architecture and the width out, or begin with another network."
            )


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained network, with what it was trained on and how."""

    network: Network  # on the device of the training
    dataset: Dataset
    data: TrainingData
    recipe: Recipe
    result: TrainingResult
    seed: int
    start: Start | None = None  # where its weights began
    rates: Mapping[str, float] = field(default_factory=dict)  # factors by part; 0 was frozen

    @property
    def metrics(self) -> dict[str, Any]:
        """Of validation, in the unit of the target."""
        metrics = {k: v for k, v in self.result.to_dict().items() if k != "history"}
        return metrics | {
            "order_gap": self.data.scaler.std * order_gap(self.network, self.data.val, self.seed)
        }

    @property
    def origin(self) -> dict[str, Any]:
        name = self.network.architecture.name or "an architecture of the user's"
        origin: dict[str, Any] = {"trained": name, "seed": self.seed}
        if self.start is not None:
            origin["init_from"] = dict(self.start.facts)
        if self.rates or self.start is not None:
            origin["rates"] = dict(self.rates)
        return origin

    def bundle(self) -> Bundle:
        """The network ready to predict, without a folder; its intervals are its own."""
        known = self.dataset.table.take(self.dataset.parts.train)
        facts = bundle_facts(
            self.network, data_facts(self.dataset), self.metrics, self.origin,
            self.recipe.to_dict(), known,
        )  # fmt: skip
        return Bundle(self.network, self.data.scaler, facts, known)


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

    The training is kept beside `out` until it is finished (`fusionnas.unfinished`): an interrupt
    stops it after the epoch that it is in, a second one at once.

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

    Returns:
        Metrics of validation and test, in the unit of the target.

    Raises:
        InputError: an option, architecture or folder that cannot be used, before any training.
        TrainingFailed: the loss became infinite or not a number.
    """
    out = Path(out)
    check_free(out)
    rates = parse_rates(freeze, layer_rates)
    start = None if init_from is None else Start.read(init_from)
    chosen = load_recipe(recipe, epochs, precision)
    plan = Plan.of(architecture, dataset, width, epochs, chosen, seed, start, rates)
    unfinished = Unfinished(out, plan.to_dict(), resume)
    trained = plan.run(dataset, device, on_epoch, unfinished)
    scaler, test = trained.data.scaler, dataset.parts.test
    compounds = Compounds(dataset.table.take(test), trained.data.device)
    value, log_scale = predict_standardised(trained.network, compounds)
    target = dataset.targets[test]
    predicted, uncertainty = scaler.restore(value), scaler.std * np.exp(log_scale)
    metrics = trained.metrics | {
        "test_mae": mae(predicted, target),
        "test_mae_interval": mean_intervals(np.abs(predicted - target)[None])[0].tolist(),
        "test_rmse": rmse(predicted, target),
    }
    write_bundle(
        out, trained.network.cpu(), data_facts(dataset), metrics, trained.origin,
        trained.recipe.to_dict(), dataset.table.take(dataset.parts.train),
        fit_and_check(Mixture(predicted[None], uncertainty[None]), target),
    )  # fmt: skip
    unfinished.finished()
    return metrics


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
    start = None if init_from is None else Start.read(init_from)
    rates = parse_rates(freeze, layer_rates)
    chosen = load_recipe(recipe, epochs, precision)
    plan = Plan.of(architecture, dataset, width, epochs, chosen, seed, start, rates)
    return plan.run(dataset, device, on_epoch)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that decides what a training comes to."""

    architecture: Architecture
    fingerprint: str  # of the data and their split
    recipe: Recipe
    seed: int
    start: Start | None
    rates: Mapping[str, float]

    @classmethod
    def of(
        cls, architecture: str | Architecture | None, dataset: Dataset, width: int | None,
        epochs: int | None, recipe: Recipe, seed: int, start: Start | None,
        rates: Mapping[str, float],
    ) -> Plan:  # fmt: skip
        """Raises InputError where the parts do not go together."""
        if start is not None:
            start.check(architecture, width)
            chosen = start.network.architecture
        elif architecture is None:
            raise OptionError("Name an architecture to train, or a network to begin with.")
        else:
            found = architecture
            found = load_architecture(found) if isinstance(found, str) else found
            chosen = canonical(found if width is None else found.with_width(width))
        if epochs is None:
            recipe = recipe.scaled_to(len(dataset.parts.train))
        return cls(chosen, dataset.fingerprint, recipe, seed, start, rates)

    def to_dict(self) -> dict[str, Any]:
        return {
            "architecture": self.architecture.to_dict(), "data": self.fingerprint,
            "recipe": self.recipe.to_dict(), "seed": self.seed,
            "network to begin with": None if self.start is None else self.start.facts["weights"],
            "rates": dict(self.rates),
        }  # fmt: skip

    def run(
        self, dataset: Dataset, device: str | None,
        on_epoch: Callable[[EpochRecord], None] | None, unfinished: Unfinished | None = None,
    ) -> Trained:  # fmt: skip
        """Train, from where `unfinished` stands."""
        name = self.architecture.element_vectors
        if self.start is None:
            vectors = element_vectors(name)
        else:  # those that its weights know, also where the tables of today are others
            vectors = self.start.network.vectors.numpy()
        check_covered(dataset.table, vectors, name)
        data = TrainingData.of(dataset, pick_device(device))
        network = build(self.architecture, vectors, sub_seed(self.seed, "weights"))
        if self.start is not None:
            network.load_state_dict(self.start.network.state_dict())
        trainer = Trainer(network, data, self.recipe, sub_seed(self.seed, "training"), self.rates)
        if unfinished is not None:
            unfinished.restore(trainer)
        with interrupts() as stopped:
            for record in trainer:
                if on_epoch is not None:
                    on_epoch(record)
                if unfinished is not None:
                    unfinished.keep(trainer, now=stopped.is_set())
                if stopped.is_set():
                    raise KeyboardInterrupt
        result = trainer.finish()
        return Trained(
            network, dataset, data, self.recipe, result, self.seed, self.start, self.rates
        )
