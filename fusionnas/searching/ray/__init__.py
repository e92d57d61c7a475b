"""Ray: the cluster, its workers, and Tune. No other room imports Ray."""
