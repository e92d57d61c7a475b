"""How many threads a training on a CPU computes with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from fusionnas.openmp import free_cores


@contextmanager
def threads_of_a_training(device: torch.device, before: int | None = None) -> Iterator[int]:
    """Within, torch has as many threads as cores are free, and no more than it had.

    The number stays for the whole training, since some networks come to other last digits with
    another one. Where a user sets OMP_NUM_THREADS it is that.

    Args:
        device: of the training; beside a GPU the number does not matter and stays.
        before: of the training that is resumed, which has the same number again.

    Yields:
        How many they are.
    """
    chosen = had = torch.get_num_threads()
    if had > 1 and device.type == "cpu" and "OMP_NUM_THREADS" not in os.environ:
        chosen = before or min(had, free_cores())
    torch.set_num_threads(chosen)
    try:
        yield chosen
    finally:
        torch.set_num_threads(had)
