"""Shows how trained networks read compounds."""
