"""The views of a study, each in the file of its name."""
