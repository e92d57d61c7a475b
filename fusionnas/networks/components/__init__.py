"""The components of networks: one file for each family, and the registry that lists them."""

from fusionnas.networks.components import (
    attention,
    condition,
    convolution,
    descriptor,
    embedding,
    fusion,
    message_passing,
    output,
    pooling,
    readout,
    recurrent,
    residual,
)
from fusionnas.networks.components.registry import (
    Choice,
    Component,
    DividesWidth,
    OneOrSeveral,
    Range,
    component,
    lookup,
    rows,
)

__all__ = [
    "Choice",
    "Component",
    "DividesWidth",
    "OneOrSeveral",
    "Range",
    "attention",
    "component",
    "condition",
    "convolution",
    "descriptor",
    "embedding",
    "fusion",
    "lookup",
    "message_passing",
    "output",
    "pooling",
    "readout",
    "recurrent",
    "residual",
    "rows",
]
