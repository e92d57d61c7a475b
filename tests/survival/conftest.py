from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.survival import driver


@pytest.fixture(autouse=True)
def no_driver_is_left() -> Iterator[None]:
    """A search that goes on after its test has failed would slow all others down."""
    yield
    for process in driver.STARTED:
        process.kill()
        process.wait()
    driver.STARTED.clear()
