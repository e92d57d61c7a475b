"""What all jobs of a study share, and how its vectors are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fusionnas.cecv.correlation import Standardisation
from fusionnas.cecv.probe import ProbeSet
from fusionnas.cecv.rules import Rule
from fusionnas.cecv.vector import Provenance
from fusionnas.data.dataset import Dataset
from fusionnas.networks.network import Tap
from fusionnas.training.recipe import Recipe

# how a search computes its vectors
TAP: Tap = "readout_input"
RULE: Rule = "leader"
STANDARDISE: Standardisation = "within"


@dataclass(frozen=True, slots=True)
class Setting:
    """Settings that all jobs of a study share; each worker gets them once."""

    folder: Path  # folder of the study
    dataset: Dataset
    vectors: Mapping[str, np.ndarray]  # element vectors (119, channels) by name
    recipe: Recipe
    probe: ProbeSet
    seed: int
    rungs: tuple[int, ...] = ()  # epochs after which a rung report is made
    folds: int = 0  # folds of the final training; 0 is none, and trials have `search_folds` folds


def vector_provenance(probe: ProbeSet) -> Provenance:
    """How the vectors of a search are made; known before the first vector is."""
    return Provenance(TAP, RULE, STANDARDISE, probe.name, probe.hash)
