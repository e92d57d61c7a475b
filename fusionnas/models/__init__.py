"""What predicts: bundles, ensembles, yardsticks, and their export to other formats."""
