"""What a search leaves in `runs/<study>/`, and how it is read."""
