"""Exports the network of a trial as a bundle, or in a format that other software reads."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fusionnas.data.folds import study_splits
from fusionnas.data.scaling import Scaler
from fusionnas.data.stored_rows import stored_table
from fusionnas.errors import OptionError, StudyError
from fusionnas.files.whole_folder import check_free, whole_folder
from fusionnas.models.bundle import (
    MANIFEST,
    OF_KIND,
    Bundle,
    bounds_of,
    check_unchanged,
)
from fusionnas.models.class_correction import at_the_temperature
from fusionnas.models.formats import FORMATS, Format, find_format
from fusionnas.models.predictor import Predictor
from fusionnas.models.provenance import write_bundle
from fusionnas.networks.file_names import WEIGHTS
from fusionnas.networks.network import Network
from fusionnas.networks.network_file import read_network
from fusionnas.searching.final_training import is_whole, judged_folder
from fusionnas.searching.fold_results import read_held_out
from fusionnas.searching.knee import knee
from fusionnas.searching.objectives import DEFAULT, OBJECTIVES, objective_values
from fusionnas.searching.result_file import read_result
from fusionnas.searching.selection import LOWEST
from fusionnas.searching.trial_counts import counts_of
from fusionnas.searching.trial_result import TrialState
from fusionnas.statistics.bootstrap import groups_of, mean_intervals
from fusionnas.statistics.mixture import Mixture
from fusionnas.studies.folder import RUNS, StudyFolder
from fusionnas.studies.named_network import without_target
from fusionnas.studies.yardsticks import beside_of
from fusionnas.tasks.columns import values_of
from fusionnas.tasks.kinds import is_classifier
from fusionnas.workflows.format_folder import write_format
from fusionnas.workflows.target_facts import own_metrics, tested_facts
from fusionnas.workflows.unseen_rows import Corrections, UnseenRows
from fusionnas.workflows.verification import (
    recorded_rows,
    verify_chosen,
    verify_predictor,
    verify_trial,
)


@dataclass(frozen=True, slots=True)
class Exported:
    """The exported files, and the reason for the choice of the network."""

    path: Path
    trial: int | None  # None: a bundle was named, and not a study
    rule: str  # rule by which the trial was chosen
    check: str  # what was compared, with the study's record and with the bundle

    def __fspath__(self) -> str:
        return str(self.path)


def export(
    study: str | Path,
    out: str | Path,
    trial: str | int = "best",
    runs: str | Path = RUNS,
    format: str = "bundle",
) -> Exported:
    """Write the network of a trial as a bundle, or in another format.

    The bundle is loaded in a separate process, which must reproduce the study's predictions.

    Args:
        study: name or path of the study; for another format also the folder of a bundle.
        out: folder to write, empty or new.
        trial: best, knee (of the Pareto front), or the number of a finished trial.
        runs: folder of all studies.
        format: bundle, onnx, torch or mlflow.

    Raises:
        StudyError: there is no such study or trial. BundleError: the folder is not empty.
        OptionError: there is no such format, a package that it needs is missing, or one target or
            class is named.
        ExportError: a component cannot be written in the format, or the copy predicts other values
            than the original.
    """
    out = Path(out)
    wanted = None if format == "bundle" else find_format(format)
    _check_whole(study, Path(runs), wanted)
    if _is_model(study, Path(runs)):
        if trial != "best":
            raise OptionError(f"--trial is for studies, and {study} is the folder of a model.")
        if wanted is None:
            raise OptionError(
                f"{study} is the folder of a model already: copy it, or name a --format "
                f"({', '.join(FORMATS)})."
            )
        check_free(out)
        return Exported(out, None, "", write_format(wanted, Path(study), out))
    folder = StudyFolder.find(study, Path(runs))
    summary = folder.summary()
    number, rule = _choose(summary, str(trial))
    check_free(out)
    if wanted is None:
        return Exported(out, number, rule, _write_verified(folder, summary, number, rule, out))
    with tempfile.TemporaryDirectory() as scratch:
        bundle = Path(scratch) / "bundle"
        check = _write_verified(folder, summary, number, rule, bundle)
        check = f"{check}; {write_format(wanted, bundle, out, recorded_rows(folder))}"
    return Exported(out, number, rule, check)


def _check_whole(named: str | Path, runs: Path, wanted: Format | None) -> None:
    """Raise OptionError for one target or class of a model, since a model is written as a whole."""
    _, part = without_target(named, runs)
    if part is None:
        return
    then = (
        f"`fusionnas predict FOLDER:{part}` predicts it alone from the exported folder."
        if wanted is None
        else f"its values are among those that the {wanted.name} model gives."
    )
    raise OptionError(
        f"A model is exported with all its targets or classes: leave ':{part}' out of '{named}'; "
        f"{then}"
    )


def _is_model(name: str | Path, runs: Path) -> bool:
    """Whether a folder of a bundle is named, and no study."""
    is_study = any((path / "study.yaml").is_file() for path in (runs / name, Path(name)))
    return not is_study and (Path(name) / MANIFEST).is_file()


def export_predictor(study: str | Path, out: str | Path, runs: str | Path = RUNS) -> str:
    """Copy the predictor of a study to a separate folder that can predict without the study.

    Args:
        study: name or path of a finished study.
        out: folder to write, empty or new.
        runs: folder of all studies.

    Returns:
        What was compared with the study's record, in words.

    Raises:
        StudyError: there is no such study, or it has no predictor. BundleError: the folder is not
            empty, or the predictor was changed. OptionError: no study is named, but a model, or one
            target or class. ExportError: it predicts other values than the study recorded.
    """
    _check_whole(study, Path(runs), None)
    if _is_model(study, Path(runs)):
        raise OptionError(f"--predictor is for studies, and {study} is the folder of a model.")
    out, folder = Path(out), StudyFolder.find(study, Path(runs))
    folder.summary()  # raises an error if the study is not finished
    if not (folder.predictor / MANIFEST).is_file():
        raise StudyError(
            f"The study '{folder.name}' made no predictor. Continue it with `fusionnas search "
            f"--name {folder.name} --resume --quality good` and its other options."
        )
    check_unchanged(folder.predictor)
    with whole_folder(out, "predictor") as part:
        shutil.copytree(folder.predictor, part, dirs_exist_ok=True)
    try:
        return verify_predictor(out, folder)
    except Exception:
        shutil.rmtree(out, ignore_errors=True)
        raise


def _choose(summary: Mapping[str, Any], trial: str) -> tuple[int, str]:
    """The number of a trial and the rule that chose it."""
    if trial == "best":
        return int(summary["chosen"]["number"]), str(summary.get("rule", LOWEST))
    if trial == "knee":
        return _knee(summary)
    if trial.isdecimal():
        return int(trial), "by number"
    raise OptionError(f"--trial must be best, knee or the number of a trial, but got '{trial}'.")


def _knee(summary: Mapping[str, Any]) -> tuple[int, str]:
    """The knee for validation MAE and the study's second objective."""
    objectives = tuple(summary.get("objectives", DEFAULT))
    if len(objectives) == 1:
        raise OptionError(
            "--trial knee needs a study with two objectives, and this one minimises "
            f"{OBJECTIVES[objectives[0]].label} alone."
        )
    front = summary["front"]
    values = [objective_values(row, objectives) for row in front]
    place, rule = knee(
        [(first, second) for first, second, *_ in values], OBJECTIVES[objectives[1]].label
    )
    return int(front[place]["number"]), rule


