"""Combines the networks of all folds: one result, and predictions for every row.

The folder of a network that was trained on folds has `folds/0/`, `folds/1/` ... with the network of
each fold (for a trial only while it runs). It also has `held_out.npz`: values and standard
deviations (2, N) for all rows, each predicted by the network that was not trained on it, one fold
after the other; (2, N, K) for several classes or targets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fusionnas.cecv.vector import Cecv, mean_vector
from fusionnas.errors import BundleError
from fusionnas.files.atomic import whole_file
from fusionnas.networks.network_file import read_network
from fusionnas.searching.trial_result import UNRESOLVED
from fusionnas.training.data import TrainingData
from fusionnas.training.element_order import ORDER_GAP
from fusionnas.training.inference import predict_standardised

FOLDS, HELD_OUT = "folds", "held_out.npz"


def across_folds(
    found: Sequence[Mapping[str, Any]], data: Sequence[TrainingData], held_out: np.ndarray
) -> dict[str, Any]:
    """The results of all folds in one: scores over all rows, and the mean of the vectors.

    Args:
        found: results of the folds; all must be done.
        data: data of the folds.
        held_out: predictions and standard deviations (2, N) of all rows, one fold after the other.
    """
    rows = np.array([one.val.size for one in data])
    task = data[0].task
    key = task.error.key("val")
    target = np.concatenate([one.val_target for one in data])
    counts = [d.weight_scale * d.val_weights for d in data if d.val_weights is not None]
    scores = task.scores("val", held_out[0], target, np.concatenate(counts) if counts else None)
    error = scores[key]
    constant = float(np.average([one.constant_error for one in data], weights=rows))
    learned = task.skill(error, constant)
    vectors = [Cecv.from_dict(result["cecv"]) for result in found]
    return {name: value for name, value in found[0].items() if name != "seed"} | {
        **scores,
        "skill": learned,
        "collapsed": task.collapsed(learned),
        "best_epoch": round(float(np.median([result["best_epoch"] for result in found]))),
        "train_seconds": sum(result["train_seconds"] for result in found),
        "efm_seconds": sum(result["efm_seconds"] for result in found),
        **{
            name: float(np.mean([result[name] for result in found]))
            for name in found[0]
            if name.partition("/")[0] == ORDER_GAP
        },
        "cecv": mean_vector(vectors).to_dict(),
        "cecv_spread": np.std([vector.counts for vector in vectors], axis=0).tolist(),
        "fold_maes": [result[key] for result in found],
        **({UNRESOLVED: True} if any(result.get(UNRESOLVED) for result in found) else {}),
    }


def keep_held_out(folder: Path, data: Sequence[TrainingData], device: torch.device) -> np.ndarray:
    """Store the predictions of each fold's network for the rows that it was not trained on.

    Returns:
        The predictions, as `read_held_out` reads them.

    Args:
        folder: folder with the networks of the folds.
        data: data of the folds.
        device: device that they are on.
    """
    said = []
    for fold, own in enumerate(data):
        network = read_network(folder / FOLDS / str(fold)).to(device)
        outputs = predict_standardised(network, own.val)
        said.append(np.stack(own.task.decode(*outputs, own.scaler)))
    held_out = np.concatenate(said, axis=1)
    with whole_file(folder / HELD_OUT) as file:
        np.savez(file, held_out)
    return held_out


def read_held_out(folder: Path) -> np.ndarray:
    """The stored predictions of all folds for their held-out rows: (2, N), as in `HELD_OUT`.

    Raises:
        BundleError: the folder has no such file, or it cannot be read.
    """
    try:
        with np.load(folder / HELD_OUT) as arrays:
            return arrays["arr_0"]
    except (OSError, ValueError, KeyError) as e:
        raise BundleError(f"{folder / HELD_OUT} cannot be read: {e}") from e
