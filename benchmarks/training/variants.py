"""Losses and trainers that the comparison tries and the product does not have."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from fusionnas.networks.inputs import Inputs
from fusionnas.networks.network import Network
from fusionnas.statistics.metrics import mae
from fusionnas.tasks.loss import LOSSES, Loss, robust_l1
from fusionnas.training.batches import Batch, Compounds, jittered
from fusionnas.training.best import Best
from fusionnas.training.inference import predict_standardised
from fusionnas.training.trainer import Trainer

EMA = 0.98  # of a step: an average over about 50 of 400


def plain_l1(error: Tensor, log_scale: Tensor) -> Tensor:
    return error.abs()


def huber(error: Tensor, log_scale: Tensor) -> Tensor:
    return F.huber_loss(error, torch.zeros_like(error), delta=0.5, reduction="none")


def squared(error: Tensor, log_scale: Tensor) -> Tensor:
    return error**2


def quantiles(error: Tensor, log_scale: Tensor) -> Tensor:
    """Pinball losses of the median and of the 5% and 95% quantiles, exp(s) to either side of it."""
    reach = log_scale.exp()
    low, high = -error + reach, -error - reach  # target - quantile
    pinball = torch.maximum(0.05 * low, -0.95 * low) + torch.maximum(0.95 * high, -0.05 * high)
    return 0.5 * error.abs() + pinball


MORE_LOSSES: dict[str, Loss] = {
    "plain_l1": plain_l1,
    "huber": huber,
    "squared": squared,
    "quantiles": quantiles,
}


class PlainTrainer(Trainer):
    """The product's, with more losses to choose from."""

    def __init__(self, network: Network, data: Any, recipe: Any, seed: int) -> None:
        cast(dict[str, Loss], LOSSES).update(MORE_LOSSES)
        super().__init__(network, data, recipe, seed)

    def predict(self, compounds: Compounds) -> np.ndarray:
        """Standardised predictions (N,)."""
        return predict_standardised(self.network, compounds)[0]


class WarmUpTrainer(PlainTrainer):
    """Plain L1 for the first third of the steps, then the likelihood."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.taken = 0
        third = self.recipe.epochs * self.data.train.steps(self.batch_size) / 3

        def loss(error: Tensor, log_scale: Tensor) -> Tensor:
            self.taken += 1
            # the scale is learned from the start, so that the likelihood meets a sensible one
            scaled = LOSSES["scaled_l1"]
            return (scaled if self.taken <= third else robust_l1)(error, log_scale)

        self.loss = loss


class InPieces:
    """Steps of a few pieces of `piece` compounds of one n; pieces of the same n are joined."""

    def __init__(self, of: Compounds, piece: int) -> None:
        self.of, self.piece = of, piece
        self.size, self.groups, self.steps = of.size, of.groups, of.steps

    def shuffled(self, batch_size: int, generator: torch.Generator, rule: str) -> Any:
        small = self.of.shuffled(self.piece, generator)
        room = batch_size
        step: dict[int, list[Any]] = {}
        for pieces in small:
            for piece in pieces:
                step.setdefault(piece.inputs.elements, []).append(piece)
                room -= len(piece.rows)
            if room <= 0:
                yield _joined(step)
                room, step = batch_size, {}
        if step:
            yield _joined(step)


def _joined(step: dict[int, list[Batch]]) -> list[Batch]:
    return [
        Batch(
            Inputs(
                torch.cat([piece.inputs.numbers for piece in pieces]),
                torch.cat([piece.inputs.fractions for piece in pieces]),
            ),
            torch.cat([piece.target for piece in pieces]),
            torch.cat([piece.rows for piece in pieces]),
        )
        for pieces in step.values()
    ]


class PiecesOf32Trainer(PlainTrainer):
    """Steps of four pieces, so that one holds several lengths, and few products are small."""

    def __init__(self, network: Network, data: Any, recipe: Any, seed: int) -> None:
        super().__init__(network, replace(data, train=InPieces(data.train, 32)), recipe, seed)


class EmaTrainer(PlainTrainer):
    """Validates and keeps an exponential average of the weights."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        average = get_ema_multi_avg_fn(EMA)
        self.ema = AveragedModel(self.network, multi_avg_fn=average)
        self.optimizer.register_step_post_hook(lambda *_: self.ema.update_parameters(self.network))

    def _validate(self, network: Network) -> float:
        return super()._validate(self.ema.module)  # type: ignore[arg-type]

    def _keep_best(self, epoch: int, val_mae: float) -> None:
        super()._keep_best(epoch, val_mae)
        if self.best.epoch == epoch:
            self.best = Best.of(val_mae, epoch, self.ema.module)  # type: ignore[arg-type]


class TwoPartTrainer(PlainTrainer):
    """Says zero or not first (the second output is the logit), then the value of what is not."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.zero = float(self.data.scaler.standardise(np.zeros(1))[0])

    def _loss(self, step: list[Batch]) -> Tensor:
        values, logits, targets = [], [], []
        for piece in step:
            value, logit = self.network(jittered(piece.inputs, self.recipe.jitter))
            values.append(value)
            logits.append(logit)
            targets.append(piece.target)
        value, logit, target = map(torch.cat, (values, logits, targets))
        other = (target - self.zero).abs() > 1e-6
        wrong = (value - target).abs()[other].sum() / len(target)
        return wrong + F.binary_cross_entropy_with_logits(logit, other.float())

    def predict(self, compounds: Compounds) -> np.ndarray:
        value, logit = predict_standardised(self.network, compounds)
        return np.where(logit > 0, value, self.zero)  # the median of the mixture, nearly

    def _validate(self, network: Network) -> float:
        predicted = self.data.scaler.restore(self.predict(self.data.val))
        return mae(predicted, self.data.val_target)


class RootTrainer(PlainTrainer):
    """Learns the square root of the target, signed, so that large targets weigh less."""

    def __init__(self, network: Network, data: Any, recipe: Any, seed: int) -> None:
        self.plain = data.scaler
        values = np.concatenate([self._rooted(group) for group in data.train.groups])
        self.mean, self.std = float(values.mean()), float(values.std())
        train = copy.copy(data.train)
        train.groups = [
            replace(
                group,
                target=torch.as_tensor((self._rooted(group) - self.mean) / self.std).float(),
            )
            for group in data.train.groups
        ]
        super().__init__(network, replace(data, train=train), recipe, seed)

    def _rooted(self, group: Batch) -> np.ndarray:
        target = self.plain.restore(group.target.numpy().astype(float))
        return np.sign(target) * np.sqrt(np.abs(target))

    def predict(self, compounds: Compounds) -> np.ndarray:
        root = super().predict(compounds) * self.std + self.mean
        return self.plain.standardise(np.sign(root) * root**2)

    def _validate(self, network: Network) -> float:
        predicted = self.data.scaler.restore(self.predict(self.data.val))
        return mae(predicted, self.data.val_target)


TRAINERS: dict[str, type[PlainTrainer]] = {
    "plain": PlainTrainer,
    "warm_up": WarmUpTrainer,
    "ema": EmaTrainer,
    "two_part": TwoPartTrainer,
    "root": RootTrainer,
    "pieces": PiecesOf32Trainer,
}


def epochs_for(seconds: float, measured: float, epochs: int) -> int:
    """Epochs that fit into `seconds`, where `epochs` took `measured`."""
    return max(1, math.floor(epochs * seconds / measured + 0.5))