def write_best(folder: StudyFolder, summary: Mapping[str, Any]) -> None:
    """Write the recommended network as the bundle of its study, and check it like `export`.

    Args:
        folder: folder of the study, which has no such bundle.
        summary: summary that is not written yet; it describes the bundle.
    """
    _write_verified(folder, summary, *_choose(summary, "best"), folder.best)


def write_trial(
    folder: StudyFolder, summary: Mapping[str, Any], number: int, rule: str, out: Path
) -> None:
    """Write the network of a trial as a bundle, without checking it.

    Raises:
        StudyError: the trial is not finished, or its weights were not stored.
    """
    facts, task = folder.facts, folder.task
    chosen = summary["chosen"]
    is_chosen = number == chosen["number"]
    place = folder.trial(number)
    if is_chosen:  # also if it was trained again
        place = folder.path / chosen.get("folder", f"trials/{number}")
    result = read_result(place)
    if result is None or result["state"] != TrialState.DONE:
        raise StudyError(f"The study '{folder.name}' has no finished trial {number}.")
    if not (place / WEIGHTS).is_file():
        raise StudyError(f"The weights of trial {number} were not stored (--keep-weights front).")
    plain: Mapping[str, Any] = result
    own, metrics = own_metrics(folder, plain | chosen if is_chosen else plain)
    if is_chosen:  # the test part is used for the chosen network only
        metrics |= task.kept("test", chosen)
        metrics |= {f"{task.error.key('test')}_interval": _interval(folder)}
        metrics |= {"yardsticks": dict(beside_of(summary))}
        if use := summary.get("usefulness", {}).get("network"):
            metrics["usefulness"] = use
    origin = {
        "study": folder.name,
        "study_id": facts["id"],
        "trial": number,
        "rule": rule,
        "space": facts["space"]["name"],
        "trials": counts_of(summary).counted,
        "sampler": facts["sampler"],
        "seed": facts["seed"],
        "versions": dict(facts["versions"]),
    }
    network = read_network(place)
    recipe = {**facts["recipe"], "epochs": result.get("epochs", facts["recipe"]["epochs"])}
    data, corrections = {**facts["data"], **own}, Corrections()
    rows = _unseen_rows(folder, network, number, is_chosen)
    # for the recommended network alone they are checked on the rest of the test part
    if rows is not None and is_classifier(data):
        told, sets = rows.classes(check=is_chosen)
        data |= at_the_temperature(Scaler.from_plain(data["scaling"]), told)
        corrections = Corrections(sets)
    elif rows is not None:
        targets = len(data.get("targets", ()))
        corrections = Corrections.of(rows, targets, lambda own: own.intervals(check=is_chosen))
    if is_chosen and "targets" in data:
        data["targets"] = tested_facts(data["targets"], summary, "network")
    for k in range(len(corrections.of_targets)):
        data["targets"][k] |= corrections.facts_of(k)
    write_bundle(
        out,
        network,
        data,
        metrics,
        origin,
        recipe,
        folder.training_compositions(is_whole(place)),
        corrections.of_all,
        calibrations=corrections.calibrations,
    )


