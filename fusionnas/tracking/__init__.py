"""Experiment trackers, which keep a record of every trial."""

from fusionnas.tracking.tracker import NullTracker, Tracker

__all__ = ["NullTracker", "Tracker"]
