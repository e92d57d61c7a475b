"""Fusion of global and local components. Each fusion reads the embedding x (B, n, d).

`global_stages` and `local_stages` are functions from features to features, whose stages can also be
called one by one; a fusion knows them as `Path`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Protocol

import torch
from torch import Tensor, nn

from fusionnas.networks.components.registry import Choice, component

_SOURCE = "Du et al."


class Path(Protocol):
    def __call__(self, x: Tensor) -> Tensor: ...

    def __iter__(self) -> Iterator[Callable[[Tensor], Tensor]]: ...


@component("sequential", family="fusion", source=_SOURCE, equivariant=True)
class SequentialFusion(nn.Module):
    """Global components first, then local ones on their output."""

    def __init__(self, width: int) -> None:
        super().__init__()

    def forward(self, x: Tensor, global_stages: Path, local_stages: Path) -> Tensor:
        return local_stages(global_stages(x))


@component("skip", family="fusion", source=_SOURCE, equivariant=True)
class SkipFusion(nn.Module):
    """Sequential, with the output of every global stage added at the end (L-G-DCNN-V1)."""

    def __init__(self, width: int) -> None:
        super().__init__()

    def forward(self, x: Tensor, global_stages: Path, local_stages: Path) -> Tensor:
        skipped = torch.zeros_like(x)
        for stage in global_stages:
            x = stage(x)
            skipped = skipped + x
        return local_stages(x) + skipped


@component("parallel", family="fusion", source="Szegedy et al., CVPR 2015, 1", equivariant=True)
class ParallelFusion(nn.Module):
    """Both read the embedding, then a sum, a linear layer or a learned gate joins them."""

    def __init__(
        self, width: int, *, join: Annotated[str, Choice(("sum", "concat", "gate"))] = "sum"
    ) -> None:
        super().__init__()
        self.join = join
        self.linear = nn.Linear(2 * width, width) if join != "sum" else None

    def forward(self, x: Tensor, global_stages: Path, local_stages: Path) -> Tensor:
        g, k = global_stages(x), local_stages(x)
        if self.linear is None:
            return g + k
        mixed = self.linear(torch.cat([g, k], dim=-1))
        return mixed if self.join == "concat" else k + torch.sigmoid(mixed) * (g - k)
