"""What networks are made of: one file for each family, and the registry that lists them."""

from fusionnas.components import (
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
from fusionnas.components.canonical import canonical, identity
from fusionnas.components.line import line
from fusionnas.components.registry import (
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
    "canonical",
    "component",
    "convolution",
    "embedding",
    "fusion",
    "identity",
    "line",
    "lookup",
    "message_passing",
    "pooling",
    "readout",
    "recurrent",
    "residual",
    "rows",
]
