"""Models that predict: bundles, ensembles, yardsticks, and their export to other formats."""
