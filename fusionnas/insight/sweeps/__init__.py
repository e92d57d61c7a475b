"""Predictions along compositions of two or three elements, and along a condition."""

from fusionnas.insight.sweeps.along_condition import sweep_condition
from fusionnas.insight.sweeps.condition_sweep import ConditionSweep
from fusionnas.insight.sweeps.sweep import Sweep, sweep

__all__ = ["ConditionSweep", "Sweep", "sweep", "sweep_condition"]
