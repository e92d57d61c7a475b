"""A data set made of the rows that were read: merged and split, or joined from given parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from fusionnas.data.class_rows import class_notes
from fusionnas.data.column_split import split_by_column
from fusionnas.data.condition_cells import Coded, code, encoded
from fusionnas.data.conditions import Conditions
from fusionnas.data.dataset import Dataset
from fusionnas.data.reading.bad_rows import BadRow, note
from fusionnas.data.reading.classes import Classes
from fusionnas.data.reading.split_column import SplitColumn
from fusionnas.data.reading.training_rows import TrainingRows
from fusionnas.data.row_weights import RowWeights
from fusionnas.data.several import merge_targets, target_notes, units_of
from fusionnas.data.splits import Parts, of_rows, split
from fusionnas.data.table import CompositionTable, concatenate
from fusionnas.data.weighting import joined_weights, settled_weights

Card = tuple[str, str, str, str, str]  # name, target, unit, source, licence


def split_here(
    card: Card, rows: TrainingRows, how: str, merge: str, seed: int, inputs: Sequence[str] = ()
) -> Dataset:
    """A data set of rows without parts of their own: bad rows are left out, rows of one composition
    merged, and the compositions split.

    Args:
        card: facts about the data set.
        rows: what was read.
        how: the split, as `load_dataset` takes it.
        merge: how rows of one composition are merged.
        seed: master seed of the split.
        inputs: columns of conditions, as they were asked for.

    Raises:
        DataError, OptionError: the rows cannot be merged or split in this way.
    """
    by, name, table, targets = SplitColumn.of(how), card[0], rows.table, rows.targets
    card, columns = _columns(card, rows.several)
    weights = rows.weights
    notes = (*_skip_notes(rows.bad), *_weight_notes(rows.weightless))
    coded = None if rows.cells is None else code(rows.cells, inputs, name)
    if coded is not None:
        table = replace(table, conditions=coded.values)
    if by is None or rows.split_values is None:
        table, targets, noise, weights, several = merge_targets(
            table, targets, merge, name, weights, rows.classes, columns
        )
        parts = split(table if coded is None else table.distinct(), how, seed, name)
    else:
        found = split_by_column(by, rows.split_values, table.keys(), seed, name)
        kept, parts, notes = found.kept, found.parts, (*notes, *found.notes)
        # the merged compositions have the order of their keys, as the parts have
        weights = None if weights is None else weights.take(kept)
        table, targets, noise, weights, several = merge_targets(
            table.take(kept), targets[kept], merge, name, weights, rows.classes, columns
        )
    conditions = None
    if coded is not None:
        parts = of_rows(parts, table.keys())
        table, conditions, about = _with_conditions(table, coded, parts, name)
        notes = (*notes, *about)
    weights, told = settled_weights(weights, table, targets, parts.train, seed, card[2])
    notes = (*notes, *class_notes(targets, rows.classes, noise.ties), *told)
    made = Dataset(
        *card,
        table,
        targets,
        parts,
        noise,
        notes,
        how,
        rows.bad,
        rows.classes,
        conditions,
        weights,
        several,
    )
    return _told(made, rows.without).check_learnable()


def _columns(card: Card, names: Sequence[str]) -> tuple[Card, list[tuple[str, str]]]:
    """The card of several targets, which have no common unit, and the name and unit of each."""
    if not names:
        return card, []
    name, target, unit, source, licence = card
    units = units_of(unit, names)
    return (name, target, "", source, licence), list(zip(names, units, strict=True))


def _told(dataset: Dataset, without: int) -> Dataset:
    """A data set whose notes say what its targets are, if there are several."""
    return replace(dataset, notes=(*dataset.notes, *target_notes(dataset, without)))


def _with_conditions(
    table: CompositionTable, coded: Coded, parts: Parts, name: str
) -> tuple[CompositionTable, Conditions, list[str]]:
    """The table with its conditions encoded by the training part, and words for the log."""
    assert table.conditions is not None
    conditions, numbers, notes = encoded(coded, table.conditions, parts.train, name)
    return replace(table, conditions=numbers), conditions, notes


def join_parts(
    card: Card,
    train: CompositionTable,
    y_train: np.ndarray,
    held_out: list[CompositionTable],
    y_held_out: list[np.ndarray],
    merge: str,
    split: str,
    removed: int = 0,
    bad: Sequence[BadRow] = (),
    classes: Classes = (),
    coded: Coded | None = None,
    weights: Sequence[RowWeights | None] = (None,),
    weightless: int = 0,
    seed: int = 0,
    several: Sequence[str] = (),
    without: int = 0,
) -> Dataset:
    """Join given parts, and remove training rows whose composition is in validation or test.

    `removed` rows were removed before for this reason, `bad` rows were not read, and `weightless`
    rows were left out, as were rows `without` any of `several` targets. `weights` are those of each
    part.
    """
    card, named = _columns(card, several)
    elsewhere = np.isin(train.keys(), np.concatenate([table.keys() for table in held_out]))
    kept = np.flatnonzero(~elsewhere)
    own, *others = weights
    own = None if own is None else own.take(kept)
    train, y_train, noise, own, together = merge_targets(
        train.take(kept), y_train[kept], merge, card[0], own, classes, named
    )
    targets = np.concatenate([y_train, *y_held_out])
    sizes = np.cumsum([0, len(train), *map(len, held_out)])
    parts = Parts(*(np.arange(a, b) for a, b in pairwise(sizes)))
    table, conditions, told = concatenate([train, *held_out]), None, list[str]()
    if coded is not None:
        _, groups = np.unique(table.keys(), return_inverse=True)
        parts = replace(parts, groups=groups)
        table, conditions, told = _with_conditions(table, coded, parts, card[0])
    counts, about = settled_weights(
        joined_weights([own, *others]), table, targets, parts.train, seed, card[2]
    )
    made = Dataset(
        *card,
        table,
        targets,
        parts.check(card[0]),
        noise,
        (
            *_skip_notes(bad),
            *_weight_notes(weightless),
            *_overlap_notes(removed + int(elsewhere.sum()), held_out),
            *told,
            *class_notes(targets, classes, noise.ties),
            *about,
        ),
        split,
        tuple(bad),
        classes,
        conditions,
        counts,
        together,
    )
    return _told(made, without).check_learnable()


def _skip_notes(bad: Sequence[BadRow]) -> Iterator[str]:
    if bad:
        yield note(bad)


def _weight_notes(weightless: int) -> Iterator[str]:
    if weightless:
        yield f"{weightless} rows left out: their weight is zero"


def _overlap_notes(removed: int, held_out: list[CompositionTable]) -> Iterator[str]:
    if removed:
        yield f"{removed} training rows removed: their composition is in validation or test"
    shared = len(np.intersect1d(held_out[0].keys(), held_out[1].keys()))
    if shared:
        yield f"{shared} compositions are in both given validation and test parts; left as given"
