"""A network of several targets on the test part: each target by itself, and all together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fusionnas.models.from_training import bundle_of
from fusionnas.models.predictor import Predictor
from fusionnas.models.target_words import use_of_all
from fusionnas.statistics.calibration import Calibration
from fusionnas.training.plan import Trained
from fusionnas.workflows.alone import against_alone
from fusionnas.workflows.judgement import judged


def judged_together(
    trained: Trained, alone: Sequence[Predictor] = ()
) -> tuple[dict[str, Any], dict[str, Any], list[Calibration | None]]:
    """Metrics and facts for the manifest of a network of several targets, and corrections.

    The metrics of each target are among the facts about it, with those of validation, and with the
    comparison with the networks `alone`, if each target was trained alone as well.
    """
    dataset, scaler = trained.dataset, trained.data.scaler
    bundle = bundle_of(trained)
    predictor = Predictor(bundle, device=trained.data.device)
    corrects = trained.knows_no_test_row
    table = dataset.table.take(dataset.parts.test)
    together = np.empty((len(table), len(dataset.several)))
    targets, calibrations = list[dict[str, Any]](), list[Calibration | None]()
    for place, one in enumerate(predictor.each):
        together[:, place] = one.mixture(table).value
        found = judged(one, dataset.of_target(place), scaler.of_target(place), correct=corrects)
        facts = dict(bundle.manifest["targets"][place])
        use = found.metrics["usefulness"]
        use["words"] = f"{facts['target']}: {use['words']}"
        facts["metrics"] = facts["metrics"] | found.metrics
        if alone:
            facts["alone"] = against_alone(one, alone[place], dataset.of_target(place))
        if found.corrected is not None:
            facts["interval"] = found.corrected[1]
        calibrations.append(None if found.corrected is None else found.corrected[0])
        targets.append(facts)
    known = dataset.targets[dataset.parts.test]
    metrics = trained.metrics | trained.data.task.scores("test", together, known)
    uses = [{**one, "usefulness": {"network": one["metrics"]["usefulness"]}} for one in targets]
    metrics["usefulness"] = use_of_all(uses, "network")
    if alone:
        metrics["alone"] = [facts["alone"]["words"] for facts in targets]
    return metrics, {"targets": targets}, calibrations
