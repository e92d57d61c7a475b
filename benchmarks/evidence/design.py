"""Which networks the experiment trains: protocol.yaml made into a list of runs.

Everything here follows from the protocol alone, so that a list made again is the same list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import optuna
from ruamel.yaml import YAML

from fusionnas.cecv.efm import element_features
from fusionnas.cecv.probe import choose_probe
from fusionnas.cecv.vector import make_cecv
from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.sources import load_dataset
from fusionnas.errors import ArchitectureError
from fusionnas.files.yaml_file import write_yaml
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import canonical, identity
from fusionnas.networks.named import load_architecture
from fusionnas.networks.network import build
from fusionnas.search_space.space import SearchSpace
from fusionnas.search_space.space_file import load_space
from fusionnas.training.batches import Compounds
from fusionnas.training.device import pick_device

HERE = Path(__file__).parent
PROTOCOL = HERE / "protocol.yaml"
REFERENCES = {"global": "lstm", "local": "dcnn-k1"}
SINGLE = "single elements"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One architecture of an arm."""

    name: str  # unique in the experiment
    arm: str
    family: str
    architecture: Architecture


@dataclass(frozen=True, slots=True)
class Run:
    """One training."""

    round: str
    data: str
    candidate: Candidate
    seed: int
    epochs: int
    rows: int
    shuffled: bool = False

    @property
    def key(self) -> str:
        labels = " shuffled" if self.shuffled else ""
        return f"{self.data}/{self.candidate.name}/s{self.seed}/e{self.epochs}/r{self.rows}{labels}"


def read_protocol() -> dict[str, Any]:
    return YAML(typ="safe").load(PROTOCOL.read_text(encoding="utf-8"))


def protocol_hash() -> str:
    return hashlib.sha256(PROTOCOL.read_bytes()).hexdigest()[:16]


def runs(protocol: Mapping[str, Any]) -> Iterator[Run]:
    """All runs in the protocol's order."""
    sets, rows = protocol["data"]["sets"], protocol["data"]["training_rows"]
    epochs = protocol["training"]["epochs"]
    reference_seeds = protocol["references"]["seeds"]
    references = list(reference_candidates(protocol["references"]["widths"]))
    arms = {arm: list(draw_arm(protocol, arm)) for arm in ("A", "B")}

    def over(
        name: str, candidates: list[Candidate], seeds: list[int], shuffled: bool = False
    ) -> Iterator[Run]:
        for candidate, data, seed in product(candidates, sets, seeds):
            yield Run(name, data, candidate, seed, epochs, rows, shuffled)

    yield from over("references", references, reference_seeds)
    yield from over("A, seed 0", arms["A"], [0])
    yield from over("shuffled", references, reference_seeds[:2], shuffled=True)
    yield from over("shuffled", arms["A"], [0], shuffled=True)
    yield from over("B, seed 0", arms["B"], [0])
    yield from over("A, seed 1", arms["A"], [1])
    yield from over("B, seed 1", arms["B"], [1])
    yield from over("A, seed 2", arms["A"], [2])
    yield from stability_runs(protocol)


def reference_candidates(widths: list[int]) -> Iterator[Candidate]:
    for width in widths:
        for side, name in REFERENCES.items():
            architecture = canonical(load_architecture(name).with_width(width))
            yield Candidate(f"{name}-w{width}", "references", side, architecture)


def stability_runs(protocol: Mapping[str, Any]) -> Iterator[Run]:
    """Named architectures over widths, epochs and rows."""
    data, all_rows = protocol["data"]["sets"][0], protocol["data"]["training_rows"]
    for name in protocol["stability_architectures"]:
        for width in (32, 64, 128, 256):
            architecture = canonical(load_architecture(name).with_width(width))
            candidate = Candidate(f"{name}-w{width}", "stability", name, architecture)
            settings = [(epochs, all_rows) for epochs in (6, 12, 24)]
            if width == 64:
                settings += [(12, rows) for rows in (1000, 3000)]
            for epochs, rows in settings:
                for seed in (0, 1):
                    yield Run("stability", data, candidate, seed, epochs, rows)


def draw_arm(protocol: Mapping[str, Any], arm: str) -> Iterator[Candidate]:
    """Distinct random architectures, so many of each family."""
    settings = protocol["arms"][arm]
    resolution = _Resolution()
    seen: set[str] = set()
    families = {**protocol["families"], SINGLE: protocol["single_element_family"]}
    for family, fields in families.items():
        space = _space({**protocol["common"], **fields})
        number = settings["single_element" if family == SINGLE else "architectures_per_family"]
        rng = np.random.default_rng(
            int.from_bytes(hashlib.sha256(f"{arm}/{family}".encode()).digest()[:8], "big")
        )
        found = 0
        while found < number:
            architecture = _draw(space, rng)
            if architecture is not None:
                architecture = _sized(architecture, settings, rng)
            if architecture is None or identity(architecture) in seen:
                continue
            seen.add(identity(architecture))
            if resolution.has(architecture):
                yield Candidate(f"{arm}-{family}-{found}", arm, family, architecture)
                found += 1


def _draw(space: SearchSpace, rng: np.random.Generator) -> Architecture | None:
    """A uniform draw; None where the parameters go together in no network."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.RandomSampler(seed=int(rng.integers(2**31)))
    try:
        return space.suggest(optuna.create_study(sampler=sampler).ask())
    except ArchitectureError:
        return None


def _sized(
    architecture: Architecture, settings: Mapping[str, Any], rng: np.random.Generator
) -> Architecture | None:
    """At a drawn width, or at the one that gives the number of parameters; None where none does."""
    if "widths" in settings:
        return architecture.with_width(int(rng.choice(settings["widths"])))
    goal, step = settings["parameters"], settings["width_step"]
    low, high = 4, 256  # in steps; the number of parameters grows with the width
    while high - low > 1:
        middle = (low + high) // 2
        if _parameters(architecture.with_width(middle * step)) < goal:
            low = middle
        else:
            high = middle
    best = min(
        (architecture.with_width(w * step) for w in (low, high)),
        key=lambda a: abs(_parameters(a) - goal),
    )
    return best if abs(_parameters(best) / goal - 1) <= settings["tolerance"] else None


def _parameters(architecture: Architecture) -> int:
    return build(architecture, element_vectors(architecture.element_vectors), 0).parameter_count


class _Resolution:
    """Whether untrained networks tell the elements of the built-in data's probe apart."""

    def __init__(self) -> None:
        self.probe = choose_probe(load_dataset())
        self.compounds = Compounds(self.probe.table, pick_device("cpu"))

    def has(self, architecture: Architecture) -> bool:
        network = build(architecture, element_vectors(architecture.element_vectors), 0)
        vector = make_cecv(element_features(network, self.compounds), "probe", self.probe.hash)
        return vector.degenerate_share <= 0.01


def _space(fields: Mapping[str, Any]) -> SearchSpace:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "family.yaml"
        write_yaml(path, {"name": "family", **fields})
        return replace(load_space(str(path)), warm_start=())
