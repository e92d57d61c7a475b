"""Recipes of the user: a YAML file with the differences from a named recipe.

based_on: default        # or paper
learning_rate: 1.0e-3
batches: mixed
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from fusionnas.errors import OptionError, did_you_mean
from fusionnas.files.yaml_file import line_of, plain_scalar, read_yaml
from fusionnas.training.recipe import CHOICES, RECIPES, Recipe

BASE = "based_on"
# by field: the rule for a value, and a check of it
_RULES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "epochs": ("a whole number of at least 1", lambda v: _whole(v) and v >= 1),
    "learning_rate": ("a number above 0", lambda v: _number(v) and v > 0),
    "lowest_learning_rate": ("a number above 0", lambda v: _number(v) and v > 0),
    "weight_decay": ("a number of at least 0", lambda v: _number(v) and v >= 0),
    "batch_size": (
        "a whole number of at least 1, or null for one that depends on the size of the data",
        lambda v: v is None or (_whole(v) and v >= 1),
    ),
    "gradient_clip": (
        "a number above 0, or null for none",
        lambda v: v is None or (_number(v) and v > 0),
    ),
    "jitter": ("a number from 0 to 0.3", lambda v: _number(v) and 0 <= v <= 0.3),
    "average": ("true or false", lambda v: isinstance(v, bool)),
    "patience": (
        "a whole number of at least 1, or null for half of the epochs",
        lambda v: v is None or (_whole(v) and v >= 1),
    ),
    "scale_epochs": ("true or false", lambda v: isinstance(v, bool)),
}


def read_recipe(path: Path) -> Recipe:
    """The recipe in a YAML file; its name is that of the file.

    Raises:
        OptionError: lists everything that is wrong with the file, each fault with its line.
    """
    if not path.is_file():
        raise OptionError(f"recipe '{path}': there is no such file.")
    plain = read_yaml(path, OptionError)
    given = {str(key): plain_scalar(value) for key, value in plain.items()}
    base = str(given.pop(BASE, "default"))
    faults = []
    if base not in RECIPES:
        faults.append((BASE, f"there is no recipe '{base}'; {did_you_mean(base, RECIPES)}"))
    faults += [(name, fault) for name, value in given.items() if (fault := _fault(name, value))]
    recipe = replace(RECIPES.get(base, RECIPES["default"]), name=path.stem)
    if not faults:
        if "epochs" in given:
            given.setdefault("scale_epochs", False)
        recipe = replace(recipe, **given)
        faults = [("average", fault) for fault in _contradictions(recipe)]
    if faults:
        told = []
        for name, fault in faults:
            line = line_of(plain, (name,))
            told.append(path.name + (f", line {line}" if line else "") + f": {name}: {fault}")
        raise OptionError("\n".join(told))
    return recipe


def _fault(name: str, value: Any) -> str | None:
    if name in CHOICES:
        known = CHOICES[name]
        return None if value in known else f"must be one of {', '.join(known)}, but got {value!r}."
    if name not in _RULES:
        known = tuple(field for field in asdict(RECIPES["default"]) if field != "name")
        return f"a recipe has no such field; {did_you_mean(name, (BASE, *known))}"
    rule, fits = _RULES[name]
    return None if fits(value) else f"must be {rule}, but got {value!r}."


def _contradictions(recipe: Recipe) -> list[str]:
    faults = []
    if recipe.average and recipe.schedule != "triangular":
        faults.append("averages are taken at the lows of a triangular rate; set schedule, too.")
    if recipe.lowest_learning_rate > recipe.learning_rate:
        faults.append("lowest_learning_rate must not be above learning_rate.")
    return faults


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    finite = isinstance(value, int | float) and abs(value) < float("inf")
    return finite and not isinstance(value, bool)


def load_recipe(name: str, epochs: int | None = None, precision: str | None = None) -> Recipe:
    """A recipe by name or from a YAML file, with other epochs or precision if they are given.

    If neither `epochs` nor the file gives a number of epochs, `Recipe.scaled_to` fits it to the
    data.

    Raises:
        OptionError: the name or precision is unknown, the file is malformed, or there is less than
            one epoch.
    """
    recipe = _named(name)
    if epochs is not None:
        if epochs < 1:
            raise OptionError(f"The number of epochs must be at least 1, but got {epochs}.")
        recipe = replace(recipe, epochs=epochs, scale_epochs=False)
    if precision is not None:
        known = CHOICES["precision"]
        if precision not in known:
            raise OptionError(
                f"There is no precision '{precision}'; {did_you_mean(precision, known)}"
            )
        recipe = replace(recipe, precision=precision)  # type: ignore[arg-type]
    return recipe


def _named(name: str) -> Recipe:
    if name.endswith((".yaml", ".yml")):
        return read_recipe(Path(name))
    if name not in RECIPES:
        raise OptionError(
            f"There is no recipe '{name}'; {did_you_mean(name, RECIPES)} Give your own file "
            "as a path that ends in .yaml."
        )
    return RECIPES[name]
