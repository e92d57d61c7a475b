"""Formulas, tables, splits: everything up to the encoded data set. NumPy only, no torch."""
