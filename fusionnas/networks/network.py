"""Builds a network from an architecture.

Symbols: B compounds of n elements each (all compounds of a batch have the same n, so there is no
padding), d channels. Predictions are in units of the standardised target. A network with H heads
gives H values for a compound: where one value has the shape (B,), there is then a last axis of H.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from typing import Literal, cast

import numpy as np
import torch
from torch import Tensor, nn

from fusionnas.networks.architecture import Architecture, ComponentSpec, Stage
from fusionnas.networks.canonical import canonical, channels_out
from fusionnas.networks.components.condition import Condition
from fusionnas.networks.components.output import Output, Residuals
from fusionnas.networks.components.readout import Readout
from fusionnas.networks.components.registry import lookup
from fusionnas.networks.inputs import Inputs

Tap = Literal["readout_input", "last_block", "input"]
# the parts of a network and their modules, from input to output
PARTS = {
    "embedding": ("embedding",),
    "global": ("global_stages",),
    "local": ("local_stages",),
    "fusion": ("fusion", "pooling"),
    "readout": ("descriptor", "condition", "readout", "output"),
}
TAPS: tuple[Tap, ...] = ("readout_input", "last_block", "input")


class _Stage(nn.Module):
    """A component, the attention after it, and the residual connection around both."""

    def __init__(
        self,
        component: nn.Module,
        attention: nn.Module,
        residual: nn.Module,
        reads_fractions: bool,
    ) -> None:
        super().__init__()
        self.component = component
        self.attention = attention
        self.residual = residual
        self.reads_fractions = reads_fractions

    def forward(self, x: Tensor, fractions: Tensor) -> Tensor:
        h = self.component(x, fractions) if self.reads_fractions else self.component(x)
        return self.residual(x, self.attention(h))


class _Path:
    """The stages of one side for one batch: called as a whole, or one by one."""

    def __init__(self, stages: nn.ModuleList, fractions: Tensor) -> None:
        self.steps = [partial(stage, fractions=fractions) for stage in stages]

    def __iter__(self) -> Iterator[Callable[[Tensor], Tensor]]:
        return iter(self.steps)

    def __call__(self, x: Tensor) -> Tensor:
        for step in self.steps:
            x = step(x)
        return x


class Network(nn.Module):
    """A fusion network; `architecture` is the canonical form that it was built from."""

    output: Output
    condition: Condition

    def __init__(self, architecture: Architecture, vectors: Tensor) -> None:
        super().__init__()
        a = self.architecture = canonical(architecture)
        self.embedding = _make("embedding", a.embedding, a.width, vectors)
        self.global_stages, width = _trunk("global", a.global_stages, a.width)
        self.local_stages, width = _trunk("local", a.local_stages, width)
        self.fusion = _make("fusion", a.fusion, a.width)
        self.pooling = _make("pooling", a.pooling, width)
        self.readout = _make("readout", a.readout, width, *([a.heads] if a.heads > 1 else []))
        self.descriptor = _make("descriptor", a.descriptor, width, vectors.shape[1])
        self.output = cast(Output, _make("output", a.output, width))
        self.condition = cast(Condition, _make("condition", a.condition, a.width, width))
        self.dropout = nn.Dropout(a.dropout)
        if a.shared_attention:
            _share_soft_attention([*self.global_stages, *self.local_stages])

    def of_targets(self, places: Sequence[int]) -> Network:
        """The network for some of several targets: the same modules, with their heads alone."""
        view = copy.copy(self)
        view._modules = dict(self._modules)
        view.readout = cast(Readout, self.readout).of_heads(places)
        view.architecture = replace(self.architecture, heads=len(places))
        return view

    def forward(self, inputs: Inputs) -> tuple[Tensor, Tensor]:
        """Prediction and log-scale, each (B,)."""
        contributions, log_scale = self._read(inputs)
        return contributions.sum(dim=1), log_scale

    def contributions(self, inputs: Inputs) -> Tensor:
        """What each element adds to the mean of the training data, (B, n), in units of the
        standardised target, whose mean is 0: the sum is the prediction."""
        return self._read(inputs)[0]

    def residuals(self, inputs: Inputs, target: Tensor) -> Residuals:
        """The quantities that a training minimises for targets (B,): see `components.output`."""
        features = self.element_features(inputs)
        with _float32(features):
            features = features.float()
            contributions, log_scale = self.readout(features)
            return self.output.residuals(features, contributions, log_scale, target)

    def fit_output(self, targets: Tensor) -> None:
        """Fit the output to the standardised targets (N,) of the training part, before training."""
        self.output.fit(targets)

    def element_features(self, inputs: Inputs, tap: Tap = "readout_input") -> Tensor:
        """The element feature matrices (EFMs), (B, n, channels), at the place named by `tap`.

        `readout_input`: the input of the readout. `last_block`: the output of the last component;
        for a deep convolution the part that its last block adds to the shortcut (as in the
        published script). `input`: after the embedding.
        """
        x = self.condition.on_elements(self.embedding(inputs), inputs)
        if tap == "input":
            return x
        if tap == "last_block":
            return self._last_component_output(x, inputs.fractions)
        features = self.pooling(self._fuse(x, inputs.fractions))
        features = self.descriptor(features, inputs, self.vectors)
        return self.condition.on_features(features, inputs)

    def _fuse(self, x: Tensor, fractions: Tensor) -> Tensor:
        sides = (_Path(s, fractions) for s in (self.global_stages, self.local_stages))
        return self.dropout(self.fusion(self.dropout(x), *sides))

    def _read(self, inputs: Inputs) -> tuple[Tensor, Tensor]:
        """Contributions (B, n) to the prediction, and its log-scale."""
        features = self.element_features(inputs)
        with _float32(features):  # one region: torch.export cannot store an empty one
            features = features.float()
            return self.output(features, *self.readout(features))

    def _last_component_output(self, x: Tensor, fractions: Tensor) -> Tensor:
        last = [*self.global_stages, *self.local_stages][-1].component
        function = getattr(last, "before_last_shortcut", last.forward)
        caught: list[tuple[Tensor, ...]] = []
        hook = last.register_forward_pre_hook(lambda _, inputs: caught.append(inputs))
        try:
            self._fuse(x, fractions)
        finally:
            hook.remove()
        return function(*caught[0])

    @property
    def vectors(self) -> Tensor:
        """The element vectors (119, channels) of the embedding; NaN for missing elements."""
        return cast(Tensor, self.embedding.vectors)

    @property
    def parameter_count(self) -> int:
        """Number of trainable parameters; a shared module counts once."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)


