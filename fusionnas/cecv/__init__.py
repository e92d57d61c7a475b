"""The chemical environment clustering vector: how a network groups chemical environments."""

from fusionnas.cecv.clustering import THRESHOLDS, cluster_counts

__all__ = ["THRESHOLDS", "cluster_counts"]
