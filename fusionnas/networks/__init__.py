"""What a network is: its description, its name in one line, its components, its weights on disk."""
