"""Reads finished studies; the one room that plots."""

from fusionnas.report.page import write_report

__all__ = ["write_report"]
