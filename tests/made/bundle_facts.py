"""What a bundle's manifest tells of a training, where a test needs no real one."""

from __future__ import annotations

METRICS = {"val_mae": 0.5, "parameters": 1000, "best_epoch": 3, "collapsed": False}
ORIGIN = {"trained": "lstm", "seed": 0}
RECIPE = {"name": "default", "epochs": 4, "optimizer": "adamw", "loss": "l1"}
