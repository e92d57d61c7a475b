"""A trained network that another training begins with."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fusionnas.data.dataset import Dataset
from fusionnas.data.splits import SMALLEST
from fusionnas.data.table import CompositionTable, concatenate
from fusionnas.errors import OptionError
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import identity
from fusionnas.networks.line import line
from fusionnas.networks.named import load_architecture
from fusionnas.networks.network import Network


@dataclass(frozen=True, slots=True)
class Pretrained:
    """Weights to begin with, and where they come from."""

    network: Network
    facts: Mapping[str, Any]  # name, line, target and data of the bundle, hash of its weights
    seen: CompositionTable | None  # what the weights were trained on so far, where it is known

    @classmethod
    def of(
        cls, network: Network, facts: Mapping[str, Any], tables: Sequence[CompositionTable]
    ) -> Pretrained:
        """
        Args:
            network: is copied, since that of a predictor in use stays on its device.
            facts: name, line, target and data of its bundle.
            tables: compositions that it was trained on; none where that is not known.
        """
        network = copy.deepcopy(network).cpu()
        digest = hashlib.sha256()
        for name, weights in sorted(network.state_dict().items()):
            digest.update(name.encode())
            digest.update(weights.numpy().tobytes())
        known = dict(facts) | {"weights": digest.hexdigest()[:16]}
        return cls(network, known, concatenate(tables) if tables else None)

    def check(self, architecture: str | Architecture | None, width: int | None) -> None:
        """Raise OptionError where another architecture was asked for than its own."""
        own = self.network.architecture
        asked = load_architecture(architecture) if isinstance(architecture, str) else architecture
        asked = own if asked is None else asked
        if width is not None:
            asked = asked.with_width(width)
        if identity(asked) != identity(own):
            raise OptionError(
                f"The network to begin with is {line(own)}, and {line(asked)} was asked for. Leave "
                "the architecture and the width out, or begin with another network."
            )

    def knows(self, dataset: Dataset) -> np.ndarray:
        """Which test compositions its weights were trained on, for whatever target, (N,) bool."""
        keys = dataset.table.take(dataset.parts.test).keys()
        if self.seen is None:
            return np.zeros(len(keys), dtype=bool)
        return np.isin(keys, self.seen.keys())

    def unseen(self, dataset: Dataset) -> Dataset:
        """The data set without the test compositions that it knows: on them an error says little.

        Where fewer than three others are left all of them stay.
        """
        known = self.knows(dataset)
        if not known.any() or (~known).sum() < SMALLEST[2]:
            return dataset
        return replace(dataset, parts=replace(dataset.parts, test=dataset.parts.test[~known]))
