from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from fusionnas.data.element_vectors import element_vectors
from fusionnas.errors import OptionError
from fusionnas.models.from_training import bundle_of
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.network import build
from fusionnas.training import precision as hardware
from fusionnas.training.data import TrainingData
from fusionnas.training.inference import predict_standardised
from fusionnas.training.precision import autocast
from fusionnas.training.recipe import CHOICES
from fusionnas.training.recipe_file import load_recipe
from fusionnas.training.trainer import Trainer
from fusionnas.workflows.search import search
from fusionnas.workflows.train import train_in_memory
from tests.made.processor import needs_bf16
from tests.made.small_data import small_dataset

CPU = torch.device("cpu")
LSTM = Architecture.from_dict({"width": 16, "global": ["lstm"], "local": ["cnn"]})


def types_of(precision: str) -> list[torch.dtype]:
    """Of what the convolution gives in training, and in validation."""
    found: list[torch.dtype] = []
    network = build(LSTM, element_vectors(), 0)
    network.local_stages[0].register_forward_hook(lambda *given: found.append(given[2].dtype))
    recipe = replace(load_recipe("default", 1, precision), batch_size=4096)
    trainer = Trainer(network, TrainingData.of(small_dataset(), CPU), recipe, seed=0)
    list(trainer)
    assert all(p.dtype == torch.float32 for p in network.parameters())
    return [found[0], found[-1]]


@pytest.mark.parametrize(
    ("precision", "trained"),
    [
        ("fp32", torch.float32),
        ("auto", torch.float32),
        pytest.param("bf16", torch.bfloat16, marks=needs_bf16),
    ],
)
def test_products_of_a_training_have_the_precision(precision: str, trained: torch.dtype) -> None:
    assert types_of(precision) == [trained, torch.float32]


@pytest.mark.parametrize("has_it", [True, False])
def test_a_gpu_takes_bf16_where_it_has_it(monkeypatch: pytest.MonkeyPatch, has_it: bool) -> None:
    made: list[Any] = []
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (8 if has_it else 7, 5))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "A GPU")
    monkeypatch.setattr(torch, "autocast", lambda *given, **how: made.append((given, how)))
    gpu = torch.device("cuda")
    autocast(gpu, "auto")
    autocast(gpu, "fp32")
    assert made == ([(("cuda",), {"dtype": torch.bfloat16})] if has_it else [])
    if not has_it:
        with pytest.raises(OptionError, match="A GPU has no bfloat16"):
            autocast(gpu, "bf16")


@needs_bf16
def test_the_option_reaches_the_training() -> None:
    trained = train_in_memory(LSTM, small_dataset(200), epochs=1, precision="bf16")
    assert trained.recipe.precision == "bf16"
    assert bundle_of(trained).manifest["recipe"]["precision"] == "bf16"


def test_a_processor_without_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Before anything is trained, and for predictions too."""
    monkeypatch.setattr(hardware, "_processor_has_bf16", lambda: False)
    with pytest.raises(OptionError, match="This processor has no bfloat16; use --precision fp32"):
        train_in_memory(LSTM, small_dataset(200), epochs=1, device="cpu", precision="bf16")
    data = TrainingData.of(small_dataset(200), CPU)
    network = build(LSTM, element_vectors(), 0)
    with pytest.raises(OptionError, match="no bfloat16"):
        predict_standardised(network, data.val, precision="bf16")
    with pytest.raises(OptionError, match="no bfloat16"):
        search(
            "small-data",
            small_dataset(200),
            runs=tmp_path,
            trials=1,
            workers=1,
            gpus_per_trial=0,
            precision="bf16",
            track=False,
        )


def test_unknown_precision() -> None:
    with pytest.raises(OptionError, match="no precision 'bf61'; did you mean 'bf16'"):
        load_recipe("default", precision="bf61")
    assert CHOICES["precision"] == ("auto", "fp32", "bf16")
