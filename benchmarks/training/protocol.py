"""What is compared: data sets, arms and seeds.

An arm is the default recipe with one thing changed, on the same network, rows and seed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.sources import load_dataset
from fusionnas.data.splits import Parts

ARCHITECTURE, WIDTH = "ldcnn", 64
ROWS = (4000, 2000, 4000)  # at most, of training, validation and test part; drawn with seed 0
BUILT_IN = "ricci_seebeck_p"
# folder under --data (None: built-in) and epochs: about 400 steps of 128 compounds
SETS: dict[str, tuple[str | None, int]] = {
    BUILT_IN: (None, 12),
    "bartel_formation_enthalpy": ("extended/bartel_formation_enthalpy", 12),
    "aflow_bandgap": ("extended/aflow_bandgap", 12),
    "matbench_phonons": ("matbench/phonons", 60),
}
MOSTLY_ZERO = "oqmd_bandgap"  # 93% of its targets: losses and heads alone are compared on it
SETS_OF_ALL = tuple(SETS)
SETS[MOSTLY_ZERO] = (f"extended/{MOSTLY_ZERO}", 6)
ROWS_OF = {MOSTLY_ZERO: (20_000, 4000, 10_000)}
PAPER_EPOCHS = 40  # the second low of the triangular rate, where its averaging starts
SEEDS = 5


@dataclass(frozen=True, slots=True)
class Arm:
    """What is changed: fields of the recipe, the trainer, the dropout."""

    name: str
    group: str
    recipe: dict[str, Any] = field(default_factory=dict)
    trainer: str = "plain"  # a key of `variants.TRAINERS`
    dropout: float = 0.0
    sets: tuple[str, ...] = SETS_OF_ALL
    base: str = "default"  # the arm that it is compared with
    as_long_as: str | None = None  # an arm whose processor time it is given
    times: int = 1  # the epochs of a data set


LARGE = SETS_OF_ALL[:3]
WITH_ZEROS = tuple(SETS)
ARMS = (
    Arm("default", "batches", sets=WITH_ZEROS),
    Arm("mixed", "batches", {"batches": "mixed"}, sets=LARGE),
    Arm("mixed, equal time", "batches", {"batches": "mixed"}, sets=LARGE, as_long_as="default"),
    Arm("four pieces", "batches", trainer="pieces", sets=LARGE),
    Arm("four pieces, equal time", "batches", trainer="pieces", sets=LARGE, as_long_as="default"),
    Arm("robust_l1", "loss", {"loss": "robust_l1"}, sets=WITH_ZEROS),
    Arm("plain L1", "loss", {"loss": "plain_l1"}, sets=WITH_ZEROS),
    Arm("average of weights, 0.98", "weights", trainer="ema"),
    Arm("rate 6e-3", "steps", {"learning_rate": 6e-3}),
    Arm("jitter 0", "noise", {"jitter": 0.0}),
    Arm("weight decay 0.1", "weights", {"weight_decay": 0.1}),
    Arm("dropout 0.1", "noise", dropout=0.1),
    Arm("64 compounds a step", "steps", {"batch_size": 64}),
    Arm("64 compounds a step, equal time", "steps", {"batch_size": 64}, as_long_as="default"),
    Arm("zero or not first", "loss", trainer="two_part", sets=("aflow_bandgap", MOSTLY_ZERO)),
    Arm("squared", "loss", {"loss": "squared"}, sets=WITH_ZEROS),
    Arm("L1 first, then robust_l1", "loss", trainer="warm_up", sets=WITH_ZEROS),
    Arm("Huber", "loss", {"loss": "huber"}, sets=WITH_ZEROS),
    Arm("quantiles", "loss", {"loss": "quantiles"}, sets=WITH_ZEROS),
    Arm("root of the target", "loss", trainer="root", sets=("aflow_bandgap", MOSTLY_ZERO)),
    Arm("weight decay 0", "weights", {"weight_decay": 0.0}),
    Arm("jitter 0.03", "noise", {"jitter": 0.03}),
    Arm("rate 1e-3", "steps", {"learning_rate": 1e-3}),
    Arm("256 compounds a step", "steps", {"batch_size": 256}),
    Arm("bf16", "precision", {"precision": "bf16"}, sets=LARGE),
)
BY_LONG = ", long"  # ends the names of arms with 1,500 steps, as many as a search has at least
DEFAULT_LONG = "default" + BY_LONG
LONG = tuple(
    replace(
        arm,
        name=arm.name + BY_LONG,
        sets=tuple(s for s in arm.sets if s in SETS_OF_ALL),
        times=4,
        base=DEFAULT_LONG,
        as_long_as=None if arm.as_long_as is None else arm.as_long_as + BY_LONG,
    )
    for arm in ARMS
    if arm.name
    in {
        "default",
        "mixed, equal time",
        "64 compounds a step",
        "64 compounds a step, equal time",
        "robust_l1",
        "plain L1",
        "Huber",
        "zero or not first",
        "average of weights, 0.98",
        "rate 6e-3",
        "jitter 0",
        "weight decay 0.1",
        "dropout 0.1",
        "bf16",
    }
)
LONG_ALONE = (
    Arm("32 compounds a step" + BY_LONG, "steps", {"batch_size": 32}, base=DEFAULT_LONG, times=4),
    Arm(
        "32 compounds a step, equal time" + BY_LONG,
        "steps",
        {"batch_size": 32},
        base=DEFAULT_LONG,
        as_long_as=DEFAULT_LONG,
        times=4,
    ),
    Arm(
        "64 compounds a step, dropout 0.1, equal time" + BY_LONG,
        "steps",
        {"batch_size": 64},
        dropout=0.1,
        base=DEFAULT_LONG,
        as_long_as=DEFAULT_LONG,
        times=4,
    ),
)
PAPER = (
    Arm("paper", "paper", {"name": "paper"}, base="default, as long as paper"),
    Arm("default, as long as paper", "paper", as_long_as="paper"),
)


@dataclass(frozen=True, slots=True)
class Run:
    data: str
    arm: Arm
    seed: int

    @property
    def key(self) -> str:
        return f"{self.data}/{self.arm.name}/{self.seed}"


def planned() -> Iterator[Run]:
    """All trainings, what matters most first: it is seldom that all of them are wanted."""
    first, second, third = ARMS[:5], ARMS[5:10], ARMS[10:]
    small, zeros = SETS_OF_ALL[3:], tuple(arm for arm in ARMS if MOSTLY_ZERO in arm.sets)
    for arms, sets, seeds in (
        (first, LARGE, range(3)),
        (second, LARGE, range(1)),
        (PAPER, LARGE, range(1)),
        (second, LARGE, range(1, 3)),
        ((ARMS[0], *second), small, range(3)),
        (third, LARGE, range(3)),
        (PAPER, SETS_OF_ALL, range(3)),
        (third, small, range(3)),
        (zeros, (MOSTLY_ZERO,), range(3)),
        ((*ARMS, *PAPER), WITH_ZEROS, range(3, SEEDS)),
        (LONG_ALONE, SETS_OF_ALL, range(2)),
        (LONG, SETS_OF_ALL, range(3)),
        (LONG_ALONE, SETS_OF_ALL, range(2, 3)),
        ((*LONG, *LONG_ALONE), SETS_OF_ALL, range(3, SEEDS)),
    ):
        for seed in seeds:
            for data in sets:
                yield from (Run(data, arm, seed) for arm in arms if data in arm.sets)


def load(name: str, folder: Path) -> Dataset:
    """The rows of a data set that are used."""
    place = SETS[name][0]
    if place is None:
        whole = load_dataset()
    elif place.startswith("matbench"):  # its first fold
        with tempfile.TemporaryDirectory() as copied:
            for part in ("train", "val", "test"):
                text = (folder / place / f"{part}0.csv").read_text()
                (Path(copied) / f"{part}.csv").write_text(text)
            whole = load_dataset(copied)
    else:
        whole = load_dataset(str(folder / place))
    rng = np.random.default_rng(0)
    most_rows = ROWS_OF.get(name, ROWS)
    parts = (whole.parts.train, whole.parts.val, whole.parts.test)
    drawn = (
        np.sort(rng.permutation(part)[:most]) for part, most in zip(parts, most_rows, strict=True)
    )
    return replace(whole, parts=Parts(*drawn))
