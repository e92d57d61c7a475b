"""The functions that a user starts: search, train, export, rescore."""
