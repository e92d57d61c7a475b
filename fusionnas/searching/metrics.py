"""What tables show of a finished trial, and its place against the target band."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fusionnas.cecv.target_band import TargetBand
from fusionnas.cecv.vector import Cecv

_SHOWN = ("val_mae", "val_rmse", "skill", "collapsed", "parameters", "best_epoch",
          "latency_ms", "train_seconds", "efm_seconds")  # fmt: skip


def trial_metrics(result: Mapping[str, Any], band: TargetBand | None) -> dict[str, Any]:
    """What tables show of a trial; without a band the deviation stays open.

    Args:
        result: of a trial that is done, as in its result.json.
        band: the target band of its study.

    Raises:
        CECVError: the trial's vector was made in another way than the band's.
    """
    vector = Cecv.from_dict(result["cecv"])
    counts = dict(zip(map(str, vector.thresholds), vector.counts, strict=True))
    shown = {name: result[name] for name in _SHOWN if name in result}
    if "batch_size" in result:  # halved, since memory ran out
        shown["batch_size"] = result["batch_size"]
    return shown | {"cecv": counts} | band_metrics(vector, result["architecture"]["width"], band)


def band_metrics(vector: Cecv, width: int, band: TargetBand | None) -> dict[str, Any]:
    """Deviation, excess and guidance of a vector; None where there is no band."""
    if band is None or not band.exists:
        return {"cecv_deviation": None, "cecv_excess": None, "guidance": None}
    score = band.score_vector(vector, width)
    return {
        "cecv_deviation": score.deviation,
        "cecv_excess": score.excess,
        "guidance": list(score.guidance),
    }
