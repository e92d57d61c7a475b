"""Makes a trained network ready to predict without a folder."""

from __future__ import annotations

from typing import Any

from fusionnas.models.bundle import Bundle
from fusionnas.models.provenance import bundle_facts, data_facts
from fusionnas.tasks.regression import REGRESSION
from fusionnas.training.element_order import order_gap
from fusionnas.training.plan import Trained


def bundle_of(trained: Trained) -> Bundle:
    """The network with the facts of a bundle; its intervals are not corrected."""
    dataset, scaler = trained.dataset, trained.data.scaler
    known, data = dataset.training_compositions(), data_facts(dataset, scaler)
    for place, facts in enumerate(data.get("targets", ())):
        facts["metrics"] = metrics_of_target(trained, place)
    facts = bundle_facts(
        trained.network,
        data,
        trained.metrics,
        trained.origin,
        trained.recipe.to_dict(),
        known,
    )
    return Bundle(trained.network, scaler, facts, known, before=trained.before)


def metrics_of_target(trained: Trained, place: int) -> dict[str, Any]:
    """The metrics of validation of one of several targets, as those of a network of one."""
    own, scores = trained.dataset.of_target(place), trained.result.scores
    error = scores[f"{REGRESSION.error.key('val')}/{own.target}"]
    train, val = (own.targets[part] for part in (own.parts.train, own.parts.val))
    skill = REGRESSION.skill(error, REGRESSION.constant_error(train, val))
    common = ("best_epoch", "averaged", "parameters", "train_seconds")
    network = trained.network.of_targets([place])
    gap = order_gap(network, trained.data.val, trained.seed)
    return {
        **{key: scores[f"{key}/{own.target}"] for key in REGRESSION.keys("val")},
        "skill": skill,
        **{key: getattr(trained.result, key) for key in common},
        "collapsed": REGRESSION.collapsed(skill),
        "order_gap": trained.data.scaler.of_target(place).std * gap,
    }
