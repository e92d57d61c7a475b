"""The recommended network of a study in MLflow's model registry."""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fusionnas.tracking.mlflow_runs import NOTE, STUDY_TAG, TRIAL_TAG, Runs

WEIGHTS_TAG = "fusionnas.weights"  # checksum of the weights of a version

LONGEST = 100  # letters of the name of a model
HASHED = 8  # letters that stand for what a name cannot hold

# writes a bundle (first argument) as a model directory of MLflow (second argument)
WriteModel = Callable[[Path, Path], None]


def model_name(data: Mapping[str, Any]) -> str:
    """The name of all models of one data set and target: `seebeck-p`, `my-table-gap`.

    MLflow takes letters of all scripts.
    """
    name, target = _slug(data["name"]), _slug(data["target"])
    # only data known by a name have a licence, and that name describes the target, too
    named = bool(data.get("licence")) or f"-{name}".endswith(f"-{target}")
    whole = name if named else f"{name}-{target}"
    if len(whole) <= LONGEST:
        return whole
    return f"{whole[: LONGEST - HASHED - 1].rstrip('-')}-{_hash(whole)}"


def register(runs: Runs, summary: Mapping[str, Any], bundle: Path, write_model: WriteModel) -> None:
    """Make the recommended network the newest version of its model, unless it is one already.

    A network with the architecture of the same trial that was trained again is another version.

    Args:
        runs: runs of the study, which is logged already.
        summary: summary of the study.
        bundle: bundle of the recommended network.
        write_model: function that makes an MLflow model of it.
    """
    from mlflow.entities import LoggedModelOutput
    from mlflow.exceptions import MlflowException

    client, data = runs.client, runs.facts["data"]
    name, number = model_name(data), str(summary["chosen"]["number"])
    tags = {STUDY_TAG: runs.facts["id"], TRIAL_TAG: number}
    stored = next(bundle.glob("*.safetensors"), None)
    weights = {} if stored is None else {WEIGHTS_TAG: sha256(stored.read_bytes()).hexdigest()}
    try:
        client.create_registered_model(name, description=_about(data))
    except MlflowException:  # it exists; other errors show in the next lines
        versions = client.search_model_versions(f"name='{name}'")
        for version in versions:
            known = {**weights, **version.tags}  # an earlier version kept no checksum
            if {**tags, **weights}.items() <= known.items():
                _link(runs, name, version.version)  # the end of a study writes its note anew
                return
    run = runs.children.get(int(number), runs.parent)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "model"
        write_model(bundle, folder)
        model = client.create_logged_model(runs.experiment, name="network", source_run_id=run)
        client.log_model_artifacts(model.model_id, str(folder))
        client.finalize_logged_model(model.model_id, "READY")
    version = client.create_model_version(
        name,
        model.artifact_location,
        run_id=run,
        tags=tags | weights,
        model_id=model.model_id,
        description=_version_note(runs, summary, run),
    )
    for one in {run, runs.parent}:
        client.set_tag(one, "model", f"{name}, version {version.version}")
    client.log_outputs(runs.parent, [LoggedModelOutput(model.model_id, 0)])
    _link(runs, name, version.version)


def _link(runs: Runs, name: str, version: str) -> None:
    """Let the description of the study's run begin with a link to its registered model."""
    note = runs.client.get_run(runs.parent).data.tags.get(NOTE, "")
    page = f"[Model {name}, version {version}](#/models/{quote(name)}/versions/{version})"
    runs.client.set_tag(runs.parent, NOTE, f"{page}\n\n{note}")


def _about(data: Mapping[str, Any]) -> str:
    unit = f", in {data['unit']}," if data["unit"] else ""
    columns = ["formula", *(one["name"] for one in data.get("conditions", ()))]
    return (
        f"Predicts the {data['target']}{unit} from chemical formulas; data: {data['name']}. Each "
        "version is the recommended network of a study. It takes a table with the columns "
        f"{', '.join(f'`{name}`' for name in columns)}."
    )


def _version_note(runs: Runs, summary: Mapping[str, Any], run: str) -> str:
    """Its quality and its origin, with links to its runs."""
    parent, name = runs.parent, runs.facts["name"]
    beside = summary.get("beside_yardsticks", {}).get("words", "")
    return (
        f"{summary['best_words']}. {beside}\n\n"
        f"Recommended by the study [{name}]({runs.link(parent)}); its "
        f"[trial]({runs.link(run)}) has the learning curve, the study the "
        f"[report]({runs.link(parent)}/artifacts/report.html)."
    )


def _slug(text: str) -> str:
    """Lower case, words joined by hyphens; a hash of what has no letters and no digits."""
    lower = unicodedata.normalize("NFC", str(text).lower())
    # letters with their marks, and numbers
    kept = [c if c == "_" or unicodedata.category(c)[0] in "LMN" else "-" for c in lower]
    return re.sub("-+", "-", "".join(kept)).strip("-") or _hash(str(text))


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:HASHED]
