"""Tables as people write them: files, columns, rows, targets."""
