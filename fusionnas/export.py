"""From a trial of a study to a bundle."""

from __future__ import annotations

from pathlib import Path

from fusionnas.errors import OptionError, StudyError
from fusionnas.network_file import WEIGHTS, read_network
from fusionnas.provenance import write_bundle
from fusionnas.search.evaluation import read_result
from fusionnas.study_folder import RUNS, StudyFolder

_METRICS = ("val_mae", "val_rmse", "skill", "collapsed", "best_epoch", "parameters",
            "train_seconds", "order_gap")  # fmt: skip
_TESTED = ("test_mae", "test_rmse")
LOWEST = "lowest validation MAE on the Pareto front"  # the rule of studies that don't state it


def export(study: str | Path, out: str | Path, trial: str = "best", runs: Path = RUNS) -> Path:
    """Write the network of a trial as a bundle.

    Args:
        study: name or path.
        out: the bundle's folder, empty or new.
        trial: best, or the number of a finished trial.
        runs: folder of all studies.

    Raises:
        StudyError: no such study or trial. BundleError: the folder is taken.
    """
    folder = StudyFolder.find(study, runs)
    summary = folder.summary()
    chosen = summary["chosen"]
    if trial != "best" and not trial.isdigit():
        raise OptionError(f"--trial must be best or the number of a trial, but got '{trial}'.")
    number = int(chosen["number"] if trial == "best" else trial)
    result = read_result(folder.trial(number))
    if result is None or result["state"] != "done":
        raise StudyError(f"The study '{folder.name}' has no finished trial {number}.")
    if not (folder.trial(number) / WEIGHTS).is_file():
        raise StudyError(f"The weights of trial {number} were not kept (--keep-weights front).")
    metrics = {name: result[name] for name in _METRICS}
    if number == chosen["number"]:  # the test part is looked at for the chosen network alone
        metrics |= {name: chosen[name] for name in _TESTED}
    origin = {
        "study": folder.name,
        "study_id": folder.facts["id"],
        "trial": number,
        "rule": summary.get("rule", LOWEST) if trial == "best" else "by number",
    }
    network = read_network(folder.trial(number))
    write_bundle(Path(out), network, folder.facts["data"], metrics, origin, folder.facts["recipe"])
    return Path(out)
