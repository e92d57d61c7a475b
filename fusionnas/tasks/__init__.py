"""What is learned from a target, and how predictions of it are judged."""
