"""One evaluation: build, train, take the EFMs, cluster, and leave a complete folder.

An `Evaluator` lives in a worker and holds the data on its device. It is a plain function of its
job otherwise: the same job gives the same folder wherever it runs.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.cecv.correlation import Standardisation
from fusionnas.cecv.efm import network_cecv
from fusionnas.cecv.probe import ProbeSet
from fusionnas.cecv.rules import Rule
from fusionnas.cecv.vector import Cecv, Provenance
from fusionnas.data.dataset import Dataset
from fusionnas.data.folds import development_rows, search_folds, study_splits
from fusionnas.errors import FusionNASError, TrainingFailed
from fusionnas.files.causes import cause_of
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.line import line
from fusionnas.networks.network import Network, Tap
from fusionnas.networks.network_file import read_network, write_network
from fusionnas.searching.checkpoint import drop_checkpoint, read_checkpoint, write_checkpoint
from fusionnas.searching.fold_results import FOLDS, across_folds, keep_held_out
from fusionnas.searching.jobs import Job, Kind, Result, Work
from fusionnas.searching.limits import latency_ms
from fusionnas.searching.result_file import read_result, write_result
from fusionnas.searching.trial_result import TrialState
from fusionnas.searching.yardstick_jobs import run_yardstick
from fusionnas.seeding import sub_seed
from fusionnas.tasks.regression import REGRESSION
from fusionnas.training.batches import Compounds
from fusionnas.training.data import TrainingData
from fusionnas.training.device import pick_device
from fusionnas.training.element_order import order_gap
from fusionnas.training.fresh import fresh_network, training_seed
from fusionnas.training.memory import is_out_of_memory, release_memory
from fusionnas.training.recipe import Recipe
from fusionnas.training.trainer import Trainer

# how a search makes its vectors
TAP: Tap = "readout_input"
RULE: Rule = "leader"
STANDARDISE: Standardisation = "within"
NO_RESOLUTION = "EFM without element resolution"
DEGENERATE_SHARE = 0.01  # of the probe, above which an EFM has no element resolution


@dataclass(frozen=True, slots=True)
class Setting:
    """What all jobs of a study share; it goes to each worker once."""

    folder: Path  # of the study
    dataset: Dataset
    vectors: Mapping[str, np.ndarray]  # element vectors (119, channels) by name
    recipe: Recipe
    probe: ProbeSet
    seed: int
    rungs: tuple[int, ...] = ()  # epochs after which a look is taken
    folds: int = 0  # of the final training; 0 is none, and trials have `search_folds` of them


def vector_provenance(probe: ProbeSet) -> Provenance:
    """How the vectors of a search are made, known before the first of them is."""
    return Provenance(TAP, RULE, STANDARDISE, probe.name, probe.hash)


def make_work(setting: Setting) -> Work:
    """What a worker does with a job."""
    evaluator = Evaluator(setting)

    def work(job: Job) -> Iterator[Result]:
        try:
            yield from evaluate(job, setting.folder / job.key)
        except OSError as e:  # the machine's fault: the search has to stop, not to learn from it
            yield {"state": TrialState.UNWRITTEN, "reason": cause_of(e)}

    def evaluate(job: Job, folder: Path) -> Iterator[Result]:
        if job.kind is Kind.YARDSTICK:
            splits = evaluator.splits[True]
            yield run_yardstick(job.name, setting.dataset, splits, setting.seed, folder)
        else:
            yield from evaluator.run(Assignment.of(job, folder))

    return work


@dataclass(frozen=True, slots=True)
class Assignment:
    """One architecture to train, and how."""

    architecture: Architecture
    seed: int
    folder: Path
    latency_bound: float | None = None  # ms; None: the latency is not measured
    until: int | None = None  # the rung at which it pauses
    epochs: int | None = None  # None: those of the recipe
    final: bool = False  # all folds; the network of each is kept
    first_fold: bool = False  # the network of that alone
    whole: bool = False  # on all training and validation rows; its error is not known

    @classmethod
    def of(cls, job: Job, folder: Path) -> Assignment:
        given = dict(job.payload)
        architecture = Architecture.from_dict(given.pop("architecture"))
        return cls(architecture, given.pop("seed"), folder, **given)


class Evaluator:
    """Trains and describes one architecture after the other on one device."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.device = pick_device()
        parts, folds, seed = setting.dataset.parts, setting.folds, setting.seed
        self.splits = {
            False: study_splits(parts, search_folds(folds), seed),
            True: study_splits(parts, folds, seed),  # final ones
        }
        self.probe = Compounds(setting.probe.table, self.device)
        self.known: dict[tuple[bool, int | None], TrainingData] = {}

    def data(self, given: Assignment, split: int | None) -> TrainingData:
        """What a network is trained on; without a split it is all training and validation rows.

        Targets are standardised alike for all.
        """
        key = (given.final, split)
        if key not in self.known:
            dataset = self.setting.dataset
            if split is None:
                parts = replace(dataset.parts, train=development_rows(dataset.parts))
            else:
                parts = self.splits[given.final][split]
            self.known[key] = TrainingData.of(
                replace(dataset, parts=parts), self.device, REGRESSION.scaler(dataset)
            )
        return self.known[key]

    def run(self, given: Assignment) -> Iterator[Result]:
        """Train and yield one record an epoch; the last item is the result.

        With a latency bound the latency is measured first, and a network above it is infeasible.
        With `until` it pauses at that rung, and goes on from the checkpoint of an earlier one. A
        result but for a pause also lies in `result.json` of its folder, written after everything
        else there: a folder with a readable result is complete.

        Raises:
            OSError: the folder cannot be written.
        """
        if given.whole or given.first_fold or len(self.splits[given.final]) == 1:
            yield from self._one(given, None if given.whole else 0)
        else:
            yield from self._folds(given)

    def _folds(self, given: Assignment) -> Iterator[Result]:
        """A network for each fold; the result is that of all, and the first network is kept."""
        begun = time.perf_counter()
        found: list[Mapping[str, Any]] = []
        result = self._opening(given)
        data = [self.data(given, fold) for fold in range(len(self.splits[given.final]))]
        for fold in range(len(data)):
            place = given.folder / FOLDS / str(fold)
            own = replace(given, folder=place, seed=sub_seed(given.seed, "fold", fold))
            if fold:
                own = replace(own, latency_bound=None)  # the first tells
            kept = read_result(place)
            if kept is None:
                for progress in self._one(own, fold):
                    if progress["state"] == TrialState.RUNNING:
                        yield {**progress, "fold": fold}
                kept = read_result(place)
                assert kept is not None
            found.append(kept)
            if kept["state"] != TrialState.DONE:
                result |= {"state": kept["state"], "reason": kept["reason"]}
                break
        else:
            result |= across_folds(found, data)
            keep_held_out(given.folder, data, self.device)
            write_network(given.folder, read_network(given.folder / FOLDS / "0"))
        spent = {"segment_seconds": time.perf_counter() - begun}
        result.setdefault("train_seconds", spent["segment_seconds"])
        write_result(given.folder, result)
        if not given.final:
            shutil.rmtree(given.folder / FOLDS, ignore_errors=True)
        yield result | spent

    def _opening(self, given: Assignment) -> dict[str, Any]:
        """What a result begins with."""
        return {
            "architecture": given.architecture.to_dict(),
            "line": line(given.architecture),
            "seed": given.seed,
        }

    def _one(self, given: Assignment, split: int | None) -> Iterator[Result]:
        """One network on one split; the last item is its result."""
        begun = time.perf_counter()
        result = self._opening(given)
        try:
            yield from self._fitting(given, self.data(given, split), result)
        except FusionNASError as e:
            result |= {"state": TrialState.FAILED, "reason": str(e)}
        spent = {"segment_seconds": time.perf_counter() - begun}
        if result["state"] != TrialState.PAUSED:
            result.setdefault("train_seconds", spent["segment_seconds"])
            write_result(given.folder, result)
            drop_checkpoint(given.folder)
        yield result | spent

    def _fitting(
        self, given: Assignment, data: TrainingData, result: dict[str, Any]
    ) -> Iterator[Result]:
        """The steps; where memory runs out, once more from the start with half the batch.

        The result then says so in `batch_size`, which other results lack. From a rung it goes on
        with the batch that it had there.
        """
        recipe = self.setting.recipe
        if given.epochs is not None:
            recipe = replace(recipe, epochs=given.epochs)
            result["epochs"] = given.epochs
        try:
            yield from self._steps(given, data, result, recipe)
            return
        except Exception as e:
            if not is_out_of_memory(e):
                raise
        # outside of `except`, whose traceback holds the tensors of the first run
        release_memory()
        drop_checkpoint(given.folder)  # of another batch
        half = max(1, recipe.batch_size_for(data.train.size) // 2)
        result["batch_size"] = half
        try:
            yield from self._steps(given, data, result, replace(recipe, batch_size=half))
        except Exception as e:
            if not is_out_of_memory(e):
                raise
            raise TrainingFailed(f"out of memory, also with half the batch ({half})") from e

    def _steps(
        self, given: Assignment, data: TrainingData, result: dict[str, Any], recipe: Recipe
    ) -> Iterator[Result]:
        folder, seed, until = given.folder, given.seed, given.until
        vectors = self.setting.vectors[given.architecture.element_vectors]
        network = fresh_network(given.architecture, vectors, seed)
        kept = read_checkpoint(folder) if self.setting.rungs else None
        looks: list[dict[str, Any]] = []
        if kept is None and (why := self._describe_untrained(network, given.latency_bound, result)):
            result |= {"state": TrialState.INFEASIBLE, "reason": why}
            return
        if kept is not None:
            result |= kept["result"]
            if "batch_size" in result:  # memory ran out before
                recipe = replace(recipe, batch_size=result["batch_size"])
        # the rows that could choose the epoch are trained on where it is all of them
        trainer = Trainer(network, data, recipe, training_seed(seed), choose_epoch=not given.whole)
        if kept is not None:
            trainer.go_on(kept["training"])
            looks = kept["looks"]
        if until is not None and len(looks) > until:  # it was lost just after its checkpoint
            result |= {"state": TrialState.PAUSED, **looks[until]}
            return
        for record in trainer:
            yield {"state": TrialState.RUNNING, **record.to_dict(data.task)}
            if record.epoch in self.setting.rungs and not trainer.ended:
                looks.append(self._look(trainer, network))
                if until == len(looks) - 1:
                    write_checkpoint(folder, trainer.state(), looks, result)
                    result |= {"state": TrialState.PAUSED, **looks[-1]}
                    return
        trained = trainer.finish()
        begun = time.perf_counter()
        vector = self._vector(network)
        if vector.degenerate_share > DEGENERATE_SHARE:
            result |= {"state": TrialState.INFEASIBLE, "reason": NO_RESOLUTION}
            return
        folder.mkdir(parents=True, exist_ok=True)
        write_network(folder, network)
        result |= {
            "state": TrialState.DONE,
            "reason": None,
            **trained.to_dict(),
            "efm_seconds": result["efm_seconds"] + time.perf_counter() - begun,
            "order_gap": data.scaler.std * order_gap(network, self.probe, seed),
            "cecv": vector.to_dict(),
        }
        if looks:
            result["rungs"] = looks

    def _describe_untrained(
        self, network: Network, latency_bound: float | None, result: dict[str, Any]
    ) -> str | None:
        """Latency and untrained vector into `result`; why the network is infeasible, or None."""
        if latency_bound is not None:
            latency = result["latency_ms"] = latency_ms(network)
            if latency > latency_bound:
                return f"latency {latency:.3g} ms is over the limit of {latency_bound:g} ms"
        begun = time.perf_counter()
        untrained = self._vector(network.to(self.device))
        if untrained.degenerate_share > DEGENERATE_SHARE:
            return NO_RESOLUTION
        result["cecv_untrained"] = untrained.to_dict()
        result["efm_seconds"] = time.perf_counter() - begun
        return None

    def _look(self, trainer: Trainer, network: Network) -> dict[str, Any]:
        """What is reported at a rung: the lowest error so far, the vector of the weights there."""
        return {
            "epoch": trainer.history[-1].epoch,
            trainer.task.error.key("val"): trainer.best.val_error,
            "parameters": network.parameter_count,
            "width": network.architecture.width,
            "cecv": self._vector(network).to_dict(),
            "train_seconds": time.perf_counter() - trainer.started,
        }

    def _vector(self, network: Network) -> Cecv:
        return network_cecv(network, self.setting.probe, self.probe, TAP, RULE, STANDARDISE)
