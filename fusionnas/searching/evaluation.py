"""One evaluation: build, train, compute the EFMs, cluster them, and leave a complete folder.

An `Evaluator` lives in a worker and holds the data on its device. Otherwise it is a plain function
of its job: the same job gives the same folder on every machine.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fusionnas.cecv.efm import network_cecv
from fusionnas.cecv.vector import Cecv
from fusionnas.data.folds import development_rows, search_folds, study_splits
from fusionnas.errors import FusionNASError, TrainingFailed
from fusionnas.networks.line import line
from fusionnas.networks.network import Network
from fusionnas.networks.network_file import read_network, write_network
from fusionnas.searching.assignment import Assignment
from fusionnas.searching.checkpoint import drop_checkpoint, read_checkpoint, write_checkpoint
from fusionnas.searching.fold_results import FOLDS, across_folds, keep_held_out
from fusionnas.searching.jobs import Result
from fusionnas.searching.limits import latency_ms
from fusionnas.searching.refits import RATE, judged_facts
from fusionnas.searching.result_file import read_result, write_result
from fusionnas.searching.setting import RULE, STANDARDISE, TAP, Setting
from fusionnas.searching.trial_result import UNRESOLVED, TrialState, too_slow
from fusionnas.seeding import sub_seed
from fusionnas.tasks.kinds import task_of
from fusionnas.training.batches import Compounds
from fusionnas.training.data import TrainingData
from fusionnas.training.device import pick_device
from fusionnas.training.element_order import ORDER_GAP, order_gap
from fusionnas.training.fresh import fresh_network, training_seed
from fusionnas.training.memory import is_out_of_memory, release_memory
from fusionnas.training.recipe import Recipe
from fusionnas.training.trainer import Trainer

NO_RESOLUTION = "EFM without element resolution"
DEGENERATE_SHARE = 0.01  # share of the probe; above it an EFM has no element resolution


def _is_of(kept: Mapping[str, Any], given: Assignment) -> bool:
    """Whether the result of a fold is one of this training, not of a failed or another one."""
    return kept["state"] == TrialState.DONE and kept.get("epochs") == given.epochs


class Evaluator:
    """Trains and describes architectures on one device, one after the other."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.device = pick_device()
        parts, folds, seed = setting.dataset.parts, setting.folds, setting.seed
        self.splits = {
            False: study_splits(parts, search_folds(folds), seed),
            True: study_splits(parts, folds, seed),  # splits of final trainings
        }
        self.probe = Compounds(setting.probe.table, self.device)
        self.known: dict[tuple[bool, int | None], TrainingData] = {}

    def data(self, given: Assignment, split: int | None) -> TrainingData:
        """The data for training; without a split these are all training and validation rows.

        The targets are standardised in the same way for all splits, and errors are in the same
        unit: of several targets, those of the medians of the study's training part.
        """
        key = (given.final, split)
        if key not in self.known:
            dataset = self.setting.dataset
            if split is None:
                parts = replace(dataset.parts, train=development_rows(dataset.parts))
            else:
                parts = self.splits[given.final][split]
            task = task_of(dataset)
            self.known[key] = TrainingData.of(
                replace(dataset, parts=parts), self.device, task.scaler(dataset), task
            )
        return self.known[key]

    def run(self, given: Assignment) -> Iterator[Result]:
        """Train and yield one record for each epoch; the last item is the result.

        If there is a latency bound, the latency is measured first, and a network above it is
        infeasible. With `until` the training pauses at that rung; it continues from the checkpoint
        of an earlier rung. Except for a pause, the result is also written to `result.json` in the
        trial's folder, after all other files: a folder with a readable result is complete.

        Raises:
            OSError: the folder cannot be written.
        """
        if given.refits or given.first_fold or len(self.splits[given.final]) == 1:
            yield from self._one(given, None if given.refits else 0)
        else:
            yield from self._folds(given)

    def _folds(self, given: Assignment) -> Iterator[Result]:
        """Train a network for each fold; the result covers all, and the first network is kept."""
        begun = time.perf_counter()
        found: list[Mapping[str, Any]] = []
        result = self._opening(given)
        data = [self.data(given, fold) for fold in range(len(self.splits[given.final]))]
        for fold in range(len(data)):
            place = given.folder / FOLDS / str(fold)
            own = replace(given, folder=place, seed=sub_seed(given.seed, "fold", fold))
            if fold:
                own = replace(own, latency_bound=None)  # measured for the first fold only
            kept = read_result(place)
            if kept is None or not _is_of(kept, given):
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
            held_out = keep_held_out(given.folder, data, self.device)
            result |= across_folds(found, data, held_out)
            write_network(given.folder, read_network(given.folder / FOLDS / "0"))
        spent = {"segment_seconds": time.perf_counter() - begun}
        result.setdefault("train_seconds", spent["segment_seconds"])
        write_result(given.folder, result)
        if not given.final:
            shutil.rmtree(given.folder / FOLDS, ignore_errors=True)
        yield result | spent

    def _opening(self, given: Assignment) -> dict[str, Any]:
        """The first fields of a result."""
        return {
            "architecture": given.architecture.to_dict(),
            "line": line(given.architecture),
            "seed": given.seed,
        }

    def _one(self, given: Assignment, split: int | None) -> Iterator[Result]:
        """Train one network on one split; the last item is its result."""
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
        """Run the training steps; if memory runs out, start once more with half the batch size.

        The result then has the field `batch_size`, which other results lack. A training that
        continues from a rung uses the batch size that it had there.
        """
        recipe = self.setting.recipe
        if given.epochs is not None:
            recipe = replace(recipe, epochs=given.epochs)
            result["epochs"] = given.epochs
        if given.refits:
            recipe = recipe.slower(RATE)
        try:
            yield from self._steps(given, data, result, recipe)
            return
        except Exception as e:
            if not is_out_of_memory(e):
                raise
        # outside of `except`, because its traceback holds the tensors of the first run
        release_memory()
        drop_checkpoint(given.folder)  # it belongs to the other batch size
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
            if "batch_size" in result:  # memory ran out in an earlier part
                recipe = replace(recipe, batch_size=result["batch_size"])
        if given.refits:
            first = read_network(self.setting.folder / given.refits)
            network.load_state_dict(first.state_dict())
        refit = given.refits is not None  # no rows are left that could choose its epoch
        trainer = Trainer(
            network, data, recipe, training_seed(seed), choose_epoch=not refit, trained=refit
        )
        if kept is not None:
            trainer.resume(kept["training"])
            looks = kept["looks"]
        if until is not None and len(looks) > until:  # lost just after its checkpoint
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
        resolved = vector.degenerate_share <= DEGENERATE_SHARE
        if not resolved and not given.predicts:
            result |= {"state": TrialState.INFEASIBLE, "reason": NO_RESOLUTION}
            return
        folder.mkdir(parents=True, exist_ok=True)
        write_network(folder, network)
        result |= {
            "state": TrialState.DONE,
            "reason": None,
            **trained.to_dict(),
            "efm_seconds": result["efm_seconds"] + time.perf_counter() - begun,
            **self._order_gaps(network, data, seed),
            "cecv": vector.to_dict(),
        }
        if given.refits:
            judged = read_result(self.setting.folder / given.refits) or {}
            result |= judged_facts(judged, self.setting.recipe.epochs, recipe.epochs)
        if not resolved:
            result[UNRESOLVED] = True
        if looks:
            result["rungs"] = looks

    def _describe_untrained(
        self, network: Network, latency_bound: float | None, result: dict[str, Any]
    ) -> str | None:
        """Add latency and untrained vector to `result`; the reason if infeasible, or None."""
        if latency_bound is not None:
            latency = result["latency_ms"] = latency_ms(network)
            if why := too_slow(latency, latency_bound):
                return why
        begun = time.perf_counter()
        untrained = self._vector(network.to(self.device))
        if untrained.degenerate_share > DEGENERATE_SHARE:
            return NO_RESOLUTION
        result["cecv_untrained"] = untrained.to_dict()
        result["efm_seconds"] = time.perf_counter() - begun
        return None

    def _look(self, trainer: Trainer, network: Network) -> dict[str, Any]:
        """The report at a rung: the lowest error so far, and the vector of the present weights."""
        return {
            "epoch": trainer.history[-1].epoch,
            trainer.task.error.key("val"): trainer.best.val_error,
            "parameters": network.parameter_count,
            "width": network.architecture.width,
            "cecv": self._vector(network).to_dict(),
            "train_seconds": time.perf_counter() - trainer.started,
        }

    def _order_gaps(self, network: Network, data: TrainingData, seed: int) -> dict[str, float]:
        """How much predictions depend on the order of elements, in the unit of the target."""
        names = self.setting.dataset.target_names
        if not names:
            return {ORDER_GAP: data.scaler.std * order_gap(network, self.probe, seed)}
        return {
            f"{ORDER_GAP}/{name}": data.scaler.of_target(place).std
            * order_gap(network.of_targets([place]), self.probe, seed)
            for place, name in enumerate(names)
        }

    def _vector(self, network: Network) -> Cecv:
        return network_cecv(network, self.setting.probe, self.probe, TAP, RULE, STANDARDISE)
