"""Pictures of what one network makes of compounds."""
