"""Statistics that every room needs: errors, intervals, mixtures of predictions."""
