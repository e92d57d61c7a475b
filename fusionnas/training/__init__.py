"""Training: recipes, losses, batches without padding, the trainer."""
