"""Training one architecture by itself: no search, no Ray, no MLflow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.architecture import Architecture
from fusionnas.bootstrap import mean_intervals
from fusionnas.bundle import Bundle
from fusionnas.calibration import fit_and_check
from fusionnas.components import canonical
from fusionnas.data.dataset import Dataset
from fusionnas.data.elements import check_covered, element_vectors
from fusionnas.named import load_architecture
from fusionnas.network import Network, build
from fusionnas.provenance import bundle_facts, data_facts, write_bundle
from fusionnas.seeding import sub_seed
from fusionnas.training.batches import Compounds
from fusionnas.training.data import TrainingData
from fusionnas.training.inference import order_gap, predict_standardised
from fusionnas.training.metrics import mae, rmse
from fusionnas.training.recipe import Recipe, load_recipe
from fusionnas.training.trainer import EpochRecord, TrainingResult, pick_device
from fusionnas.training.trainer import train as train_network
from fusionnas.uncertainty import Mixture
from fusionnas.whole_folder import check_free


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained network, with what it was trained on and how."""

    network: Network  # on the device of the training
    dataset: Dataset
    data: TrainingData
    recipe: Recipe
    result: TrainingResult
    seed: int

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
        return {"trained": name, "seed": self.seed}

    def bundle(self) -> Bundle:
        """The network ready to predict, without a folder."""
        known = self.dataset.table.take(self.dataset.parts.train)
        facts = bundle_facts(
            self.network, data_facts(self.dataset), self.metrics, self.origin,
            self.recipe.to_dict(), known,
        )  # fmt: skip
        return Bundle(self.network, self.data.scaler, facts, known)


def train(
    architecture: str | Architecture,
    dataset: Dataset,
    out: str | Path,
    *,
    width: int | None = None,
    epochs: int | None = None,
    recipe: str = "default",
    seed: int = 0,
    device: str | None = None,
    on_epoch: Callable[[EpochRecord], None] | None = None,
) -> dict[str, Any]:
    """Train an architecture and write it as a bundle.

    Args:
        architecture: a name, a YAML file, or an architecture.
        dataset: from `fusionnas.data.sources.load_dataset`.
        out: the bundle's folder, empty or new.
        width: instead of the architecture's own.
        epochs: where it is None the recipe's own, more for small data.
        recipe: default or paper.
        seed: of weights, order and noise.
        device: of torch; a GPU where there is one.
        on_epoch: called after each epoch.

    Returns:
        Metrics of validation and test, in the unit of the target.

    Raises:
        InputError: an option, architecture or folder that cannot be used, before any training.
        TrainingFailed: the loss became infinite or not a number.
    """
    check_free(Path(out))
    trained = train_in_memory(
        architecture, dataset, width=width, epochs=epochs, recipe=recipe, seed=seed,
        device=device, on_epoch=on_epoch,
    )  # fmt: skip
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
        Path(out), trained.network.cpu(), data_facts(dataset), metrics, trained.origin,
        trained.recipe.to_dict(), dataset.table.take(dataset.parts.train),
        fit_and_check(Mixture(predicted[None], uncertainty[None]), target),
    )  # fmt: skip
    return metrics


def train_in_memory(
    architecture: str | Architecture,
    dataset: Dataset,
    *,
    width: int | None = None,
    epochs: int | None = None,
    recipe: str = "default",
    seed: int = 0,
    device: str | None = None,
    on_epoch: Callable[[EpochRecord], None] | None = None,
) -> Trained:
    """Train an architecture and write nothing; the test part may be empty.

    Arguments and errors are those of `train`.
    """
    if isinstance(architecture, str):
        architecture = load_architecture(architecture)
    if width is not None:
        architecture = architecture.with_width(width)
    architecture = canonical(architecture)
    chosen = load_recipe(recipe, epochs)
    if epochs is None:
        chosen = chosen.scaled_to(len(dataset.parts.train))
    vectors = element_vectors(architecture.element_vectors)
    check_covered(dataset.table, vectors, architecture.element_vectors)
    data = TrainingData.of(dataset, pick_device(device))
    network = build(architecture, vectors, sub_seed(seed, "weights"))
    result = train_network(network, data, chosen, sub_seed(seed, "training"), on_epoch)
    return Trained(network, dataset, data, chosen, result, seed)
