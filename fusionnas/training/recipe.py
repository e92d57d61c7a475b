"""Recipes: all settings of a training except the network, the data and the seed."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from fusionnas.tasks.regression import REGRESSION

FEWEST_STEPS = 1500  # steps of a one-cycle training: eight epochs of the built-in data
MOST_EPOCHS = 400
TRIANGLE_EPOCHS = 10  # epochs in which a triangular rate rises; it falls in as many
BatchRule = Literal["equal_length", "mixed"]
TrainingPrecision = Literal["auto", "fp32", "bf16"]
# fields with a fixed set of values
CHOICES: dict[str, tuple[str, ...]] = {
    "loss": tuple(REGRESSION.losses),
    "optimizer": ("adamw", "lamb"),
    "schedule": ("one_cycle", "triangular"),
    "batches": get_args(BatchRule),
    "precision": get_args(TrainingPrecision),
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """The settings for training a network."""

    name: str
    epochs: int
    loss: str  # a name in the losses of the task
    optimizer: str  # adamw, or lamb (LAMB without bias correction inside Lookahead)
    schedule: str  # one_cycle over the whole training, or triangular, repeated
    learning_rate: float  # the highest rate
    lowest_learning_rate: float
    weight_decay: float
    batch_size: int | None  # None: 2^round(log2 N - 4) within 128 and 4096
    gradient_clip: float | None  # largest norm of the gradient
    jitter: float  # relative standard deviation of the noise on fractions in training
    average: bool  # average the weights at the lows of the triangular rate, from the second on
    # Number of epochs in a row without improvement after which a training stops; with averaging, of
    # averages. None: half of the epochs, at least 20. A one-cycle rate is above half of its maximum
    # for that long, and no training must end during this time. With averaging: the number of
    # averages in these epochs.
    patience: int | None
    batches: BatchRule = "equal_length"  # or mixed; see `fusionnas.training.batches`
    precision: TrainingPrecision = "auto"  # or fp32, bf16; see `fusionnas.training.precision`
    scale_epochs: bool = True  # use more epochs for small data

    def batch_size_for(self, rows: int) -> int:
        """Compounds in a step, for a training part of `rows` compounds."""
        if self.batch_size is not None:
            return self.batch_size
        return int(min(4096, max(128, 2 ** round(math.log2(rows) - 4))))

    @property
    def stops_after(self) -> int:
        """The patience, in epochs or in averages."""
        if self.patience is not None:
            return self.patience
        epochs = max(20, self.epochs // 2)
        return math.ceil(epochs / (2 * TRIANGLE_EPOCHS)) if self.average else epochs

    def scaled_to(self, rows: int, share: float = 1.0) -> Recipe:
        """The recipe with enough epochs for a training part of `rows` compounds.

        A one-cycle training needs a minimum number of steps, however few compounds there are. If
        the user chose the number of epochs, it stays.

        Args:
            rows: compounds of the training part.
            share: of a whole training, for trainings that only tell networks apart.
        """
        if self.schedule != "one_cycle" or not self.scale_epochs:
            return self
        steps_per_epoch = math.ceil(rows / self.batch_size_for(rows))
        fewest = min(MOST_EPOCHS, math.ceil(share * FEWEST_STEPS / steps_per_epoch))
        return replace(self, epochs=max(math.ceil(share * self.epochs), fewest))

    def slower(self, factor: float) -> Recipe:
        """The recipe with its learning rates multiplied by a factor."""
        low, high = factor * self.lowest_learning_rate, factor * self.learning_rate
        return replace(self, lowest_learning_rate=low, learning_rate=high)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


RECIPES = {
    "default": Recipe(
        name="default",
        epochs=8,
        loss="scaled_l1",
        optimizer="adamw",
        schedule="one_cycle",
        learning_rate=3e-3,
        lowest_learning_rate=3e-7,
        weight_decay=0.01,
        batch_size=128,
        gradient_clip=1.0,
        jitter=0.01,
        average=False,
        patience=None,
    ),
    # Du et al. and CrabNet: LAMB and Lookahead, a triangular rate, stochastic weight averaging
    "paper": Recipe(
        name="paper",
        epochs=300,
        loss="robust_l1",
        optimizer="lamb",
        schedule="triangular",
        learning_rate=6e-3,
        lowest_learning_rate=1e-4,
        weight_decay=0.0,
        batch_size=None,
        gradient_clip=None,
        jitter=0.02,
        average=True,
        patience=5,
    ),
}
