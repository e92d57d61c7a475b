"""One evaluation: build, train, take the EFMs, cluster, and leave a complete folder.

An `Evaluator` lives in a worker and holds the data on its device. It is a plain function of its
job otherwise: the same job gives the same folder wherever it runs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.cecv.correlation import Standardisation
from fusionnas.cecv.efm import network_cecv
from fusionnas.cecv.probe import ProbeSet
from fusionnas.cecv.rules import Rule
from fusionnas.cecv.vector import Cecv, Provenance
from fusionnas.data.dataset import Dataset
from fusionnas.errors import FusionNASError, TrainingFailed
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.line import line
from fusionnas.networks.network import Network, Tap, build
from fusionnas.networks.network_file import write_network
from fusionnas.searching.checkpoint import drop_checkpoint, read_checkpoint, write_checkpoint
from fusionnas.searching.jobs import Job, Result, Work
from fusionnas.searching.limits import latency_ms
from fusionnas.searching.result_file import write_result
from fusionnas.searching.yardstick_jobs import is_yardstick, run_yardstick
from fusionnas.seeding import sub_seed
from fusionnas.training.batches import Compounds
from fusionnas.training.data import TrainingData
from fusionnas.training.device import pick_device
from fusionnas.training.inference import order_gap
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
            yield {"state": "unwritten", "reason": str(e)}

    def evaluate(job: Job, folder: Path) -> Iterator[Result]:
        if is_yardstick(job.key):
            yield run_yardstick(job.key, setting.dataset, setting.seed, folder)
        else:
            architecture = Architecture.from_dict(job.payload["architecture"])
            bound, until = (job.payload.get(name) for name in ("latency_bound", "until"))
            yield from evaluator.run(architecture, job.payload["seed"], folder, bound, until)

    return work


class Evaluator:
    """Trains and describes one architecture after the other on one device."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        device = pick_device()
        self.data = TrainingData.of(setting.dataset, device)
        self.probe = Compounds(setting.probe.table, device)

    def run(
        self, architecture: Architecture, seed: int, folder: Path,
        latency_bound: float | None = None, until: int | None = None,
    ) -> Iterator[Result]:  # fmt: skip
        """Train and yield one record an epoch; the last item is the result.

        With a `latency_bound` (ms) the latency is measured first, and a network above it is
        infeasible. With `until` it pauses at that rung, and goes on from the checkpoint of an
        earlier one. A result but for a pause also lies in `folder/result.json`, written after
        everything else there: a folder with a readable result is complete.

        Raises:
            OSError: the folder cannot be written.
        """
        begun = time.perf_counter()
        result: dict[str, Any] = {
            "architecture": architecture.to_dict(),
            "line": line(architecture),
            "seed": seed,
        }
        try:
            yield from self._fitting(architecture, seed, folder, latency_bound, until, result)
        except FusionNASError as e:
            result |= {"state": "failed", "reason": str(e)}
        spent = {"segment_seconds": time.perf_counter() - begun}
        if result["state"] != "paused":
            result.setdefault("train_seconds", spent["segment_seconds"])
            write_result(folder, result)
            drop_checkpoint(folder)
        yield result | spent

    def _fitting(
        self, architecture: Architecture, seed: int, folder: Path,
        latency_bound: float | None, until: int | None, result: dict[str, Any],
    ) -> Iterator[Result]:  # fmt: skip
        """The steps; where memory runs out, once more from the start with half the batch.

        The result then says so in `batch_size`, which other results lack. From a rung it goes on
        with the batch that it had there.
        """
        recipe = self.setting.recipe
        try:
            yield from self._steps(architecture, seed, folder, latency_bound, until, result, recipe)
            return
        except Exception as e:
            if not is_out_of_memory(e):
                raise
        # outside of `except`, whose traceback holds the tensors of the first run
        release_memory()
        drop_checkpoint(folder)  # of another batch
        half = max(1, recipe.batch_size_for(self.data.train.size) // 2)
        result["batch_size"] = half
        try:
            yield from self._steps(
                architecture, seed, folder, latency_bound, until, result,
                replace(recipe, batch_size=half),
            )  # fmt: skip
        except Exception as e:
            if not is_out_of_memory(e):
                raise
            raise TrainingFailed(f"out of memory, also with half the batch ({half})") from e

    def _steps(
        self, architecture: Architecture, seed: int, folder: Path,
        latency_bound: float | None, until: int | None, result: dict[str, Any], recipe: Recipe,
    ) -> Iterator[Result]:  # fmt: skip
        vectors = self.setting.vectors[architecture.element_vectors]
        network = build(architecture, vectors, sub_seed(seed, "weights"))
        kept = read_checkpoint(folder) if self.setting.rungs else None
        looks: list[dict[str, Any]] = []
        if kept is None and (why := self._describe_untrained(network, latency_bound, result)):
            result |= {"state": "infeasible", "reason": why}
            return
        if kept is not None:
            result |= kept["result"]
            if "batch_size" in result:  # memory ran out before
                recipe = replace(recipe, batch_size=result["batch_size"])
        trainer = Trainer(network, self.data, recipe, sub_seed(seed, "training"))
        if kept is not None:
            trainer.go_on(kept["training"])
            looks = kept["looks"]
        if until is not None and len(looks) > until:  # it was lost just after its checkpoint
            result |= {"state": "paused", **looks[until]}
            return
        for record in trainer:
            yield {"state": "running", **asdict(record)}
            if record.epoch in self.setting.rungs and not trainer.ended:
                looks.append(self._look(trainer, network))
                if until == len(looks) - 1:
                    write_checkpoint(folder, trainer.state(), looks, result)
                    result |= {"state": "paused", **looks[-1]}
                    return
        trained = trainer.finish()
        begun = time.perf_counter()
        vector = self._vector(network)
        if vector.degenerate_share > DEGENERATE_SHARE:
            result |= {"state": "infeasible", "reason": NO_RESOLUTION}
            return
        folder.mkdir(parents=True, exist_ok=True)
        write_network(folder, network)
        result |= {
            "state": "done",
            "reason": None,
            **trained.to_dict(),
            "efm_seconds": result["efm_seconds"] + time.perf_counter() - begun,
            "order_gap": self.data.scaler.std * order_gap(network, self.probe, seed),
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
        untrained = self._vector(network.to(self.data.device))
        if untrained.degenerate_share > DEGENERATE_SHARE:
            return NO_RESOLUTION
        result["cecv_untrained"] = untrained.to_dict()
        result["efm_seconds"] = time.perf_counter() - begun
        return None

    def _look(self, trainer: Trainer, network: Network) -> dict[str, Any]:
        """What is reported at a rung: the lowest error so far, the vector of the weights there."""
        return {
            "epoch": trainer.history[-1].epoch,
            "val_mae": trainer.best[0],
            "parameters": network.parameter_count,
            "width": network.architecture.width,
            "cecv": self._vector(network).to_dict(),
            "train_seconds": time.perf_counter() - trainer.started,
        }

    def _vector(self, network: Network) -> Cecv:
        return network_cecv(network, self.setting.probe, self.probe, TAP, RULE, STANDARDISE)
