"""Compares systems under one protocol: the same splits and the same metric, in one run."""
