"""Trains one network.

A `Trainer` is an iterator over epochs, so that its caller can report, stop or continue between two
epochs; `train` runs it to the end. Within an epoch nothing is read back from the device.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fusionnas.errors import TrainingFailed
from fusionnas.networks.components.output import Residuals
from fusionnas.networks.inputs import Inputs
from fusionnas.networks.network import Network
from fusionnas.seeding import sub_seed
from fusionnas.tasks.loss import mean_loss
from fusionnas.training.batches import Batch, jittered
from fusionnas.training.best import Averaging, Best
from fusionnas.training.data import TrainingData
from fusionnas.training.fine_tuning import freeze
from fusionnas.training.inference import predict_standardised
from fusionnas.training.optimisation import ends_a_triangle, make_optimizer, make_schedule
from fusionnas.training.precision import autocast
from fusionnas.training.recipe import Recipe
from fusionnas.training.records import EpochRecord, TrainingResult


def train(
    network: Network,
    data: TrainingData,
    recipe: Recipe,
    seed: int,
    on_epoch: Callable[[EpochRecord], None] | None = None,
) -> TrainingResult:
    """Train `network` in place on `data`; afterwards it has its best weights.

    Raises:
        TrainingFailed: the loss became infinite or not a number.
    """
    trainer = Trainer(network, data, recipe, seed)
    for record in trainer:
        if on_epoch is not None:
            on_epoch(record)
    return trainer.finish()


class Trainer:
    """One training, epoch by epoch. Iterate, then `finish`."""

    def __init__(
        self,
        network: Network,
        data: TrainingData,
        recipe: Recipe,
        seed: int,
        rates: Mapping[str, float] | None = None,
        choose_epoch: bool = True,
        trained: bool = False,
    ) -> None:
        """
        Args:
            network: network, trained in place.
            data: its training and validation parts.
            recipe: recipe of the training.
            seed: seed of order and noise.
            rates: factors of the learning rate by part, 0 for a frozen one; see
                `fusionnas.training.fine_tuning`.
            choose_epoch: whether validation chooses the epoch whose weights are kept, and may stop
                the training early. Otherwise the last weights are kept, or with averaging the last
                average, and the validation rows have chosen no epoch. A triangular schedule
                without averaging ends at any rate, so there validation chooses in any case.
            trained: whether the first weights are trained ones, with an output that is fitted to
                its targets. They are kept if no epoch is better.
        """
        freeze(network, rates or {})
        self.network = network.to(data.device)
        if not trained:
            self.network.fit_output(data.train.targets())
        self.data = data
        self.task = data.task
        self.recipe = recipe
        self.seed = seed
        comes_down = recipe.schedule == "one_cycle" or recipe.average
        self.choose_epoch = choose_epoch or not comes_down
        self.batch_size = recipe.batch_size_for(data.train.size)
        self.loss = self.task.losses[self.task.loss_name(recipe.loss)]
        self.optimizer = make_optimizer(network, recipe, rates)
        self.schedule = make_schedule(self.optimizer, recipe, data.train.steps(self.batch_size))
        self.order = torch.Generator().manual_seed(sub_seed(seed, "order"))
        self.average = Averaging(network, self._validate) if recipe.average else None
        self.best = Best()
        self.start_error: float | None = None
        if trained:
            self.start_error = self._validate(network)
            self.best = Best.of(self.start_error, 0, network)
        self.history: list[EpochRecord] = []
        self.unimproved = 0
        self.started = time.perf_counter()

    @property
    def ended(self) -> bool:
        """Whether no epoch is left, or the patience is used up."""
        spent = self.choose_epoch and self.unimproved >= self.recipe.stops_after
        return spent or len(self.history) >= self.recipe.epochs

    def __iter__(self) -> Iterator[EpochRecord]:
        while not self.ended:
            epoch = len(self.history) + 1
            begun = time.perf_counter()
            train_loss = self._epoch(epoch)
            val_error = self._validate(self.network)
            if not math.isfinite(train_loss) or not math.isfinite(val_error):
                raise TrainingFailed(
                    f"the loss is not finite in epoch {epoch} "
                    f"(loss {train_loss:.4g}, validation {self.task.error.label} {val_error:.4g})"
                )
            self._keep_best(epoch, val_error)
            rate = max(map(float, self.schedule.get_last_lr()))
            seconds = time.perf_counter() - begun
            self.history.append(EpochRecord(epoch, train_loss, val_error, rate, seconds))
            yield self.history[-1]

    def state(self) -> dict[str, Any]:
        """Everything that the training needs to continue after the present epoch."""
        average, error = self.average, self.task.error
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "order": self.order.get_state(),
            "average": None if average is None else average.model.state_dict(),
            error.key("average"): None if average is None else average.val_error,
            "best": tuple(self.best),
            error.key("start"): self.start_error,
            "history": [record.to_dict(self.task) for record in self.history],
            "unimproved": self.unimproved,
            "seconds": time.perf_counter() - self.started,
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        """Continue a training of the same network, data, recipe and seed from its `state`.

        On a CPU it gives the same weights, bit by bit, as one that was never interrupted.
        """
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.order.set_state(state["order"].cpu())
        if self.average is not None:
            self.average.model.load_state_dict(state["average"])
            self.average.val_error = state.get(self.task.error.key("average"), math.inf)
        self.best = Best(*state["best"])
        self.start_error = state.get(self.task.error.key("start"))
        self.history = [EpochRecord.from_dict(record, self.task) for record in state["history"]]
        self.unimproved = state["unimproved"]
        self.started = time.perf_counter() - state["seconds"]

    def finish(self) -> TrainingResult:
        """Put the best weights into the network, unfreeze all its parts, and return the results."""
        self.network.requires_grad_(True)  # all its parameters count again
        self.network.load_state_dict(self.best.weights)
        predicted, data = self._predicted(self.network), self.data
        scores = self.task.scores("val", predicted, data.val_target, data.val_weights)
        error = scores[self.task.error.key("val")]
        return TrainingResult(
            task=self.task,
            scores=scores,
            skill=self.task.skill(error, self.data.constant_error),
            best_epoch=self.best.epoch,
            averaged=self.best.averaged,
            parameters=self.network.parameter_count,
            train_seconds=time.perf_counter() - self.started,
            history=tuple(self.history),
            start_error=self.start_error,
        )

    def _epoch(self, epoch: int) -> float:
        """One pass over the training part; the mean loss."""
        self.network.train()
        total = torch.zeros((), device=self.data.device)
        steps = 0
        devices = [self.data.device] if self.data.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(sub_seed(self.seed, "noise", epoch))
            for step in self.data.train.shuffled(self.batch_size, self.order, self.recipe.batches):
                self.optimizer.zero_grad(set_to_none=True)
                loss = self._loss(step)
                loss.backward()
                if self.recipe.gradient_clip is not None:
                    torch.nn.utils.clip_grad_norm_(
                        self.network.parameters(), self.recipe.gradient_clip
                    )
                self.optimizer.step()
                self.schedule.step()
                total += loss.detach()
                steps += 1
        return float(total) / max(steps, 1)

    def _loss(self, step: list[Batch]) -> Tensor:
        """The mean loss over the compounds of a step."""
        errors, log_scales, added = [], [], []
        weights = [piece.weight for piece in step if piece.weight is not None]
        # around the whole step: weights for bf16 products are rounded once
        with autocast(self.data.device, self.recipe.precision):
            for piece in step:
                inputs = piece.inputs
                if self.recipe.jitter:
                    inputs = jittered(inputs, self.recipe.jitter)
                error, log_scale, more = self._residuals(inputs, piece.target)
                errors.append(error)
                log_scales.append(log_scale)
                added += [] if more is None else [more]
        weight = torch.cat(weights) if weights else None
        loss = mean_loss(self.loss(torch.cat(errors), torch.cat(log_scales)), weight)
        return loss + mean_loss(torch.cat(added), weight) if added else loss

    def _residuals(self, inputs: Inputs, target: Tensor) -> Residuals:
        if self.task.residuals is None:
            return self.network.residuals(inputs, target)
        return self.task.residuals(self.network, inputs, target, self.data.scaler)

    def _predicted(self, network: Network) -> np.ndarray:
        """Predictions of a network for the validation part, (N_val,), in the unit of the target."""
        outputs = predict_standardised(network, self.data.val)
        return self.task.decode(*outputs, self.data.scaler)[0]

    def _validate(self, network: Network) -> float:
        return self.task.error.measure(self._predicted(network), self.data.val_target)

    def _keep_best(self, epoch: int, val_error: float) -> None:
        """Keep the best weights; with averaging, only averages count against the patience."""
        improved = self._is_kept(epoch, val_error)
        if improved:
            self.best = Best.of(val_error, epoch, self.network)
        if self.average is None:
            self.unimproved = 0 if improved else self.unimproved + 1
        elif ends_a_triangle(epoch):
            improved = self.average.add(self.network)
            self.unimproved = 0 if improved else self.unimproved + 1
            lowest = not self.choose_epoch or self.average.val_error < self.best.val_error
            if improved and lowest:
                self.best = self.average.best(epoch)

    def _is_kept(self, epoch: int, val_error: float) -> bool:
        """Whether the weights of an epoch are the ones to keep so far."""
        if self.choose_epoch:
            return val_error < self.best.val_error
        averaged = self.average is not None and int(self.average.model.n_averaged) > 0
        return epoch == self.recipe.epochs and not averaged
