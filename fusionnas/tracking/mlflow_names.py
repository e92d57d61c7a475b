"""How MLflow shows a study and a trial: names, groups and units.

MLflow groups metrics by the part of their name before a slash. Errors are in the unit of the
target, which is in a run's tag `unit` and in its description: a unit such as uV/K cannot be part of
a name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

# our names and those in MLflow
TRIAL_METRICS = {
    "skill": "skill/val",
    "cecv_deviation": "band/deviation",
    "cecv_excess": "band/excess",
    "parameters": "size/parameters",
    "latency_ms": "latency/milliseconds",
    "best_epoch": "epoch/best",
    "train_seconds": "seconds/train",
    "efm_seconds": "seconds/efm",
}
# fields of an architecture that name a component, alone or with its parameters
COMPONENTS = (
    "global",
    "local",
    "attention",
    "residual",
    "embedding",
    "fusion",
    "pooling",
    "readout",
    "descriptor",
    "output",
    "condition",
)
EPOCH_METRICS = ("train_loss", "learning_rate")
EXPLAINED = """\
| metric | meaning |
|---|---|
| `{error}/...`, `epoch/val_{error}` | errors{in_unit}; with other scores beside them |
| `{error}/test above the best yardstick` | the network's error minus the yardstick's: negative if \
the network is better; `low` and `high` are the paired 95% interval, also in the tag `yardsticks` |
| `skill/val` | 1 - error / error of the best constant |
| `band/deviation`, `band/excess` | distance from the centre of the target band, and the part \
outside the band, in units of the gap between the reference networks |
| `cecv/T` | clusters of the probe's compounds at threshold T |
| `guidance/T` | distance from the centre of the band: positive is too local, negative too global |
| `latency/milliseconds` | latency of the network, if a limit or an objective asks for it |
| `other/...` | further objectives |
| `epoch/...` | the learning curve, one step for each epoch; with folds that of the first, and \
`epoch/best` is the median over all |
| `proposed/...`, `won/...` | trials of each proposer, and those that improved the front or the \
lowest error |
| `seconds/...` | of training and of clustering |
"""
EACH_TARGET = """\
| `mae/TARGET/...`, `rmse/TARGET/...` | errors of each target, in its unit; `relative_mae` is the \
mean over targets of MAE / MAE of the median |
"""


def study_note(facts: Mapping[str, Any]) -> str:
    """The description of a study's run while the search is running, as Markdown."""
    data = facts["data"]
    return (
        f"Search over the space **{facts['space']['name']}** for the network that predicts "
        f"**{data['target']}**{_in(data['unit'])}; data: {data['name']}. Each child run is a "
        f"trial.\n\n{EXPLAINED.format(in_unit=_in(data['unit']), error=error_name(facts))}"
        f"{EACH_TARGET if data.get('targets') else ''}"
    )


