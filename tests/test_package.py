from __future__ import annotations

import importlib
import pkgutil

import pytest

import fusionnas


@pytest.mark.parametrize("name", fusionnas.__all__)
def test_what_the_package_offers_is_never_hidden_by_a_module(name: str) -> None:
    """Some rooms and modules have the name of the function that they are for."""
    if name in {module.name for module in pkgutil.iter_modules(fusionnas.__path__)}:
        importlib.import_module(f"fusionnas.{name}")
    for _ in range(2):  # the first use imports what the second could trip over
        assert callable(getattr(fusionnas, name))
    assert name in dir(fusionnas)


def test_only_what_is_public_is_listed() -> None:
    assert dir(fusionnas) == sorted([*fusionnas.__all__, "__version__"])