def build(architecture: Architecture, vectors: np.ndarray, seed: int) -> Network:
    """A network with fresh weights; the same seed gives the same weights.

    Args:
        architecture: any architecture; it is made canonical here.
        vectors: element vectors (119, channels), row = atomic number; missing elements are NaN.
        seed: seed of the initial weights; torch's global generator is not changed.

    Raises:
        ArchitectureError: the architecture cannot be built.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # on the CPU only
        return Network(architecture, torch.from_numpy(np.asarray(vectors, dtype=np.float32)))


def count_parameters(architecture: Architecture, vectors: tuple[int, ...]) -> int:
    """Number of trainable parameters of an architecture's network, without making its weights.

    Args:
        architecture: any architecture.
        vectors: shape of its element vectors, (119, channels).

    Raises:
        ArchitectureError: the architecture cannot be built.
    """
    with torch.device("meta"):
        return Network(architecture, torch.empty(vectors)).parameter_count


def _make(family: str, spec: ComponentSpec, width: int, *inputs: Tensor | int) -> nn.Module:
    return lookup(family, spec.kind).cls(width, *inputs, **dict(spec.params))


def _trunk(family: str, stages: Iterable[Stage], width: int) -> tuple[nn.ModuleList, int]:
    modules = []
    for stage in stages:
        out = channels_out(stage, width)
        component = _make(family, stage.component, width)
        attention = _make("attention", stage.attention, out)
        residual = _make("residual", stage.residual, out)
        reads_fractions = lookup(family, stage.component.kind).reads_fractions
        modules.append(_Stage(component, attention, residual, reads_fractions))
        width = out
    return nn.ModuleList(modules), width


def _share_soft_attention(stages: Iterable[nn.Module]) -> None:
    """Give all soft attentions one set of weights."""
    cls = lookup("attention", "soft").cls
    soft = [s for s in stages if isinstance(s, _Stage) and isinstance(s.attention, cls)]
    for stage in soft[1:]:
        stage.attention = soft[0].attention


def _float32(x: Tensor) -> AbstractContextManager[None]:
    """Compute readout and output in float32 even if the trunk runs in bfloat16."""
    return torch.autocast(x.device.type, enabled=False)
