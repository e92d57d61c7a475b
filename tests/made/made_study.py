"""A finished study made within seconds: real architectures and made-up vectors.

Nothing is trained, unless `epochs` says how long each trial is; the errors are then those of the
trainings. Networks are as they were built, so that everything that follows a search (tables, band,
bundle, report) runs on real files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from fusionnas.cecv.probe import choose_probe
from fusionnas.cecv.vector import Cecv
from fusionnas.data.dataset import Dataset
from fusionnas.data.element_vectors import element_vectors
from fusionnas.models.baselines.yardsticks import CONSTANTS
from fusionnas.models.fresh_process import compared
from fusionnas.models.predictor import Predictor
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.line import line
from fusionnas.networks.network import build
from fusionnas.networks.network_file import write_network
from fusionnas.search_space.conditions import for_conditions
from fusionnas.search_space.space_file import load_space
from fusionnas.searching.jobs import Job, Kind
from fusionnas.searching.objectives import DEFAULT
from fusionnas.searching.queue import SearchQueue
from fusionnas.searching.result_file import write_result
from fusionnas.searching.setting import vector_provenance
from fusionnas.searching.study import ArchitectureStudy
from fusionnas.searching.yardstick_jobs import PREDICTIONS
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.summary import choose
from fusionnas.studies.tested import look_at_test_part
from fusionnas.tasks.kinds import task_of
from fusionnas.training.data import TrainingData
from fusionnas.training.device import pick_device
from fusionnas.training.recipe_file import load_recipe
from fusionnas.training.trainer import train
from fusionnas.workflows.conclusion import conclude
from fusionnas.workflows.preparation import Ingredients, open_folder
from fusionnas.workflows.watching import SilentDisplay

EPOCHS = 6  # of the made-up histories
THRESHOLDS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4)


def made_study(
    runs: Path,
    dataset: Dataset,
    trials: int = 14,
    space: str = "default",
    name: str = "made",
    sampler: str = "random",
    design: int = 20,
    objectives: Sequence[str] = DEFAULT,
    firsts: int = 3,
    epochs: Sequence[int] | None = None,
    yardsticks: bool = True,
) -> StudyFolder:
    """A study in `runs/name`, without its page; the same arguments make the same study.

    Args:
        runs: the folder of studies.
        dataset: of the study.
        trials: how many.
        space: a name or a YAML file.
        name: of the study.
        sampler: that proposes after the design.
        design: how many random proposals follow the first trials.
        objectives: names of what is minimised.
        firsts: how many of the space's first trials are proposed.
        epochs: of the training of each trial, 0 where it fails; None: nothing is trained.
        yardsticks: whether it has any.
    """
    probe = choose_probe(dataset, "all")
    conditions = dataset.conditions
    ingredients = Ingredients(
        replace(
            for_conditions(load_space(space), 0 if conditions is None else conditions.width),
            heads=task_of(dataset).heads,
        ),
        load_recipe("default", 1),
        dataset,
        {"mat2vec": element_vectors("mat2vec")},
        probe,
        None,
        0,
        sampler,
        tuple(objectives),
    )
    folder = open_folder(ingredients, runs, name, resume=False)
    study = ArchitectureStudy(
        folder.open_study(create=True),
        ingredients.space,
        0,
        sampler,
        ingredients.warm_starts()[:firsts],
        design,
        objectives=ingredients.objectives,
    )
    bands = ingredients.band_source()
    queue = SearchQueue(
        study, bands, folder.path, trials, None, SilentDisplay(), lambda number: None
    )
    if not yardsticks:
        queue.yardsticks.due.clear()
    worker = (
        _Worker(folder, ingredients) if epochs is None else _Trainer(folder, ingredients, epochs)
    )
    while isinstance(job := queue.next(), Job):
        queue.finished(job, worker.result(job))
    records = study.records()
    choice = choose(folder, records)
    tested = look_at_test_part(folder, dataset, choice.trial, bands.yardstick())
    course = {"search_seconds": 60.0, "overhead": 0.1, "exhausted": False}
    with mock.patch("fusionnas.workflows.verification.predict_afresh", predict_here):
        conclude(folder, bands, records, choice, tested, course)
    return folder


def predict_here(
    bundle: Path, formulas: Sequence[str], conditions: Mapping[str, Sequence[str]]
) -> np.ndarray:
    """Instead of a process of its own, which the tests of whole searches have."""
    predictor = Predictor.load(bundle)
    found = predictor.predict(formulas, conditions=conditions)
    return compared(found, predictor.targets)


def trained(
    folder: Path, dataset: Dataset, architecture: Architecture, epochs: int, seed: int
) -> dict[str, Any]:
    """Train a network on a CPU and leave it with its result in a folder, as a worker does."""
    data = TrainingData.of(dataset, pick_device("cpu"))
    network = build(architecture, element_vectors("mat2vec"), seed)
    found = train(network, data, load_recipe("default", epochs), seed)
    folder.mkdir(parents=True, exist_ok=True)
    write_network(folder, network)
    result = {
        "state": "done",
        "reason": None,
        "architecture": architecture.to_dict(),
        "line": line(architecture),
        "seed": seed,
        **({f"order_gap/{name}": 0.0 for name in dataset.target_names} or {"order_gap": 0.0}),
        **found.to_dict(),
        "collapsed": False,  # so short a training learns little
    }
    plain = json.loads(json.dumps(result, default=_plain))
    write_result(folder, plain)
    return plain


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else asdict(value)


class _Worker:
    """Makes up the results of jobs."""

    def __init__(self, folder: StudyFolder, ingredients: Ingredients) -> None:
        self.folder, self.ingredients = folder, ingredients
        self.rng, self.noise = np.random.default_rng(0), np.random.default_rng(1)
        data = ingredients.dataset
        val = data.targets[data.parts.val]
        self.task = task_of(data)
        self.scaler = self.task.scaler(data)
        self.val = self.task.error.key("val")
        self.constant_error = self.task.constant_error(data.targets[data.parts.train], val)

    def result(self, job: Job) -> Mapping[str, Any]:
        place = self.folder.path / job.key
        place.mkdir(parents=True, exist_ok=True)
        result = self._yardstick(place) if job.kind is Kind.YARDSTICK else self._network(job, place)
        write_result(place, result)
        return result

    def _yardstick(self, place: Path) -> dict[str, Any]:
        """Noise around the truth, so much that a forest is worse than the better networks."""
        data = self.ingredients.dataset
        found = {}
        for part in ("val", "test"):
            rows = getattr(data.parts, part)
            noise = self.noise.laplace(scale=0.5 * self.constant_error, size=len(rows))
            noise = np.multiply.outer(noise, self.scaler.std) if data.several else noise
            truth = self.task.as_values(data.targets[rows])
            if data.several:
                truth = np.where(np.isnan(truth), np.nanmean(truth, axis=0), truth)
            if place.name in CONSTANTS:
                known = self.task.as_values(data.targets[data.parts.train])
                found[part] = np.broadcast_to(self.task.best_constant(known), truth.shape)
            elif data.classes:
                found[part] = (truth.T + noise).T.clip(0.05, 0.95)
            else:
                found[part] = truth + noise
        np.savez(place / PREDICTIONS, **found)
        if data.several:
            scores = self.task.scores("val", found["val"], data.targets[data.parts.val])
        else:
            truth = data.targets[data.parts.val]
            scores = {self.val: self.task.error.measure(found["val"], truth)}
        return {"state": "done", **scores, "seconds": 1.0}

    def _network(self, job: Job, place: Path) -> dict[str, Any]:
        plain = job.payload["architecture"]
        architecture = Architecture.from_dict(plain)
        network = build(architecture, element_vectors("mat2vec"), seed=0)
        write_network(place, network)
        local = len(architecture.local_stages) / max(
            len(architecture.local_stages) + len(architecture.global_stages), 1
        )
        size = np.log10(network.parameter_count)
        error = self.constant_error * (0.9 - 0.09 * size + 0.08 * local + 0.04 * self.rng.random())
        falling = error * (1 + 0.5 / np.arange(1, EPOCHS + 1) - 0.5 / EPOCHS)
        history = [
            {
                "epoch": epoch,
                "train_loss": float(value / self.constant_error),
                self.val: float(value),
                "learning_rate": 1e-3,
                "seconds": 1.0,
            }
            for epoch, value in enumerate(falling, start=1)
        ]
        trained = self._vector(0.25 + 0.6 * local + 0.03 * self.rng.random())
        return {
            "architecture": plain,
            "line": line(architecture),
            "seed": job.payload["seed"],
            "state": "done",
            "reason": None,
            self.val: float(error),
            **{key: float(1.4 * error) for key in self.task.keys("val")[1:]},
            "skill": float(1 - error / self.constant_error),
            "best_epoch": EPOCHS,
            "parameters": network.parameter_count,
            "train_seconds": float(EPOCHS),
            "history": history,
            "collapsed": False,
            "efm_seconds": 0.1,
            **{f"order_gap/{name}": 0.0 for name in self.ingredients.dataset.target_names},
            **({} if self.ingredients.dataset.several else {"order_gap": 0.0}),
            "cecv": trained.to_dict(),
            "cecv_untrained": self._vector(0.2).to_dict(),
        }

    def _vector(self, share: float) -> Cecv:
        """Counts that start at this share of the probe and fall with the threshold."""
        probe = self.ingredients.probe
        t = np.array(THRESHOLDS)
        counts = tuple(float(c) for c in np.ceil(share * probe.usable * np.exp(-4 * t)))
        left_out = {"too_few_elements": len(probe.table) - probe.usable, "degenerate": 0}
        return Cecv(
            THRESHOLDS, counts, {3: counts}, probe.usable, left_out, vector_provenance(probe)
        )


class _Trainer(_Worker):
    """Trains the networks; their vectors stay made up."""

    def __init__(
        self, folder: StudyFolder, ingredients: Ingredients, epochs: Sequence[int]
    ) -> None:
        super().__init__(folder, ingredients)
        self.epochs = iter(epochs)

    def _network(self, job: Job, place: Path) -> dict[str, Any]:
        epochs = next(self.epochs) if job.kind is Kind.TRIAL else 1
        if not epochs:
            return {"state": "failed", "reason": "made to fail"}
        architecture = Architecture.from_dict(job.payload["architecture"])
        found = trained(place, self.ingredients.dataset, architecture, epochs, job.payload["seed"])
        vectors = {
            "cecv": self._vector(0.5).to_dict(),
            "cecv_untrained": self._vector(0.2).to_dict(),
        }
        return found | vectors | {"efm_seconds": 0.1}
