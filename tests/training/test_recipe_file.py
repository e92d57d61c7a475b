from __future__ import annotations

from pathlib import Path

import pytest
import torch

from fusionnas.errors import OptionError
from fusionnas.tasks.loss import LOSSES
from fusionnas.training.optimisation import make_optimizer, make_schedule
from fusionnas.training.recipe import CHOICES, RECIPES, Recipe
from fusionnas.training.recipe_file import load_recipe


def written(folder: Path, text: str) -> str:
    path = folder / "mine.yaml"
    path.write_text(text)
    return str(path)


def test_a_file_says_what_differs(tmp_path: Path) -> None:
    recipe = load_recipe(written(tmp_path, "learning_rate: 1.0e-3\nbatches: mixed\n"), epochs=5)
    changed = {
        "name": "mine",
        "learning_rate": 1e-3,
        "batches": "mixed",
        "epochs": 5,
        "scale_epochs": False,
    }
    assert recipe == Recipe(**RECIPES["default"].to_dict() | changed)
    paper = load_recipe(written(tmp_path, "based_on: paper\nbatch_size: 64\n"))
    assert (paper.optimizer, paper.batch_size, paper.average) == ("lamb", 64, True)
    assert load_recipe(written(tmp_path, "gradient_clip: null\n")).gradient_clip is None


def test_all_faults_are_told_with_their_lines(tmp_path: Path) -> None:
    text = "learning_rat: 0.1\nbatch_size: 0\nloss: l1\naverage: 1\n"
    with pytest.raises(OptionError) as caught:
        load_recipe(written(tmp_path, text))
    assert str(caught.value).splitlines() == [
        "mine.yaml, line 1: learning_rat: a recipe has no such field; did you mean "
        "'learning_rate'?",
        "mine.yaml, line 2: batch_size: must be a whole number of at least 1, or null for one that "
        "depends on the size of the data, but got 0.",
        "mine.yaml, line 3: loss: must be one of robust_l1, scaled_l1, but got 'l1'.",
        "mine.yaml, line 4: average: must be true or false, but got 1.",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("based_on: papr\n", "no recipe 'papr'; did you mean 'paper'"),
        ("based_on: [default]\n", "no recipe"),
        ("average: true\n", "lows of a triangular rate"),
        ("learning_rate: 1.0e-9\n", "must not be above learning_rate"),
        ("- 1\n", "must be a mapping"),
        ("epochs: [\n", "malformed YAML"),
        ("learning_rate: .inf\n", "must be a number above 0"),
    ],
)
def test_what_cannot_be_a_recipe(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        load_recipe(written(tmp_path, text))


def test_epochs_and_patience_of_a_file_stay(tmp_path: Path) -> None:
    found = load_recipe(written(tmp_path, "epochs: 2\npatience: 3\n")).scaled_to(200)
    assert (found.epochs, found.stops_after) == (2, 3)
    found = load_recipe(written(tmp_path, "patience: 3\n")).scaled_to(200)
    assert (found.epochs, found.stops_after) == (400, 3)
    text = "epochs: 2\nscale_epochs: true\n"
    assert load_recipe(written(tmp_path, text)).scaled_to(200).epochs == 400


def test_a_missing_file() -> None:
    with pytest.raises(OptionError, match="no such file"):
        load_recipe("nowhere.yaml")


def test_a_recorded_recipe_is_the_same_recipe() -> None:
    for recipe in (*RECIPES.values(), load_recipe("default", precision="fp32")):
        assert Recipe(**recipe.to_dict()) == recipe


def test_every_loss_can_be_chosen() -> None:
    assert set(CHOICES["loss"]) == set(LOSSES)
    for recipe in RECIPES.values():
        for name, known in CHOICES.items():
            assert getattr(recipe, name) in known


def test_without_a_patience_it_outlasts_the_part_in_which_the_rate_is_high(tmp_path: Path) -> None:
    """Of the one-cycle rate: as many epochs as it is above half of its highest."""
    recipe = load_recipe(written(tmp_path, "epochs: 200\npatience: null\n"))
    optimizer = make_optimizer(torch.nn.Linear(2, 2), recipe)
    schedule = make_schedule(optimizer, recipe, steps_per_epoch=1)
    rates = []
    for _ in range(recipe.epochs - 1):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    high = sum(rate > recipe.learning_rate / 2 for rate in rates)
    assert recipe.stops_after == pytest.approx(high, abs=3)


def test_without_a_patience_averages_count_for_the_epochs_between_them(tmp_path: Path) -> None:
    recipe = load_recipe(written(tmp_path, "based_on: paper\nepochs: 200\npatience: null\n"))
    assert recipe.stops_after == 5  # averages, 20 epochs apart: half of the epochs
