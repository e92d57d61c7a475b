"""The number of threads of a training on a CPU."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from fusionnas.openmp import free_cores


@contextmanager
def threads_of_a_training(device: torch.device, before: int | None = None) -> Iterator[int]:
    """Within this context, torch uses as many threads as cores are free, at most as many as before.

    The number stays the same for the whole training, since some networks give other last digits
    with another number. If the user sets OMP_NUM_THREADS, this number is used.

    Args:
        device: device of the training; on a GPU the number does not matter and is not changed.
        before: number of threads of the training that is resumed; it is used again.

    Yields:
        The number of threads.
    """
    chosen = had = torch.get_num_threads()
    if had > 1 and device.type == "cpu" and "OMP_NUM_THREADS" not in os.environ:
        chosen = before or min(had, free_cores())
    torch.set_num_threads(chosen)
    try:
        yield chosen
    finally:
        torch.set_num_threads(had)