def study_params(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that distinguish studies; all others are in the artifact study.json."""
    data, recipe = facts["data"], facts.get("recipe", {})
    found = {
        "space": facts["space"]["name"],
        "data": data["name"],
        "target": data["target"],
        "unit": data["unit"],
        "split": data.get("split"),
        "conditions": ", ".join(one["name"] for one in data.get("conditions", ())),
        **{f"compositions.{k}": v for k, v in data.get("compositions", {}).items()},
        "probe": facts.get("probe", {}).get("name"),
        "band": facts.get("band", {}).get("name"),
        "sampler": facts.get("sampler"),
        "objectives": ", ".join(facts.get("objectives", ())),
        "rungs": facts.get("rungs"),
        "quality": facts.get("quality"),
        "folds": facts.get("folds"),
        "seed": facts.get("seed"),
        **{f"recipe.{k}": v for k, v in recipe.items()},
        "version": facts.get("versions", {}).get("fusionnas"),
    }
    return {k: v for k, v in found.items() if v not in (None, "")}


def created(facts: Mapping[str, Any]) -> int | None:
    """When a study was made, in milliseconds since 1970."""
    text = facts.get("created")
    return None if text is None else int(datetime.fromisoformat(str(text)).timestamp() * 1000)


def study_source(facts: Mapping[str, Any]) -> dict[str, str]:
    """The source of a run, and the whole command of the search as a tag of its own.

    MLflow's pages show only what follows the last slash of a source, which is often in a path or a
    unit.
    """
    command = str(facts.get("command", "")).strip() or "fusionnas.search"
    name, _, _ = command.partition(" -")
    return {
        "mlflow.source.name": name[:5000],
        "mlflow.source.type": "LOCAL",
        "command": command[:5000],
    }


def study_dataset(facts: Mapping[str, Any]) -> dict[str, str]:
    """The data of a study as MLflow's data set: name, digest, source, columns and counts."""
    data = facts["data"]
    counts = data.get("compositions", {})
    return {
        "name": str(data["name"])[:500],
        "digest": str(data.get("fingerprint", facts["id"]))[:36],
        "source_type": "local",
        "source": json.dumps({"uri": str(data.get("source") or data["name"])}),
        "profile": json.dumps({"compositions": counts, "split": data.get("split", "")}),
    }


def study_metrics(summary: Mapping[str, Any]) -> dict[str, float]:
    """Errors of the recommended network beside its yardsticks, and the course of the search."""
    chosen, predictor = summary.get("chosen", {}), summary.get("predictor") or {}
    error = error_name(summary)
    found = {
        f"{error}/val": chosen.get(f"val_{error}"),
        **{score_name(key): chosen[key] for key in chosen if key.startswith("test_")},
        f"{error}/val of the predictor": predictor.get(f"val_{error}"),
        f"{error}/test of the predictor": predictor.get(f"test_{error}"),
        **dict(_yardstick_metrics(summary.get("beside_yardsticks", {}), error)),
        **dict(_target_metrics(summary)),
        "band/deviation": chosen.get("cecv_deviation"),
        "skill/val": chosen.get("skill"),
        **{f"trials/{state}": n for state, n in summary.get("trials", {}).items()},
        **{f"proposed/{row['name']}": row["given"] for row in summary.get("proposers", ())},
        **{f"won/{row['name']}": row["won"] for row in summary.get("proposers", ())},
        "seconds/search": summary.get("search_seconds"),
    }
    return {k: float(v) for k, v in found.items() if v is not None}


def error_name(facts: Mapping[str, Any]) -> str:
    """What judges a study, by its first objective: `mae` for `val_mae`."""
    return str(facts.get("objectives", ["val_mae"])[0]).removeprefix("val_")


def score_name(key: str) -> str:
    """The name of a score, grouped by what it is: `mae/val` for `val_mae`, and `mae/gap/val` for
    `val_mae/gap` of one of several targets."""
    part, _, name = key.partition("_")
    return f"{_allowed(name)}/{part}"


def _yardstick_metrics(beside: Mapping[str, Any], error: str) -> Iterator[tuple[str, float | None]]:
    """Test errors of all yardsticks, and the difference of the network's error from the best."""
    for row in beside.get("rows", ()):
        if row["name"] == beside["best"]:
            low, high = row["difference_interval"]
            yield f"{error}/test of the best yardstick", row[f"test_{error}"]
            yield f"{error}/test above the best yardstick", row["difference"]
            yield f"{error}/test above the best yardstick low", low
            yield f"{error}/test above the best yardstick high", high
        yield f"{error}/test of {row['name']}", row[f"test_{error}"]
        yield f"seconds/{row['name']}", row["seconds"]


def _target_metrics(summary: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The errors of each of several targets by the predictor and by the best yardstick."""
    predictor = summary.get("predictor") or {}
    for place, one in enumerate(summary.get("targets", ())):
        group, beside = f"mae/{_allowed(one['target'])}", one["beside_yardsticks"]
        if predictor:
            mine = predictor["targets"][place]
            yield f"{group}/val of the predictor", mine["val_mae"]
            yield f"{group}/test of the predictor", mine["test_mae"]
        if beside["best"] is not None:
            yield f"{group}/test of the best yardstick", beside["rows"][0]["test_mae"]


def _allowed(name: str) -> str:
    """A name with the characters alone that MLflow allows in names of metrics."""
    return re.sub(r"[^\w\-. /]", "_", name, flags=re.ASCII)


def trial_metrics(trial: Mapping[str, Any]) -> Iterator[tuple[str, float, int]]:
    """(name, value, step): the epochs, the results, the clustering vector and the guidance."""
    for row in trial.get("history", ()):
        for name in (*EPOCH_METRICS, *(key for key in row if key.startswith("val_"))):
            yield f"epoch/{name}", float(row[name]), int(row["epoch"])
    metrics = trial["metrics"]
    for name, shown in TRIAL_METRICS.items():
        if metrics.get(name) is not None:
            yield shown, float(metrics[name]), 0
    for name, value in metrics.items():  # for example a user's own objective
        if name.startswith("val_") and value is not None:
            yield score_name(name), float(value), 0
        elif name not in TRIAL_METRICS and type(value) in (int, float):
            yield f"other/{name}", float(value), 0
    counts = metrics.get("cecv") or {}
    guidance = metrics.get("guidance") or [None] * len(counts)
    for (threshold, count), distance in zip(counts.items(), guidance, strict=True):
        yield f"cecv/{float(threshold):.2f}", float(count), 0
        if distance is not None:
            yield f"guidance/{float(threshold):.2f}", float(distance), 0


def flat(plain: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """An architecture as dotted names; what a component is, is always its `.kind`."""
    for key, value in plain.items():
        if key in COMPONENTS and isinstance(value, str):
            yield f"{prefix}{key}.kind", value
        elif isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        elif isinstance(value, list) and (
            key in COMPONENTS or any(isinstance(item, Mapping) for item in value)
        ):
            for place, item in enumerate(value):
                named = item if isinstance(item, Mapping) else {"kind": item}
                yield from flat(named, f"{prefix}{key}{place}.")
        elif value not in ([], ""):
            yield f"{prefix}{key}", value


def _in(unit: str) -> str:
    return f", in {unit}" if unit else ""
