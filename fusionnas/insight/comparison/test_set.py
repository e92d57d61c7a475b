"""The compositions for a comparison of networks: those that none of them has seen.

The test set must not contain compositions that a network was trained on, or that were used to
choose it (its validation part). So it contains all available compositions except those in the
training and validation parts of any network. For networks with the same split this is their test
part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from fusionnas.data.conditions import Conditions
from fusionnas.data.table import CompositionTable, concatenate
from fusionnas.errors import BundleError, DataError
from fusionnas.insight.known_data import KnownData
from fusionnas.statistics.bootstrap import groups_of
from fusionnas.studies.trained_network import TrainedNetwork

FEWEST = 10  # smallest number of compositions for a useful interval


@dataclass(frozen=True, slots=True)
class TestSet:
    """Rows whose compositions no network saw in training or choice, with targets."""

    __test__ = False  # pytest must not collect it

    name: str
    table: CompositionTable  # (N,)
    targets: np.ndarray  # (N,), or (N, T) of several targets together
    left_out: int  # test rows of one network that another has seen
    notes: tuple[str, ...]
    keys: np.ndarray  # (N,), what names each row (`KnownData.keys`)
    # (N,) by name of a condition beside the formula; the table itself has none
    cells: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, known: KnownData, rows: np.ndarray, left_out: int = 0, notes: Sequence[str] = ()
    ) -> TestSet:
        """Some rows of known data."""
        table = replace(known.table.take(rows), conditions=None)
        cells = {name: [own[row] for row in rows.tolist()] for name, own in known.cells.items()}
        keys = known.keys[rows]
        return cls(known.name, table, known.targets[rows], left_out, tuple(notes), keys, cells)

    @property
    def counted(self) -> str:
        """What is counted: compositions, or rows where one has several conditions."""
        return "rows" if self.cells else "compositions"

    @property
    def groups(self) -> np.ndarray | None:
        """The number of each row's composition, (N,); None if each row has its own."""
        return groups_of(self.table.keys())

    def read_by(self, conditions: Conditions | None) -> CompositionTable:
        """The rows as a network reads them, with their conditions in its numbers.

        A word that its training never saw is read as a missing value.
        """
        return self.table if conditions is None else conditions.with_cells(self.table, self.cells)


def common_test_set(
    networks: Sequence[TrainedNetwork],
    training: Sequence[KnownData | CompositionTable | None],
    given: KnownData | None,
    assume_new: bool,
    earlier: Sequence[CompositionTable] = (),
) -> TestSet:
    """The test set of a comparison.

    Args:
        networks: networks to compare.
        training: for each network its training data with their parts; or the compositions of its
            training part, if only these are known; or None.
        given: data to test on; by default the networks' own.
        assume_new: assume that `given` is new to networks whose training data are not available.
        earlier: what the first networks of fine-tuned ones were trained on.

    Raises:
        BundleError: the training data of a network are not available. DataError: the targets of a
            composition differ, or too few compositions are left.
    """
    sources = [known for known in training if isinstance(known, KnownData)]
    tables = [known for known in training if isinstance(known, CompositionTable)]
    tables += earlier
    notes = _unknown(networks, training, given, bool(sources), assume_new)
    seen = _keys([k.table.take(k.where("train", "val")) for k in sources] + tables)
    known = given if given is not None else _united(sources)
    kept = np.flatnonzero(~np.isin(known.table.keys(), seen))
    counted = "rows" if known.conditions is not None else "compositions"
    left_out = _left_out(sources if given is None else [given], given is None, seen)
    if left_out and given is None:
        notes.append(
            f"The networks have different splits: {left_out} test {counted} of one are in "
            "the training or validation part of another, and are left out."
        )
    elif left_out and any(k is not given for k in sources):
        notes.append(
            f"{left_out} of the {len(known.table)} {counted} of {known.name} are left out: a "
            "network was trained on them or chosen with them."
        )
    if len(kept) < FEWEST:
        raise DataError(
            f"{known.name}: {len(kept)} {counted} were seen by none of the networks, and at least "
            f"{FEWEST} are needed; give others with --data."
        )
    return TestSet.of(known, kept, left_out, notes)


