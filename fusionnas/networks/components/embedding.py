"""The embedding: from elements and fractions to the first (B, n, d) features.

Symbols: B compounds of n elements each, d channels, D = d / 2 channels of each fraction half,
R steps of the fraction, c channels of an element vector.

A fraction x enters twice: on a linear scale as it is, and on a logarithmic scale as min(1, 0.0025
log2(x)^2), which distinguishes doping levels. Both halves are sinusoidal. `element_fraction` has R
steps, as published; `smooth_fraction` has no steps, and its shortest wavelength can be chosen.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Annotated

import torch
from torch import Tensor, nn

from fusionnas.data.element_vectors import BESIDE, TABLE_NAMES, VECTOR_NAMES
from fusionnas.networks.components.registry import Choice, OneOrSeveral, Range, component
from fusionnas.networks.inputs import Inputs

ElementVectors = Annotated[str, OneOrSeveral(VECTOR_NAMES, TABLE_NAMES, BESIDE)]
Halves = Annotated[str, Choice(("both", "linear", "log"))]
LONGEST = 4.0  # wavelength of `smooth_fraction`: a quarter of it covers all fractions


class FractionTable(nn.Module):
    """Sinusoidal steps of a quantity in (0, 1]: channel j of step i is sin(i / 50^(2j/D)).

    Even and odd channels both have a sine, as in the published code.
    """

    steps: Tensor

    def __init__(self, channels: int, resolution: int) -> None:
        super().__init__()
        self.resolution = resolution
        self.register_buffer("steps", _steps(channels, resolution), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, n), float64, to (B, n, D); float32 would move fractions to another step."""
        r = self.resolution
        # half a step to round, and a little more so that k / R written in floats stays step k
        i = torch.floor(x.clamp(1 / r, 1) * r + 0.5 + 1e-6).long() - 1
        return nn.functional.embedding(i, self.steps)


class FractionWaves(nn.Module):
    """Sines and cosines of a quantity in (0, 1], from the shortest wavelength to `LONGEST`.

    Channels 2k and 2k + 1 are sin and cos of 2 pi x / w_k, with w_k in a geometric series.
    """

    waves: Tensor

    def __init__(self, channels: int, shortest: float) -> None:
        super().__init__()
        w = shortest * (LONGEST / shortest) ** torch.linspace(0, 1, channels // 2)
        self.register_buffer("waves", 2 * math.pi / w, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, n) to (B, n, D)."""
        phase = x[..., None].to(self.waves.dtype) * self.waves
        return torch.stack([phase.sin(), phase.cos()], dim=-1).flatten(-2)


class _Embedding(nn.Module):
    """Element vectors through a linear layer, plus both halves of the fraction."""

    vectors: Tensor

    def __init__(
        self, width: int, vectors: Tensor, element_vectors: str, fraction: str, first_power: float
    ) -> None:
        super().__init__()
        self.fraction = fraction
        self.register_buffer("vectors", vectors.float().clone())  # (119, c), row = atomic number
        if element_vectors == "trainable":
            self.linear: nn.Module = nn.Embedding(vectors.shape[0], width)
        else:
            self.linear = nn.Linear(vectors.shape[1], width)
        self.scale = nn.Parameter(torch.tensor(1.0))
        self.fraction_scales = nn.Parameter(torch.full((2,), first_power))
        self.table: nn.Module

    def forward(self, inputs: Inputs) -> Tensor:
        """The inputs of compounds to features (B, n, d)."""
        if isinstance(self.linear, nn.Embedding):
            elements = self.linear(inputs.numbers)
        else:
            elements = self.linear(nn.functional.embedding(inputs.numbers, self.vectors))
        fractions = inputs.fractions.double()
        logarithmic = _squared_log(fractions).clamp(max=1)
        factor = self.factors()
        first = logarithmic if self.fraction == "log" else fractions
        second = fractions if self.fraction == "linear" else logarithmic
        halves = [self.table(first) * factor[0], self.table(second) * factor[1]]
        return elements * 2**self.scale + torch.cat(halves, dim=-1)

    def factors(self) -> Tensor:
        """Factors of the two halves, (2,)."""
        return 2**self.fraction_scales


@component(
    "element_fraction",
    family="embedding",
    source="CrabNet: Wang et al., npj Comput. Mater. 7 (2021) 77; Du et al.",
    equivariant=True,
)
class ElementFractionEmbedding(_Embedding):
    """Element vectors through a linear layer, plus the fraction on a linear and a log scale.

    `fraction_scale` is the trained factor of each half: 'trained' is 2^p, with p starting at 0;
    'paper' is 2^((1 - p)^2), with p starting at 1, where its gradient vanishes, so that it never
    changes. `fraction` linear or log uses one scale for both halves. With `element_vectors`
    trainable a vector is learned for each element instead of read from a table.
    """

    def __init__(
        self,
        width: int,
        vectors: Tensor,
        *,
        element_vectors: ElementVectors = "mat2vec",
        resolution: Annotated[int, Range(100, 20000)] = 5000,
        fraction_scale: Annotated[str, Choice(("trained", "paper"))] = "trained",
        fraction: Halves = "both",
    ) -> None:
        self.paper = fraction_scale == "paper"
        super().__init__(width, vectors, element_vectors, fraction, 1.0 if self.paper else 0.0)
        self.table = FractionTable(width // 2, resolution)

    def factors(self) -> Tensor:
        return 2 ** ((1 - self.fraction_scales) ** 2) if self.paper else super().factors()


@component(
    "smooth_fraction",
    family="embedding",
    source="Vaswani et al., NeurIPS 2017, with the wavelengths of a fraction",
    equivariant=True,
)
class SmoothFractionEmbedding(_Embedding):
    """Like `element_fraction`, but without steps, and with no waves shorter than `wavelength`.

    Fractions that differ by much less than the wavelength look alike: with 0.5, a tenth and an
    eleventh differ by 0.11 radians in the fastest channel. Doping levels are distinguished by the
    logarithmic half, where 0.01 and 0.001 differ by 0.14.
    """

    def __init__(
        self,
        width: int,
        vectors: Tensor,
        *,
        element_vectors: ElementVectors = "mat2vec",
        wavelength: Annotated[float, Range(0.01, 2.0)] = 0.5,
        fraction: Halves = "both",
    ) -> None:
        super().__init__(width, vectors, element_vectors, fraction, 0.0)
        self.table = FractionWaves(width // 2, wavelength)


@lru_cache(maxsize=8)
def _steps(channels: int, resolution: int) -> Tensor:
    """The table of `FractionTable`, (R, D), which all networks of an ensemble share."""
    i = torch.arange(resolution, dtype=torch.float64, device="cpu")[:, None]
    j = torch.arange(channels, dtype=torch.float64, device="cpu")[None, :]
    return torch.sin(i / 50 ** (2 * j / channels)).float()


def _squared_log(x: Tensor) -> Tensor:
    """0.0025 log2(x)^2. ONNX keeps constants in float32 and has no log2, so that 1/2 or 1/8, which
    lie on the edge between two steps, would come to the wrong one; 400 and 2 are exact there."""
    if torch.compiler.is_exporting():
        return (torch.log(x) / torch.log(torch.full_like(x, 2.0))) ** 2 / 400
    return 0.0025 * torch.log2(x) ** 2
