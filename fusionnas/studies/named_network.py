"""A trained network by its name: the folder of a bundle, or a study that recommends one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fusionnas.data.elements import SYMBOLS
from fusionnas.data.table import CompositionTable
from fusionnas.errors import BundleError, ElementError, OptionError, did_you_mean
from fusionnas.models.bundle import MANIFEST, Bundle
from fusionnas.models.known_values import KnownValues
from fusionnas.models.predictor import Predictor
from fusionnas.statistics.mixture import Mixture
from fusionnas.studies.folder import RUNS, StudyFolder
from fusionnas.training.batches import Compounds
from fusionnas.training.inference import BATCH_SIZE
from fusionnas.training.pretrained import Pretrained

Named = str | Path | Predictor


@dataclass(frozen=True, slots=True)
class TrainedNetwork:
    """A network or an ensemble that predicts, and where it comes from."""

    name: str  # for tables and plots
    predictor: Predictor
    path: Path | None = None  # of its bundle
    study: StudyFolder | None = None  # where a study was named, whose recommended network it is

    @property
    def manifest(self) -> Mapping[str, Any]:
        return self.predictor.manifest

    @property
    def target(self) -> str:
        return str(self.manifest["target"])

    @property
    def unit(self) -> str:
        return self.predictor.unit

    @property
    def fingerprint(self) -> str | None:
        """Of the data and split that it was trained on."""
        return self.manifest.get("data", {}).get("fingerprint")

    def check_covers(self, numbers: Sequence[int]) -> None:
        """Raise ElementError where an element has no vector in this network."""
        missing = [SYMBOLS[z] for z in numbers if not self.predictor.covered[z]]
        if missing:
            raise ElementError(f"The element vectors of '{self.name}' lack {', '.join(missing)}.")

    @property
    def parameters(self) -> int:
        """Trainable ones, of all networks of an ensemble."""
        networks = (m.network for m in self.predictor.members if isinstance(m, Bundle))
        return sum(network.parameter_count for network in networks)

    def predict(self, table: CompositionTable) -> Mixture:
        """What is predicted for each composition, in the unit of the target."""
        return self.predictor.mixture(table)

    @torch.no_grad()
    def contributions(self, table: CompositionTable, numbers: Sequence[int]) -> np.ndarray:
        """What each element adds to each prediction, (N, elements); NaN where it is absent.

        Args:
            table: compositions (N,).
            numbers: atomic numbers of the elements, in the order of the columns.
        """
        members = self.predictor.networks
        out = np.zeros((len(table), len(numbers)))
        for member in members:
            for batch in Compounds(table, self.predictor.device).in_order(BATCH_SIZE):
                shares = member.network.contributions(batch.inputs)
                parts = shares.double().cpu().numpy()
                parts = member.scaler.std * parts + member.scaler.mean / parts.shape[1]
                rows, elements = batch.rows.cpu().numpy(), batch.inputs.numbers.cpu().numpy()
                for column, z in enumerate(numbers):
                    row, place = np.nonzero(elements == z)
                    out[rows[row], column] += parts[row, place] / len(members)
        absent = np.stack([~table.contains(z) for z in numbers], axis=1)
        return np.where(absent, np.nan, out)


def open_network(named: Named, runs: Path = RUNS) -> TrainedNetwork:
    """A network by the folder of its bundle, or by the name or path of a finished study.

    Args:
        named: a path or a name, or a predictor, which stays as it is.
        runs: folder of all studies.

    Raises:
        BundleError: neither a bundle nor a study, or a damaged one. StudyError: unfinished.
    """
    if isinstance(named, Predictor):
        origin = named.manifest.get("origin", {})
        return TrainedNetwork(str(origin.get("study") or origin.get("trained") or "network"), named)
    path = Path(named)
    if (path / MANIFEST).is_file():
        return TrainedNetwork(path.name or str(path), Predictor.load(path), path)
    folder = finished_study(path, runs)
    return TrainedNetwork(folder.name, Predictor.load(folder.best), folder.best, folder)


def load_predictor(
    named: str | Path,
    device: torch.device | str | None = None,
    precision: str = "fp32",
    runs: str | Path = RUNS,
) -> Predictor:
    """What predicts best: of a study its predictor, or the model in a folder.

    Args:
        named: a folder from `fusionnas export` or `fusionnas train`, or a finished study by name or
            path. A study that made no ensemble predicts with its recommended network.
        device: of torch; a GPU where there is one.
        precision: fp32, or bf16.
        runs: folder of all studies.

    Raises:
        BundleError: neither of both, or a folder that is not intact. StudyError: unfinished.
    """
    path = Path(named)
    if (path / MANIFEST).is_file():
        return Predictor.load(path, device, precision)
    study = finished_study(path, Path(runs))
    path = study.predictor if (study.predictor / MANIFEST).is_file() else study.best
    found = Predictor.load(path, device, precision)
    found.known = known_values(study)
    return found


def known_values(study: StudyFolder) -> KnownValues | None:
    """What the data of a study say; None where it kept none, as version 0.1 could."""
    if not study.data_file.is_file():
        return None
    data = study.data()
    return KnownValues.of(
        data["formula"].tolist(),
        data["target"].tolist(),
        data["part"].tolist(),
        str(study.facts["data"]["name"]),
    )


def finished_study(named: Path, runs: Path) -> StudyFolder:
    """A study where no bundle has that name; errors as `open_network`."""
    study = next((p for p in (runs / named, named) if (p / "study.yaml").is_file()), None)
    if study is None:
        if named.is_dir():
            raise BundleError(f"{named} is neither a bundle (no {MANIFEST}) nor a study.")
        known = sorted(p.parent.name for p in runs.glob("*/study.yaml"))
        hint = did_you_mean(str(named), known) if known else f"there are no studies in {runs}."
        raise BundleError(f"There is no bundle and no study '{named}'; {hint}")
    folder = StudyFolder(study)
    folder.summary()  # an unfinished study says so
    return folder


def open_networks(named: Named | Sequence[Named], runs: Path = RUNS) -> list[TrainedNetwork]:
    """Several networks, each under a name of its own.

    Raises:
        OptionError: none, or one of them twice. BundleError, StudyError: as `open_network`.
    """
    several = [named] if isinstance(named, str | Path | Predictor) else list(named)
    if not several:
        raise OptionError("Name at least one network: a bundle's folder or a study.")
    networks = [open_network(one, runs) for one in several]
    places = [network.path.resolve() for network in networks if network.path is not None]
    for network in networks:
        if network.path is not None and places.count(network.path.resolve()) > 1:
            raise OptionError(f"'{network.name}' is named twice.")
    return [
        replace(network, name=name)
        for network, name in zip(networks, _distinct(networks), strict=True)
    ]


def read_pretrained(named: Named) -> Pretrained:
    """Weights to begin a training with: of a bundle, or of a finished study's recommended network.

    Raises:
        BundleError: neither of both, or an ensemble. StudyError: an unfinished study.
    """
    found = open_network(named)
    if found.predictor.is_ensemble:
        raise BundleError(
            f"'{found.name}' is an ensemble; begin with one of its members, such as "
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
    return Pretrained.of(bundle.network, bundle.scaler, facts, tables)


def check_same_property(networks: Sequence[TrainedNetwork]) -> None:
    """Raise BundleError where networks predict different things, or in different units.

    A unit that was never told is taken to be the other's; networks of the same data agree
    whatever their target is called.
    """
    first = networks[0]
    for other in networks[1:]:
        if first.fingerprint is not None and other.fingerprint == first.fingerprint:
            continue
        units = {network.unit for network in (first, other)} - {""}
        if other.target != first.target or len(units) > 1:
            told = " and ".join(
                f"'{n.name}' predicts {n.target}{f' in {n.unit}' if n.unit else ''}"
                for n in (first, other)
            )
            raise BundleError(f"Networks of different properties can't stand side by side: {told}.")


def _distinct(networks: Sequence[TrainedNetwork]) -> list[str]:
    """Short names, longer where short ones are the same, such as `best` of two studies."""
    names = [network.name for network in networks]
    for parts in range(2, 5):
        if len(set(names)) == len(names):
            return names
        names = [
            "/".join(n.path.resolve().parts[-parts:])
            if n.path is not None and n.study is None and names.count(name) > 1
            else name
            for n, name in zip(networks, names, strict=True)
        ]
    return [f"{name} ({place})" for place, name in enumerate(names, start=1)]
