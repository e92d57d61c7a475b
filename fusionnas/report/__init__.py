"""Reads finished studies; the one room that plots."""

from fusionnas.report.page import Report, write_report

__all__ = ["Report", "write_report"]
