"""What counts as too little memory."""

from __future__ import annotations

import pytest
import torch

from fusionnas.training.memory import is_out_of_memory


def test_what_torch_raises_on_a_cpu() -> None:
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**45, dtype=torch.float64)
    assert is_out_of_memory(raised.value)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (MemoryError(), True),
        (RuntimeError("shapes cannot be multiplied"), False),
        (ValueError("not enough memory"), False),
    ],
)
def test_by_kind(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) == expected
