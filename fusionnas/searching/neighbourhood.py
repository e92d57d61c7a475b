"""The networks that are one change away from those of a study; computed once for each network."""

from __future__ import annotations

from fusionnas.errors import ArchitectureError
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import identity
from fusionnas.search_space.mutations import Mutation, mutations
from fusionnas.search_space.space import SearchSpace
from fusionnas.searching.records import TrialRecord


class Neighbourhood:
    """Identities of networks and their mutations; remembers those of the study's trials."""

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        self._names: dict[int, str] = {}  # identity of each trial's network, by number
        self._mutations: dict[str, list[Mutation]] = {}  # by identity

    def name(self, record: TrialRecord) -> str:
        """The identity of a trial's network."""
        if record.number not in self._names:
            self._names[record.number] = identity(Architecture.from_dict(record.architecture))
        return self._names[record.number]

    def mutations(self, record: TrialRecord) -> list[Mutation]:
        """The possible changes of a trial's network; empty if another space proposed it."""
        name = self.name(record)
        if name not in self._mutations:
            architecture = Architecture.from_dict(record.architecture)
            try:
                self._mutations[name] = mutations(self.space, architecture)
            except ArchitectureError:  # carried over from another space
                self._mutations[name] = []
        return self._mutations[name]
