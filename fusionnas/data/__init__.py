"""Formulas, tables and splits: all steps up to the encoded data set. NumPy only, no torch."""
