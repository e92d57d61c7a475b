"""What can be proposed: the search space, its file, and changes of one thing at a time."""
