"""Two finished studies of one split, one of another split, and a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fusionnas.data.dataset import Dataset
from fusionnas.searching.objectives import FIRSTS
from fusionnas.studies.folder import StudyFolder
from fusionnas.workflows.train import train
from tests.made.made_study import made_study
from tests.made.small_data import small_dataset

NARROW = """
name: narrow
width: [8, 12]
stages: {global: [0, 1], local: [0, 1]}
global: {lstm: {layers: [1, 2]}, gru: {layers: [1, 2]}}
local: {dcnn: {blocks: {low: 0, high: 4}}, dcnn_k1: {blocks: {low: 0, high: 4}}, cnn: {}}
attention: {none: {}, soft: {}}
fusion: {sequential: {}, skip: {}}
warm_start: [lstm]
"""


def won_by_the_sampler(folder: Path, data: Dataset, task: str) -> StudyFolder:
    """A study whose last network, the sampler's, learned far longer than the others."""
    (folder / "narrow.yaml").write_text(NARROW)
    return made_study(
        folder,
        data,
        trials=5,
        space=str(folder / "narrow.yaml"),
        sampler="tpe",
        design=4,
        objectives=(FIRSTS[task], "cecv_deviation"),
        firsts=1,
        epochs=[1, 1, 0, 1, 30],
        yardsticks=False,
    )


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`searched`, `random` and `elsewhere` (another split), and the bundle `trained`."""
    folder = tmp_path_factory.mktemp("comparison")
    (folder / "narrow.yaml").write_text(NARROW)
    data = small_dataset(300)

    def make(name: str, dataset: Dataset, epochs: Sequence[int], design: int) -> None:
        space = str(folder / "narrow.yaml")
        made_study(
            folder,
            dataset,
            len(epochs),
            space,
            name,
            sampler="tpe",
            design=design,
            firsts=1,
            epochs=epochs,
            yardsticks=False,
        )

    make("searched", data, [1, 1, 0, 1, 30], design=4)
    make("random", data, [1, 1, 2], design=2)
    train_part, test_part = data.parts.train, data.parts.test
    other = replace(
        data,
        parts=replace(  # half of each test part is the other's as well
            data.parts,
            test=np.sort(np.concatenate([test_part[:20], train_part[:25]])),
            train=np.sort(np.concatenate([train_part[25:], test_part[20:]])),
        ),
    )
    make("elsewhere", other, [1, 2], design=1)
    train("gru", data, folder / "trained", width=8, epochs=2)
    return folder
