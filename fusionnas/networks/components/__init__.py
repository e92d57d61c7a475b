"""What networks are made of: one file for each family, and the registry that lists them."""

from fusionnas.networks.components import (
    attention,
    convolution,
    embedding,
    fusion,
    message_passing,
    pooling,
    readout,
    recurrent,
    residual,
)
from fusionnas.networks.components.registry import (
    Choice,
    Component,
    DividesWidth,
    Range,
    component,
    lookup,
    rows,
)

__all__ = [
    "Choice",
    "Component",
    "DividesWidth",
    "Range",
    "attention",
    "component",
    "convolution",
    "embedding",
    "fusion",
    "lookup",
    "message_passing",
    "pooling",
    "readout",
    "recurrent",
    "residual",
    "rows",
]
