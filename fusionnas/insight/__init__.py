"""What trained networks make of compounds."""
