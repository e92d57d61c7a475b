"""Windows over the last axis, also while torch traces for export."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def channels_first(x: Tensor) -> Tensor:
    """(B, n, d) to (B, d, n), and back."""
    turned = x.transpose(1, 2)
    if torch.compiler.is_exporting():  # a copy: whether a view is contiguous depends on n
        return turned.clone(memory_format=torch.contiguous_format)
    return turned


def max_in_windows(x: Tensor, window: int, stride: int) -> Tensor:
    """(B, d, n) to (B, d, ceil(n / stride)), the largest of each window; outside doesn't count."""
    padding = window // 2
    if torch.compiler.is_exporting():  # only the two-dimensional form keeps n open
        pooled = F.max_pool2d(x[:, :, None], (1, window), (1, stride), (0, padding))
        return pooled[:, :, 0]
    return F.max_pool1d(x, window, stride, padding)
