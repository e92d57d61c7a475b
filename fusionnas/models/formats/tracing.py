"""A bundle as a `torch.export` program for any batch size and any number of elements."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import cast

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from fusionnas.data.conditions import Conditions
from fusionnas.errors import ExportError
from fusionnas.models.bundle import Bundle
from fusionnas.models.formats.condition_values import examples
from fusionnas.models.formats.in_unit import NetworkInUnit
from fusionnas.networks.canonical import channels_out
from fusionnas.networks.network import Network

EXAMPLE = (3, 13)  # compounds and elements; no size in the network may become 1, which is special
_OPEN = {0: Dim.DYNAMIC, 1: Dim.DYNAMIC}
_ROWS = {0: Dim.DYNAMIC}  # of conditions


def trace(bundle: Bundle) -> ExportedProgram:
    """The bundle's network, in the unit of its target, for (B, n) of any size.

    Raises:
        ExportError: torch cannot trace it; the message names the component.
    """
    module = NetworkInUnit(bundle).cpu().eval()
    try:
        return _traced(module, *example_compounds(bundle, *EXAMPLE))
    except Exception as e:  # tracing raises all kinds of errors
        culprit = _culprit(bundle.network)
        raise ExportError(
            f"{culprit or 'The network'} cannot be exported: {' '.join(str(e).split())[:200]}"
        ) from e


def example_compounds(bundle: Bundle, batch: int, n: int) -> tuple[Tensor, ...]:
    """Numbers (batch, n) of elements that the network knows, and fractions (batch, n); of a network
    that reads conditions, also their values.

    Amounts are small whole numbers, as in formulas: equal amounts test the order of elements, and
    simple fractions lie on the edge between two steps of the fraction embedding.
    """
    generator = torch.Generator().manual_seed(n)
    known = torch.isfinite(bundle.network.vectors).all(dim=1).nonzero().flatten()[1:]  # 0 is none
    drawn = torch.stack([torch.randperm(len(known), generator=generator) for _ in range(batch)])
    amounts = torch.randint(1, 4, (batch, n), generator=generator).double()
    compounds = known[drawn[:, :n]], amounts / amounts.sum(dim=1, keepdim=True)
    conditions = Conditions.of_facts(bundle.manifest)
    if conditions is None:
        return compounds
    return *compounds, examples(conditions, batch, generator)


def _traced(module: nn.Module, *inputs: Tensor) -> ExportedProgram:
    from torch.fx.experimental import _config

    shapes = tuple(dict(_OPEN if place < 2 else _ROWS) for place in range(len(inputs)))
    patch = _config.patch(backed_size_oblivious=True)  # type: ignore[attr-defined]
    with warnings.catch_warnings(), torch.no_grad(), patch:  # sizes of 1 are like all others
        warnings.simplefilter("ignore")
        return torch.export.export(module, inputs, dynamic_shapes=shapes, strict=False)


def _culprit(network: Network) -> str | None:
    """The first component that cannot be traced alone."""
    for name, module, channels in _parts(network):
        inputs = torch.rand(*EXAMPLE, channels)
        try:
            _traced(module, inputs)
        except Exception:
            return name
    return None


def _parts(network: Network) -> Iterator[tuple[str, nn.Module, int]]:
    """The components that are functions of features, and the number of channels they read."""
    a = network.architecture
    width = a.width
    for family, specs, stages in (
        ("global", a.global_stages, network.global_stages),
        ("local", a.local_stages, network.local_stages),
    ):
        for spec, stage in zip(specs, stages, strict=True):
            component = cast(nn.Module, stage.component)
            module = _WithEqualFractions(component) if stage.reads_fractions else component
            yield f"The {family} component '{spec.component.kind}'", module, width
            width = channels_out(spec, width)
            yield f"The attention '{spec.attention.kind}'", cast(nn.Module, stage.attention), width
    yield f"The pooling '{a.pooling.kind}'", network.pooling, width
    yield f"The readout '{a.readout.kind}'", network.readout, width


class _WithEqualFractions(nn.Module):
    """A component that reads fractions, as a function of features alone (fractions are equal)."""

    def __init__(self, component: nn.Module) -> None:
        super().__init__()
        self.component = component

    def forward(self, x: Tensor) -> Tensor:
        return self.component(x, torch.ones_like(x[..., 0], dtype=torch.float64) / x.shape[1])
