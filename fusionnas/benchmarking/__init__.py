"""Systems side by side under one protocol: the same splits, the same metric, in one run."""
