"""Suggests what to measure next: candidates, rules that rank them, and a choice."""