def _left_out(known: Sequence[KnownData], only_tested: bool, seen: np.ndarray) -> int:
    """How many rows, or rows of test parts alone, are of compositions that a network has seen; a
    row in several data sets counts once."""
    keys = []
    for one in known:
        of_seen = np.isin(one.table.keys(), seen)
        rows = one.where("test") if only_tested else np.arange(len(of_seen))
        keys.append(one.keys[rows[of_seen[rows]]])
    return len(np.unique(np.concatenate(keys)))


def _unknown(
    networks: Sequence[TrainedNetwork],
    training: Sequence[KnownData | CompositionTable | None],
    given: KnownData | None,
    has_sources: bool,
    assume_new: bool,
) -> list[str]:
    """Notes on networks whose data are not available; BundleError if too little is known."""
    blind, half = [], []
    for network, known in zip(networks, training, strict=True):
        if known is None:
            blind.append(f"'{network.name}'")
        elif isinstance(known, CompositionTable):
            half.append(f"'{network.name}'")
    if given is None and not has_sources:
        raise BundleError(
            f"The training data of {', '.join(blind + half)} are not available, so there is "
            "nothing to test on: give --data, or name a study of the same data as well."
        )
    if blind and not (given is not None and assume_new):
        raise BundleError(
            f"The training data of {', '.join(blind)} are not available, so its training "
            "compositions cannot be left out of the test. Give --data (with --seed and --split) as "
            "in its training, or new data with --data and --assume-new if none of them were in its "
            "training."
        )
    notes = []
    if blind:
        notes.append(
            f"The test set is assumed to be new to {', '.join(blind)}; this was not checked."
        )
    if half:
        notes.append(
            f"Only the training compositions of {', '.join(half)} are available: they are left "
            "out, but its validation compositions, which chose its best epoch, cannot be left out."
        )
    return notes


def _united(sources: Sequence[KnownData]) -> KnownData:
    """All rows of the first source, and from each further source the rows still missing.

    Conditions are those of the first source, which encodes all rows.
    """
    found = sources[0]
    done = {found.fingerprint}
    for other in sources[1:]:
        if other.fingerprint in done:
            continue
        done.add(other.fingerprint)
        keys, more = found.keys, other.keys
        _check_agree(found.name, keys, found.targets, other, more)
        new = np.flatnonzero(~np.isin(more, keys))
        table = other.table.take(new)
        if found.conditions is not None:
            cells = {name: [own[row] for row in new.tolist()] for name, own in other.cells.items()}
            table = found.conditions.with_cells(table, cells)
        found = replace(
            found,
            table=concatenate([found.table, table]),
            targets=np.concatenate([found.targets, other.targets[new]]),
            part=np.concatenate([found.part, other.part[new]]),
        )
    return found


def _check_agree(
    name: str, keys: np.ndarray, targets: np.ndarray, other: KnownData, more: np.ndarray
) -> None:
    """Raise DataError if two sources give different targets for the same row."""
    _, here, there = np.intersect1d(keys, more, return_indices=True)
    scale = max(float(np.std(targets)), 1e-300)
    apart = np.flatnonzero(np.abs(targets[here] - other.targets[there]) > 1e-6 * scale)
    if len(apart):
        row = int(there[apart[0]])
        raise DataError(
            f"{name} and {other.name} disagree on {len(apart)} compositions, such as "
            f"{other.table[row].formula} ({targets[here[apart[0]]]:.6g} and "
            f"{other.targets[row]:.6g}): choose the test data with --data."
        )


def _keys(tables: Sequence[CompositionTable]) -> np.ndarray:
    """Keys of all compositions in these tables, each once."""
    found = [table.keys() for table in tables]
    return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.uint64)
