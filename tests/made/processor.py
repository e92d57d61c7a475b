"""What the processor of this machine can do."""

from __future__ import annotations

import pytest
import torch

from fusionnas.training.precision import device_has_bf16

needs_bf16 = pytest.mark.skipif(
    not device_has_bf16(torch.device("cpu")), reason="this processor has no bfloat16"
)
