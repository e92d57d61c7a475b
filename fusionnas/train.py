"""Training one architecture by itself: no search, no Ray, no MLflow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fusionnas.architecture import Architecture
from fusionnas.bundle import check_free
from fusionnas.components import canonical
from fusionnas.data.dataset import Dataset
from fusionnas.data.elements import check_covered, element_vectors
from fusionnas.named import load_architecture
from fusionnas.network import build
from fusionnas.provenance import data_facts, write_bundle
from fusionnas.seeding import sub_seed
from fusionnas.training.batches import Compounds
from fusionnas.training.data import TrainingData
from fusionnas.training.inference import order_gap, predict_standardised
from fusionnas.training.metrics import mae, mae_interval, rmse
from fusionnas.training.recipe import load_recipe
from fusionnas.training.trainer import EpochRecord, pick_device
from fusionnas.training.trainer import train as train_network


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
    if isinstance(architecture, str):
        architecture = load_architecture(architecture)
    if width is not None:
        architecture = architecture.with_width(width)
    architecture = canonical(architecture)
    chosen_recipe = load_recipe(recipe, epochs)
    if epochs is None:
        chosen_recipe = chosen_recipe.scaled_to(len(dataset.parts.train))
    check_free(Path(out))
    vectors = element_vectors(architecture.element_vectors)
    check_covered(dataset.table, vectors, architecture.element_vectors)
    data = TrainingData.of(dataset, pick_device(device))
    network = build(architecture, vectors, sub_seed(seed, "weights"))
    result = train_network(network, data, chosen_recipe, sub_seed(seed, "training"), on_epoch)
    test = dataset.parts.test
    value, _ = predict_standardised(network, Compounds(dataset.table.take(test), data.device))
    predicted, target = data.scaler.restore(value), dataset.targets[test]
    metrics = {k: v for k, v in result.to_dict().items() if k != "history"}
    metrics |= {
        "test_mae": mae(predicted, target),
        "test_mae_interval": list(mae_interval(predicted - target)),
        "test_rmse": rmse(predicted, target),
        "order_gap": data.scaler.std * order_gap(network, data.val, seed),
    }
    origin = {"trained": architecture.name or "an architecture of the user's", "seed": seed}
    write_bundle(
        Path(out), network.cpu(), data_facts(dataset), metrics, origin, chosen_recipe.to_dict()
    )
    return metrics
