"""Files and folders that are whole or not there: YAML, checksums, atomic writes."""
