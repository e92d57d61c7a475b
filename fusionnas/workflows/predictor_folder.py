"""Writes the predictor of a study as a folder: its members, the manifest, the model card."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fusionnas.data.dataset import Dataset
from fusionnas.data.elements import SYMBOLS
from fusionnas.data.folds import development_rows
from fusionnas.data.table import CompositionTable
from fusionnas.models.bundle import OF_KIND, Bundle
from fusionnas.models.calibration_file import CALIBRATION
from fusionnas.models.ensemble import save_ensemble
from fusionnas.models.ensemble_card import ensemble_card
from fusionnas.models.model_card import MODEL_CARD
from fusionnas.models.provenance import NOT_OF_DATA, composition_facts, versions, write_bundle
from fusionnas.models.yardstick_member import (
    MemberOfTargets,
    YardstickMember,
    save_yardstick_member,
)
from fusionnas.searching.trial_counts import counts_of
from fusionnas.studies.folder import StudyFolder
from fusionnas.workflows.joined import Joined
from fusionnas.workflows.target_facts import own_metrics, tested_facts
from fusionnas.workflows.unseen_rows import Corrections

_SCRATCH = "predictor-"  # prefix of the temporary folders in which it is made


def write_predictor(
    joined: Joined,
    folder: StudyFolder,
    dataset: Dataset,
    summary: Mapping[str, Any],
    corrections: Corrections,
) -> None:
    """Write the ensemble into the study's folder, which must not have one.

    Args:
        joined: its members.
        folder: folder of the study.
        dataset: data set of the study.
        summary: summary of the study; `predictor` has the facts of `joined_facts`.
        corrections: correction of its intervals or sets.

    Raises:
        BundleError: the folder is not empty or cannot be written.
    """
    rows = development_rows(dataset.parts)  # yardsticks and folds are fitted to all these rows
    known = dataset.compositions(rows)
    for left in folder.path.glob(f"{_SCRATCH}*"):  # left by a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder.path, prefix=_SCRATCH) as made:
        places = [Path(made) / str(place) for place in range(len(joined.model_weights))]
        told = _write_members(joined, folder, summary, known, places)
        facts = _manifest(joined, folder, known, summary) | {"members": told}
        texts = {MODEL_CARD: ensemble_card(facts)}
        if corrections.of_all is not None:
            texts[CALIBRATION] = corrections.of_all[0].to_json()
        calibrations = corrections.calibrations
        save_ensemble(folder.predictor, places, facts, texts, known, calibrations)


def _write_members(
    joined: Joined,
    folder: StudyFolder,
    summary: Mapping[str, Any],
    known: CompositionTable,
    places: Sequence[Path],
) -> list[dict[str, Any]]:
    """Write each model to its folder; returns the entries for the manifest."""
    told: list[dict[str, Any]] = []
    data = folder.facts["data"]
    origin = {
        "study": folder.name,
        "study_id": folder.facts["id"],
        "space": folder.facts["space"]["name"],
        "sampler": folder.facts["sampler"],
        "versions": dict(folder.facts["versions"]),
        "rule": "member of the predictor",
    }
    weights = iter(joined.model_weights.tolist())
    free = iter(places)
    for candidate in joined.members:
        for fold, (model, stored, result) in enumerate(
            zip(candidate.models, candidate.folders, candidate.facts, strict=True)
        ):
            place = next(free)
            entry = {
                "name": candidate.name,
                "line": candidate.line,
                "weight": next(weights),
                joined.task.error.key("val"): candidate.error,
            }
            if len(candidate.models) > 1:
                entry["fold"] = fold
            if isinstance(model, YardstickMember | MemberOfTargets):
                facts = {name: data.get(name) for name in ("target", "unit", "lower_bound")}
                facts |= {name: data[name] for name in OF_KIND if name in data}
                facts |= {
                    "line": candidate.line,
                    "origin": origin,
                    "elements_seen": _symbols(known),
                }
                save_yardstick_member(place, stored, model.plain_spread, facts)
            elif isinstance(model, Bundle):
                mine = origin | {
                    "trial": candidate.source.removeprefix("trial "),
                    "trials": counts_of(summary).counted,
                    "seed": result["seed"],
                }
                recipe = dict(folder.facts["recipe"])
                recipe["epochs"] = result.get("epochs", recipe["epochs"])
                own, metrics = own_metrics(folder, result)
                write_bundle(place, model.network, data | own, metrics, mine, recipe, None)
            told.append(entry)
    return told


def _manifest(
    joined: Joined, folder: StudyFolder, known: CompositionTable, summary: Mapping[str, Any]
) -> dict[str, Any]:
    """The manifest of the ensemble, without its members."""
    data, mine, chosen = folder.facts["data"], summary["predictor"], summary["chosen"]
    task, error = joined.task, joined.task.error
    test = error.key("test")
    names = [part["name"] for part in mine["parts"]]
    facts: dict[str, Any] = {
        "line": f"ensemble of {mine['models']} models: {', '.join(names)}",
        "target": data["target"],
        "unit": data["unit"],
        "lower_bound": data.get("lower_bound"),
        "combination": mine["combination"],
        "rule": mine["rule"],
        "parts": mine["parts"],
        "left_out": mine["left_out"],
        "metrics": {name: mine[name] for name in (error.key("val"), f"{test}_interval")}
        | task.kept("test", mine)
        | {
            "yardsticks": dict(summary["beside_yardsticks"]),
            "usefulness": summary["usefulness"]["predictor"],
        },
        "best_network": {
            "trial": chosen["number"],
            "line": chosen["line"],
            test: chosen[test],
        },
        "training_compositions": composition_facts(known),
        "elements_seen": _symbols(known),
        "data": {k: v for k, v in data.items() if k not in NOT_OF_DATA},
        "origin": {"study": folder.name, "study_id": folder.facts["id"]},
        "versions": versions(),
    }
    facts |= {name: data[name] for name in OF_KIND if name in data}
    if "targets" in mine:
        facts["targets"] = tested_facts(data["targets"], summary, "predictor")
    facts |= {"temperature": mine["temperature"]} if "temperature" in mine else {}
    return facts | {name: mine[name] for name in ("interval", "sets") if name in mine}


def _symbols(known: CompositionTable) -> str:
    return " ".join(SYMBOLS[z] for z in known.elements())
