"""What a user starts: search, train, export, rescore."""
