"""What holds for all tests."""

from __future__ import annotations

import os
import sys

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    # several test processes share the cores; read by torch when it is imported, also in the
    # processes that a test starts
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def one_thread_each() -> None:
    """Undo what a test before left: more threads than cores slow a training down a hundredfold."""
    torch = sys.modules.get("torch")
    if torch is not None and "PYTEST_XDIST_WORKER" in os.environ:
        torch.set_num_threads(1)
