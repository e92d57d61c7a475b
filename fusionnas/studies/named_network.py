"""Finds a trained network by its name: the folder of a bundle, or a study that recommends one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from fusionnas.data.stored_rows import stored_table
from fusionnas.errors import BundleError, OptionError, did_you_mean
from fusionnas.models.bundle import MANIFEST
from fusionnas.models.known_values import KnownValues, keys
from fusionnas.models.predictor import Predictor
from fusionnas.studies.folder import RUNS, StudyFolder
from fusionnas.studies.trained_network import TrainedNetwork
from fusionnas.tasks.columns import values_of
from fusionnas.training.pretrained import Pretrained

Named = str | Path | Predictor


def open_network(named: Named, runs: Path = RUNS) -> TrainedNetwork:
    """Open a network by the folder of its bundle, or by the name or path of a finished study.

    Args:
        named: path, name, or predictor; a predictor is used as it is. `NAME:TARGET` is the model of
            one of several targets, and `NAME:CLASS` that of a class against all others.
        runs: folder of all studies.

    Raises:
        BundleError: it is neither a bundle nor a study, or it is damaged. StudyError: the study is
            unfinished. OptionError: it has no such target or class.
    """
    target = None
    if not isinstance(named, Predictor):
        named, target = without_target(named, runs)
    if isinstance(named, Predictor):
        origin = named.manifest.get("origin", {})
        name = str(origin.get("study") or origin.get("trained") or "network")
        found = TrainedNetwork(name, named)
    elif (Path(named) / MANIFEST).is_file():
        path = Path(named)
        found = TrainedNetwork(path.name or str(path), Predictor.load(path), path)
    else:
        folder = finished_study(Path(named), runs)
        found = TrainedNetwork(folder.name, Predictor.load(folder.best), folder.best, folder)
    return found if target is None else of_part(found, target)


def of_part(network: TrainedNetwork, part: str) -> TrainedNetwork:
    """The model of one of several targets, or of one class; OptionError if there is none."""
    one = part_of(network.predictor, network.name, part)
    return replace(network, name=f"{network.name}:{part}", predictor=one, part=part)


def load_predictor(
    named: str | Path,
    device: torch.device | str | None = None,
    precision: str = "fp32",
    runs: str | Path = RUNS,
) -> Predictor:
    """Load the best model: the predictor of a study, or the model in a folder.

    Args:
        named: a folder from `fusionnas export` or `fusionnas train`, or a finished study by name or
            path. A study without an ensemble predicts with its recommended network. `NAME:TARGET`
            is the model of one of several targets, and `NAME:CLASS` that of a class against all
            others.
        device: device of torch; by default a GPU if there is one.
        precision: fp32 or bf16.
        runs: folder of all studies.

    Raises:
        BundleError: it is neither of both, or the folder is damaged. StudyError: the study is
            unfinished. OptionError: it has no such target or class.
    """
    path, target = without_target(named, Path(runs))
    if (path / MANIFEST).is_file():
        found = Predictor.load(path, device, precision)
    else:
        study = finished_study(path, Path(runs))
        best = study.predictor if (study.predictor / MANIFEST).is_file() else study.best
        found = Predictor.load(best, device, precision)
        found.known = known_values(study)
    return found if target is None else part_of(found, path.name, target)


def without_target(named: str | Path, runs: Path) -> tuple[Path, str | None]:
    """The name or path of a model, and the target or class in `NAME:TARGET`."""

    def exists(name: str) -> bool:
        return any((folder / name).exists() for folder in (Path(), runs))

    text = str(named)
    if not exists(text):
        for place in (match.start() for match in re.finditer(":", text)):
            if text[:place] and exists(text[:place]):  # the rest may have a colon, too
                return Path(text[:place]), text[place + 1 :]
    return Path(named), None


def part_of(predictor: Predictor, name: str, part: str) -> Predictor:
    """The model of one of several targets, or of one class; OptionError if there is none."""
    if predictor.classes:
        return predictor.of_class(part)
    if not predictor.targets:
        raise OptionError(f"'{name}' predicts one target: leave ':{part}' out.")
    if part not in predictor.targets:
        hint = did_you_mean(part, predictor.targets)
        raise OptionError(f"'{name}' has no target '{part}'; {hint}")
    return predictor.each[predictor.targets.index(part)]


def known_values(study: StudyFolder) -> KnownValues | None:
    """The known values in the data of a study; None if it stored no data, as version 0.1 could."""
    if not study.data_file.is_file():
        return None
    data = study.data()
    conditions = study.conditions
    formulas = data["formula"].tolist()
    named, cells = formulas, {}
    if conditions is not None:
        table = stored_table(data, conditions)
        assert table.conditions is not None
        named, cells = keys(table, conditions), conditions.decode(table.conditions)
    parts, source = data["part"].tolist(), str(study.facts["data"]["name"])
    values = values_of(data, "target")
    if values.ndim == 1:
        return KnownValues.of(named, values.tolist(), parts, source, cells, formulas)
    each = tuple(
        KnownValues.of(named, column.tolist(), parts, source, cells, formulas)
        for column in values.T
    )
    return KnownValues({}, {}, source, several=each)


def finished_study(named: Path, runs: Path) -> StudyFolder:
    """The study, if no bundle has that name; raises the errors of `open_network`."""
    study = next((p for p in (runs / named, named) if (p / "study.yaml").is_file()), None)
    if study is None:
        if named.is_dir():
            raise BundleError(f"{named} is neither a bundle (no {MANIFEST}) nor a study.")
        known = sorted(p.parent.name for p in runs.glob("*/study.yaml"))
        hint = did_you_mean(str(named), known) if known else f"there are no studies in {runs}."
        raise BundleError(f"There is no bundle and no study '{named}'; {hint}")
    folder = StudyFolder(study)
    folder.summary()  # raises an error if the study is unfinished
    return folder


def open_networks(named: Named | Sequence[Named], runs: Path = RUNS) -> list[TrainedNetwork]:
    """Open several networks and give each a different name.

    Raises:
        OptionError: there is none, or one is named twice. BundleError, StudyError: as
            `open_network`.
    """
    several = [named] if isinstance(named, str | Path | Predictor) else list(named)
    if not several:
        raise OptionError("Name at least one network: the folder of a bundle, or a study.")
    networks = [open_network(one, runs) for one in several]
    check_named_once(networks)
    return [
        replace(network, name=name)
        for network, name in zip(networks, _distinct(networks), strict=True)
    ]


def check_named_once(networks: Sequence[TrainedNetwork]) -> None:
    """Raise OptionError if two networks are the same."""
    places = [network.place for network in networks if network.path is not None]
    for network in networks:
        if network.path is not None and places.count(network.place) > 1:
            raise OptionError(f"'{network.name}' is named twice.")


def read_pretrained(named: Named) -> Pretrained:
    """Read the weights that a training starts from: those of a bundle or of a study's best network.

    Raises:
        BundleError: it is neither of both, or an ensemble. StudyError: the study is unfinished.
    """
    found = open_network(named)
    found.check_all_classes("A training")
    if found.predictor.is_ensemble:
        raise BundleError(
            f"'{found.name}' is an ensemble; start from one of its members, such as "
            f"{found.path or found.name}/members/1."
        )
    manifest, bundle = found.manifest, found.predictor.bundle
    facts = {
        "name": found.name,
        "line": manifest["line"],
        "target": manifest["target"],
        "unit": manifest["unit"],
        "data": manifest["data"]["name"],
        "skill": manifest["metrics"].get("skill"),
    }
    tables = [table for table in (bundle.compositions, bundle.before) if table is not None]
    return Pretrained.of(
        bundle.network,
        bundle.scaler,
        facts,
        tables,
        found.predictor.conditions,
        found.predictor.classes,
        [(one["target"], one["unit"]) for one in manifest.get("targets", ())],
    )


def _distinct(networks: Sequence[TrainedNetwork]) -> list[str]:
    """Short names, or longer ones if short names are equal, such as `best` of two studies."""
    names = [network.name for network in networks]
    for parts in range(2, 5):
        if len(set(names)) == len(names):
            return names
        names = [
            "/".join(n.path.resolve().parts[-parts:]) + (f":{n.part}" if n.part else "")
            if n.path is not None and n.study is None and names.count(name) > 1
            else name
            for n, name in zip(networks, names, strict=True)
        ]
    return [f"{name} ({place})" for place, name in enumerate(names, start=1)]
