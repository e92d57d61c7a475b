"""The architectures that can be proposed: the search space, its file, and single mutations."""
