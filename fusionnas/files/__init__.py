"""Files and folders that are complete or absent: YAML, checksums, atomic writes."""
