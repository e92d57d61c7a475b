"""Trains a single architecture: no search, no Ray, no MLflow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fusionnas.data.dataset import Dataset
from fusionnas.errors import OptionError
from fusionnas.files.whole_folder import check_free
from fusionnas.models.bundle import Bundle
from fusionnas.models.predictor import Predictor
from fusionnas.models.provenance import data_facts, write_bundle
from fusionnas.networks.architecture import Architecture
from fusionnas.statistics.calibration import Calibration
from fusionnas.studies.named_network import Named, read_pretrained
from fusionnas.training.fine_tuning import parse_rates
from fusionnas.training.plan import Plan, Trained
from fusionnas.training.recipe_file import load_recipe
from fusionnas.training.records import EpochRecord
from fusionnas.training.unfinished import Unfinished
from fusionnas.workflows.alone import folders_of, train_alone
from fusionnas.workflows.judgement import judged
from fusionnas.workflows.several import judged_together


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
    alone: bool = False,
    on_epoch: Callable[[EpochRecord], None] | None = None,
    on_note: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Train an architecture and write it as a bundle.

    The state of the training is stored beside `out` until it is finished
    (`fusionnas.training.unfinished`). An interrupt stops it after the present epoch, and a second
    interrupt stops it at once.

    Args:
        architecture: a name, a YAML file, or an architecture; None with `init_from`.
        dataset: data set from `fusionnas.data.sources.load_dataset`.
        out: folder of the bundle, empty or new.
        width: replaces the architecture's own width.
        epochs: number of epochs; None is the recipe's number, which is larger for small data.
        recipe: default, paper, or a YAML file; see `fusionnas.training.recipe_file`.
        precision: auto, fp32 or bf16 (`fusionnas.training.precision`); None is the recipe's.
        seed: seed of weights, order and noise.
        device: device of torch; by default a GPU if there is one.
        init_from: a bundle or a study whose network gives the first weights (fine-tuning).
        freeze: parts that are not trained, separated by commas: embedding, global, local, fusion,
            readout.
        layer_rates: factors of the learning rate by part, such as `all=0.1,readout=1`.
        resume: continue a training that was stopped.
        alone: of several targets, train each alone first, into folders beside `out`, and tell which
            of them gained by being trained together.
        on_epoch: called after each epoch.
        on_note: called before the training with what a reader should know of its start.

    With `init_from`, compositions that its weights were trained on are left out of the validation
    and test parts. If this would leave fewer than three compositions in a part, the whole part
    stays, the manifest says how many are known, and no interval is corrected with that test part.
    If fewer than ten validation compositions are unknown, they choose no epoch: a one-cycle recipe
    keeps the last weights. If the property is the same, the training starts from the predictions of
    the first network; otherwise these are put on the scale of the new training part
    (`fusionnas.training.pretrained`). Where a number was predicted and classes are learned, or
    other classes or targets, the readout is a fresh one; of a network of several targets, the heads
    of those in the data are kept. The first weights are kept if no epoch is better.

    Returns:
        Metrics of validation and test, in the unit of the target; for classes the log loss and
        scores beside it, of uncorrected probabilities; of several targets the mean over targets of
        MAE over that of the median, and the errors of each. With `init_from` also
        `start_mae` or `start_log_loss`, the validation error before the first epoch if the readout
        is kept, and `known`, the number of compositions of a part that the first weights knew, left
        out or kept.

    Raises:
        InputError: an option, architecture or folder cannot be used; raised before any training.
        TrainingFailed: the loss became infinite or not a number.
    """
    out = Path(out)
    check_free(out)
    rates = parse_rates(freeze, layer_rates)
    start = None if init_from is None else read_pretrained(init_from)
    chosen = load_recipe(recipe, epochs, precision)
    plan = Plan.of(architecture, dataset, width, chosen, seed, start, rates)
    if on_note is not None:
        for note in plan.notes:
            on_note(note)
    beside = _alone_folders(out, dataset, resume) if alone else []
    unfinished = Unfinished(out, plan.to_dict(), resume)
    networks_alone = train_alone(
        dataset,
        beside,
        lambda own: Plan.of(architecture, own, width, chosen, seed, start, rates),
        lambda own, folder: train(
            architecture,
            own,
            folder,
            width=width,
            epochs=epochs,
            recipe=recipe,
            precision=precision,
            seed=seed,
            device=device,
            init_from=init_from,
            freeze=freeze,
            layer_rates=layer_rates,
            resume=resume,
            on_epoch=on_epoch,
        ),
    )
    trained = plan.run(device, on_epoch, unfinished)
    dataset, scaler = trained.dataset, trained.data.scaler
    about = data_facts(dataset, scaler)
    corrected, calibrations = None, list[Calibration | None]()
    if dataset.several:
        metrics, facts, calibrations = judged_together(trained, networks_alone)
    else:
        whole = Bundle(trained.network, scaler, about)
        predictor = Predictor(whole, device=trained.data.device)
        found = judged(predictor, dataset, scaler, correct=trained.knows_no_test_row)
        metrics, facts, corrected = trained.metrics | found.metrics, found.facts, found.corrected
    write_bundle(
        out,
        trained.network.cpu(),
        about | facts,
        metrics,
        trained.origin,
        trained.recipe.to_dict(),
        dataset.training_compositions(),
        corrected,
        trained.before,
        dataset.skipped,
        calibrations,
    )
    unfinished.finished()
    return metrics | ({"known": dict(trained.known)} if trained.known else {})


def _alone_folders(out: Path, dataset: Dataset, resume: bool) -> list[Path]:
    """The folders for networks of one target; only a training that is resumed may find some."""
    if not dataset.several:
        raise OptionError("--alone compares with each of several targets; the data have one.")
    folders = folders_of(out, dataset)
    if not resume:
        check_free(folders[0].parent)
    return folders


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

    The arguments and errors are those of `train`.
    """
    start = None if init_from is None else read_pretrained(init_from)
    rates = parse_rates(freeze, layer_rates)
    chosen = load_recipe(recipe, epochs, precision)
    plan = Plan.of(architecture, dataset, width, chosen, seed, start, rates)
    return plan.run(device, on_epoch)
