"""Predictions along compositions of two or three elements."""

from fusionnas.sweeps.sweep import Sweep, sweep

__all__ = ["Sweep", "sweep"]
