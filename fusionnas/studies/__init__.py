"""The files that a search leaves in `runs/<study>/`, and how they are read."""