def _unseen_rows(
    folder: StudyFolder, network: Network, number: int, is_chosen: bool
) -> UnseenRows | None:
    """What a network says about the test part, and with folds what those of its architecture say
    about the rows that they were not trained on; None if the study stored no data."""
    if not folder.data_file.is_file():
        return None
    data, facts = folder.data(), folder.facts["data"]
    test = data[data["part"] == "test"]
    if test.empty:
        return None
    scaler = Scaler.from_plain(facts["scaling"])
    kind = {name: facts[name] for name in ("unit", "lower_bound", *OF_KIND) if name in facts}
    predictor = Predictor(Bundle(network, scaler, kind))
    table = stored_table(test, folder.conditions)
    found, groups = predictor.mixture_of_all(table), groups_of(table.keys())
    truth = values_of(test, "target")
    if not folder.folds:
        return UnseenRows(found, truth, groups=groups)
    rows, values, deviations = _held_out(folder, number, is_chosen)
    held_out = Mixture(values[None], deviations[None], lower_bound=bounds_of(kind))
    return UnseenRows(found, truth, held_out, values_of(data, "target")[rows], groups)


def _held_out(
    folder: StudyFolder, number: int, is_chosen: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of the table that the networks of a trial's folds were not trained on, and their output.

    Rows (N,), predictions and standard deviations (N,), or (N, K) of several classes or targets.
    """
    judged = judged_folder(folder.path, number) if is_chosen else folder.trial(number)
    result = read_result(judged)
    assert result is not None
    folds = len(result["fold_maes"])
    splits = study_splits(folder.parts(), folds, int(folder.facts["seed"]))
    values, deviations = read_held_out(judged)
    return np.concatenate([parts.val for parts in splits]), values, deviations


def _write_verified(
    folder: StudyFolder, summary: Mapping[str, Any], number: int, rule: str, out: Path
) -> str:
    """Write a trial as a bundle and check it; a bundle that predicts other values is removed.

    Returns what it was compared with. The errors are those of `export`.
    """
    write_trial(folder, summary, number, rule, out)
    is_chosen = number == summary["chosen"]["number"]
    try:
        return verify_chosen(out, folder) if is_chosen else verify_trial(out, folder, number)
    except Exception:
        shutil.rmtree(out, ignore_errors=True)
        raise


def _interval(folder: StudyFolder) -> list[float]:
    import pandas as pd

    predictions = pd.read_csv(folder.path / "test_predictions.csv", na_filter=False)
    predicted, target = (values_of(predictions, name) for name in ("prediction", "target"))
    errors = folder.task.row_errors(predicted, target)
    groups = groups_of(stored_table(predictions, None).keys())
    return mean_intervals(errors[None], groups=groups)[0].tolist()
