"""The files of a network's folder, for readers that need no torch."""

from __future__ import annotations

ARCHITECTURE, WEIGHTS = "architecture.yaml", "weights.safetensors"
