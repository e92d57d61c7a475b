"""The facts about each of several targets in the manifests of a study's models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fusionnas.studies.folder import StudyFolder
from fusionnas.tasks.columns import values_of
from fusionnas.tasks.regression import REGRESSION
from fusionnas.training.element_order import ORDER_GAP

# fields of a training's result that a bundle stores beside its scores; those of several targets
# have the name of a target after a slash, and are stored with that target
_METRICS = (
    "skill",
    "collapsed",
    "best_epoch",
    "averaged",
    "refit_epochs",
    "parameters",
    "train_seconds",
    "order_gap",
)
# of the network, for each target
_COMMON = ("best_epoch", "averaged", "refit_epochs", "parameters", "train_seconds")
_TESTED = (*REGRESSION.keys("test"), "test_mae_interval")


def own_metrics(
    folder: StudyFolder, result: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Facts about the data with the metrics of each of several targets, and those of a network.

    The first are empty for one target.

    Args:
        folder: folder of the study.
        result: result of the training, as in its result.json.
    """
    metrics = folder.task.kept("val", result)
    metrics |= {name: result[name] for name in _METRICS if name in result}
    targets = folder.facts["data"].get("targets")
    if not targets:
        return {}, metrics
    data = folder.data()
    judged = data["part"].isin(("train", "val") if folder.folds else ("val",))
    values = values_of(data[judged], "target")
    own = []
    for place, one in enumerate(targets):
        name, known = one["target"], values[np.isfinite(values[:, place]), place]
        constant = float(np.abs(known - one["median"]).mean())
        skill = REGRESSION.skill(result[f"{REGRESSION.error.key('val')}/{name}"], constant)
        found = {key: result[f"{key}/{name}"] for key in REGRESSION.keys("val")}
        found |= {key: result[key] for key in _COMMON if key in result}
        found |= {"skill": skill, "collapsed": REGRESSION.collapsed(skill)}
        own.append({**one, "metrics": found | {ORDER_GAP: result[f"{ORDER_GAP}/{name}"]}})
    return {"targets": own}, metrics


def tested_facts(
    targets: Sequence[Mapping[str, Any]], summary: Mapping[str, Any], model: str
) -> list[dict[str, Any]]:
    """The facts about each target with what the test part says about a model.

    Args:
        targets: facts about each, perhaps with metrics of its validation.
        summary: summary of the study.
        model: network or predictor.
    """
    found = []
    for place, one in enumerate(targets):
        of_study = summary["targets"][place]
        mine = of_study["chosen"] if model == "network" else summary[model]["targets"][place]
        metrics = dict(one.get("metrics", {})) | {name: mine[name] for name in _TESTED}
        metrics |= {key: mine[key] for key in REGRESSION.keys("val") if key in mine}
        metrics |= {"yardsticks": of_study["beside_yardsticks"]}
        metrics |= {"usefulness": of_study["usefulness"][model]}
        interval = {"interval": mine["interval"]} if "interval" in mine else {}
        found.append({**one, "metrics": metrics, **interval})
    return found
