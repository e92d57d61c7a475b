"""Recognises that memory ran out, on a GPU or a CPU, and releases memory."""

from __future__ import annotations

import gc

import torch

# torch has an exception of its own only for GPUs; on a CPU it raises a RuntimeError
_CPU_WORDS = ("can't allocate memory", "not enough memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception means that there was too little memory."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _CPU_WORDS)


def release_memory() -> None:
    """Release the memory of objects that are no longer used."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
