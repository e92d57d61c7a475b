"""Pictures of how one network reads compounds."""
