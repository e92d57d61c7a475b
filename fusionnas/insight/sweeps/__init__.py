"""Predictions along compositions of two or three elements."""

from fusionnas.insight.sweeps.sweep import Sweep, sweep

__all__ = ["Sweep", "sweep"]
