"""Searches whose pages no test reads."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any
from unittest import mock


def short_report() -> AbstractContextManager[Any]:
    """Of all views the page gets the vectors alone, whose picture is a file of the study."""
    from fusionnas.report.views import view_maker

    return mock.patch("fusionnas.report.page.VIEWS", (view_maker("cecv"),))
