"""What holds for all tests."""

from __future__ import annotations

import os

if "PYTEST_XDIST_WORKER" in os.environ:
    # several test processes share the cores; read by torch when it is imported, also in the
    # processes that a test starts
    os.environ.setdefault("OMP_NUM_THREADS", "1")
