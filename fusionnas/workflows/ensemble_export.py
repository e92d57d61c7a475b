"""From the best trials of a study to an ensemble.

Validation alone chooses the members; the test part is looked at once, for the ensemble as a whole,
beside the recommended network, for which the study looked at it already.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.data.table import encode_formulas
from fusionnas.errors import BundleError, OptionError, StudyError
from fusionnas.files.whole_folder import check_free
from fusionnas.models.bundle import CALIBRATION, load_bundle
from fusionnas.models.ensemble import save_ensemble
from fusionnas.models.predictor import INTERVAL, Predictor
from fusionnas.networks.network_file import WEIGHTS
from fusionnas.statistics.calibration import Calibrated, fit_and_check, inside
from fusionnas.statistics.metrics import mae, rmse
from fusionnas.statistics.mixture import Mixture
from fusionnas.studies.folder import RUNS, StudyFolder
from fusionnas.workflows.export import write_trial

RULE = "one of the lowest validation MAEs, collapsed networks left out"


def export_ensemble(
    study: str | Path, out: str | Path, members: int = 5, runs: Path = RUNS
) -> Mapping[str, Any]:
    """Write the trials with the lowest validation MAE as one ensemble.

    Args:
        study: name or path; finished.
        out: the ensemble's folder, empty or new.
        members: networks in it, two or more; collapsed ones are never taken.
        runs: folder of all studies.

    Returns:
        What the manifest tells: `members`, and under `metrics` and `best_member` the test MAE and
        RMSE and the share of test compositions inside the 90% interval, of the ensemble and of its
        best member; None where the study did not keep its data. Corrected intervals are checked on
        the test compositions that they were not fitted to.

    Raises:
        OptionError: fewer than two members. StudyError: no such study, an unfinished one, or too
        few usable trials. BundleError: the folder is taken.
    """
    if members < 2:
        raise OptionError(f"--ensemble needs two members or more, but got {members}.")
    folder, out = StudyFolder.find(study, runs), Path(out)
    folder.summary()  # a study that is not finished says so
    numbers = _best_trials(folder, members)
    check_free(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent) as made:
            folders = [Path(made) / str(number) for number in numbers]
            for number, place in zip(numbers, folders, strict=True):
                write_trial(folder, number, RULE, place)
            facts, texts = _facts(folder, numbers, folders)
            save_ensemble(out, folders, facts, texts)
    except OSError as e:
        raise BundleError(f"The ensemble cannot be written to {out}: {e}") from e
    return facts


def _best_trials(folder: StudyFolder, members: int) -> list[int]:
    """Numbers of the trials by rising validation MAE, as many as `members`."""
    trials = folder.trials()
    usable = trials[(trials["state"] == "done") & ~(trials["collapsed"] == True)]  # noqa: E712
    numbers = usable.sort_values(["val_mae", "number"])["number"].tolist()
    kept = [number for number in numbers if (folder.trial(number) / WEIGHTS).is_file()]
    if len(kept) < members:
        dropped = len(numbers) - len(kept)
        why = f", since the weights of {dropped} more were not kept" if dropped else ""
        raise StudyError(
            f"The study '{folder.name}' has {len(kept)} networks for an ensemble{why}, and "
            f"{members} were asked for: give --ensemble {len(kept)}, or go on searching with "
            "--resume and a larger --trials."
            if len(kept) > 1
            else f"The study '{folder.name}' has {len(kept)} network that could be in an "
            f"ensemble{why}, and two are needed; go on searching with --resume and a larger "
            "--trials."
        )
    return [int(number) for number in kept[:members]]


def _facts(
    folder: StudyFolder, numbers: Sequence[int], folders: Sequence[Path]
) -> tuple[dict[str, Any], dict[str, str]]:
    """What the manifest tells, and further files by name."""
    bundles = [load_bundle(path) for path in folders]
    first = bundles[0].manifest
    tested = tested_best = calibrated = None
    if folder.data_file.is_file():
        data = folder.data()
        test = data[data["part"] == "test"]
        formulas, target = test["formula"].tolist(), test["target"].to_numpy()
        table = encode_formulas(formulas)
        found = Predictor(*bundles).mixture(table)
        calibrated = fit_and_check(found, target)
        tested = _test(found, target, calibrated)
        best = Predictor(bundles[0]).mixture(table)
        tested_best = _test(best, target, fit_and_check(best, target))
    texts = {} if calibrated is None else {CALIBRATION: calibrated[0].to_json()}
    facts = {} if calibrated is None else {"interval": calibrated[1]}
    return facts | {
        "line": f"ensemble of {len(bundles)}: {first['line']} and others",
        "target": first["target"],
        "unit": first["unit"],
        "metrics": tested,
        "best_member": tested_best,
        "members": [
            {"trial": number, "line": b.manifest["line"],
             "val_mae": b.manifest["metrics"]["val_mae"]}
            for number, b in zip(numbers, bundles, strict=True)
        ],
        "origin": {
            "study": folder.name,
            "study_id": folder.facts["id"],
            "rule": RULE,
        },
        "data": first["data"],
        "elements_seen": first["elements_seen"],
        "versions": first["versions"],
    }, texts  # fmt: skip


def _test(found: Mixture, target: np.ndarray, calibrated: Calibrated | None) -> dict[str, float]:
    """Errors on the test part, and how many targets the interval holds."""
    if calibrated is None:
        coverage = inside(found.interval(INTERVAL), target)
    else:
        coverage = calibrated[1]["coverage_90"]
    return {
        "test_mae": mae(found.value, target),
        "test_rmse": rmse(found.value, target),
        "test_coverage_90": coverage,
    }
