"""The values of a finished trial in tables, and its place relative to the target band."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fusionnas.cecv.target_band import Score, TargetBand
from fusionnas.cecv.vector import Cecv
from fusionnas.searching.objectives import OBJECTIVES, measured
from fusionnas.tasks.kinds import TASKS

# shown beside the objectives
_SHOWN = (
    *(metric.key("val") for task in TASKS.values() for metric in task.beside),
    *(task.weighted_key("val") for task in TASKS.values()),
    "skill",
    "collapsed",
    "best_epoch",
    "train_seconds",
    "efm_seconds",
)


def trial_metrics(result: Mapping[str, Any], band: TargetBand | None) -> dict[str, Any]:
    """The values of a trial in tables; without a band the deviation is None.

    Args:
        result: result of a finished trial, as in its result.json.
        band: the target band of its study.

    Raises:
        CECVError: the trial's vector was made in another way than those of the band.
    """
    vector = Cecv.from_dict(result["cecv"])
    counts = dict(zip(map(str, vector.thresholds), vector.counts, strict=True))
    of_targets = (name for name in result if name.startswith("val_") and "/" in name)
    shown = {name: result[name] for name in (*of_targets, *_SHOWN) if name in result}
    if "batch_size" in result:  # halved, since memory ran out
        shown["batch_size"] = result["batch_size"]
    score = _score(vector, result["architecture"]["width"], band)
    return shown | {"cecv": counts, "guidance": _guidance(score)} | measured(result, score)


def band_metrics(vector: Cecv, width: int, band: TargetBand | None) -> dict[str, Any]:
    """Objectives that depend on the band, and the guidance; None if there is no band."""
    score = _score(vector, width, band)
    values = {name: row.measure({}, score) for name, row in OBJECTIVES.items() if row.of_the_band}
    return values | {"guidance": _guidance(score)}


def _score(vector: Cecv, width: int, band: TargetBand | None) -> Score | None:
    if band is None or not band.exists:
        return None
    return band.score_vector(vector, width)


def _guidance(score: Score | None) -> list[float | None] | None:
    return None if score is None else list(score.guidance)
