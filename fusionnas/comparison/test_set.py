"""The compositions that networks can be compared on: those that none of them has seen.

Neither what a network was trained on nor what it was chosen by (its validation part) may be in
the test set. So the test set is everything at hand, less the training and validation parts of all
networks; for networks of one split that is its test part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fusionnas.data.table import CompositionTable, concatenate
from fusionnas.errors import BundleError, DataError
from fusionnas.known_data import KnownData
from fusionnas.trained_network import TrainedNetwork

FEWEST = 10  # compositions, below which an interval says nothing


@dataclass(frozen=True, slots=True)
class TestSet:
    """Compositions (N,) with their targets (N,), seen by no network in training or choice."""

    __test__ = False  # not one of pytest's

    name: str
    table: CompositionTable
    targets: np.ndarray
    left_out: int  # test compositions of one network that another one has seen
    notes: tuple[str, ...]


def common_test_set(
    networks: Sequence[TrainedNetwork],
    training: Sequence[KnownData | None],
    given: KnownData | None,
    assume_new: bool,
) -> TestSet:
    """The test set of a comparison.

    Args:
        networks: to compare.
        training: what each was trained on, None where that is not at hand.
        given: data to test on; without them it is the networks' own.
        assume_new: take `given` as new to networks whose training is not at hand.

    Raises:
        BundleError: a network's training is not at hand. DataError: the targets of one composition
            differ, or too few compositions are left.
    """
    notes = []
    unknown = [n.name for n, known in zip(networks, training, strict=True) if known is None]
    if unknown:
        names = ", ".join(f"'{name}'" for name in unknown)
        if given is None or not assume_new:
            raise BundleError(
                f"What {names} learned from is not at hand, so its training compositions cannot "
                "be kept out of the test. Give --data (with --seed and --split) as in its "
                "training, or new data by --data with --assume-new if it holds none of them."
            )
        notes.append(f"The test set is taken as new to {names}, as told; nothing checked that.")
    sources = [known for known in training if known is not None]
    seen = _keys(*((known, known.where("train", "val")) for known in sources))
    if given is not None:
        table, targets = given.table, given.targets
        name, at_hand = given.name, len(given.table)
    else:
        table, targets = _united(sources)
        name, at_hand = sources[0].name, 0
    kept = np.flatnonzero(~np.isin(table.keys(), seen))
    if given is not None:
        left_out = at_hand - len(kept)
        if left_out and not _one_split(given, sources):
            notes.append(
                f"{left_out} of the {at_hand} compositions of {name} are left out: a network was "
                "trained on them or chosen by them."
            )
    else:
        tested = _keys(*((known, known.where("test")) for known in sources))
        left_out = int(np.isin(tested, seen).sum())
        if left_out:
            notes.append(
                f"The networks are of different splits: {left_out} test compositions of one are "
                "in the training or validation part of another, and are left out."
            )
    if len(kept) < FEWEST:
        raise DataError(
            f"{name}: {len(kept)} compositions were seen by none of the networks, and at least "
            f"{FEWEST} are needed; give others by --data."
        )
    return TestSet(name, table.take(kept), targets[kept], left_out, tuple(notes))


def _united(sources: Sequence[KnownData]) -> tuple[CompositionTable, np.ndarray]:
    """All rows of the first source, and of each further one the compositions not yet there."""
    first = sources[0]
    table, targets = first.table, first.targets
    done = {first.fingerprint}
    for other in sources[1:]:
        if other.fingerprint in done:
            continue
        done.add(other.fingerprint)
        keys, more = table.keys(), other.table.keys()
        _check_agree(first.name, keys, targets, other, more)
        new = np.flatnonzero(~np.isin(more, keys))
        table = concatenate([table, other.table.take(new)])
        targets = np.concatenate([targets, other.targets[new]])
    return table, targets


def _check_agree(
    name: str, keys: np.ndarray, targets: np.ndarray, other: KnownData, more: np.ndarray
) -> None:
    """Raise DataError where two sources tell different targets of the same composition."""
    _, here, there = np.intersect1d(keys, more, return_indices=True)
    scale = max(float(np.std(targets)), 1e-300)
    apart = np.flatnonzero(np.abs(targets[here] - other.targets[there]) > 1e-6 * scale)
    if len(apart):
        row = int(there[apart[0]])
        raise DataError(
            f"{name} and {other.name} disagree on {len(apart)} compositions, such as "
            f"{other.table[row].formula} ({targets[here[apart[0]]]:.6g} and "
            f"{other.targets[row]:.6g}): say by --data which data to test on."
        )


def _keys(*rows: tuple[KnownData, np.ndarray]) -> np.ndarray:
    found = [known.table.take(place).keys() for known, place in rows]
    return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.uint64)


def _one_split(given: KnownData, sources: Sequence[KnownData]) -> bool:
    return all(known.fingerprint == given.fingerprint for known in sources)
