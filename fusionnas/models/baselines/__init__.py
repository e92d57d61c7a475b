"""Yardsticks that a network must beat."""
