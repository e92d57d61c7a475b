"""The record of every trial, kept by an experiment tracker."""

from fusionnas.tracking.tracker import NullTracker, Tracker

__all__ = ["NullTracker", "Tracker"]
