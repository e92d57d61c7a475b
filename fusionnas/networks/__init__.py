"""Networks: their description, name in one line, components, and weights on disk."""
