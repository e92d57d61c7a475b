"""What to measure next: candidates, rules that rank them, and a choice of distinct ones."""
