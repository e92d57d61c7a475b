"""A data set made of the rows that were read: merged and split, or joined from given parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from fusionnas.data.class_rows import class_notes, common_classes
from fusionnas.data.column_split import split_by_column
from fusionnas.data.condition_cells import Coded, code, encoded
from fusionnas.data.conditions import Conditions
from fusionnas.data.dataset import Dataset
from fusionnas.data.reading.bad_rows import BadRow, note
from fusionnas.data.reading.split_column import SplitColumn
from fusionnas.data.reading.training_rows import TrainingRows
from fusionnas.data.several import merge_targets, target_notes, units_of
from fusionnas.data.splits import Parts, of_rows, split
from fusionnas.data.table import CompositionTable, concatenate
from fusionnas.data.weighting import joined_weights, settled_weights
from fusionnas.statistics.bootstrap import groups_of

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
    parts: Sequence[TrainingRows],
    merge: str,
    split: str,
    seed: int,
    inputs: Sequence[str] = (),
    removed: int = 0,
) -> Dataset:
    """A data set of rows with given parts.

    Training rows whose composition is in validation or test are removed, and validation rows whose
    composition is in test. Folds keep the rows of a composition together.

    Args:
        card: facts about the data set.
        parts: what was read for training, validation and test; they have the same columns.
        merge: how training rows of one composition are merged.
        split: how the parts were made, in words.
        seed: master seed.
        inputs: columns of conditions, as they were asked for.
        removed: training rows that were removed before for this reason.

    Raises:
        DataError, OptionError: the rows cannot be merged, or nothing can be learned from them.
    """
    name, first = card[0], parts[0]
    card, named = _columns(card, first.several)
    classes = common_classes([rows.classes for rows in parts], name)
    given = [len(rows.table) for rows in parts]
    parts = _apart(parts)
    lost = [before - len(rows.table) for before, rows in zip(given, parts, strict=True)]
    (train, *held_out), coded = _tables(parts, inputs, name)
    train, merged, noise, weights, several = merge_targets(
        train, parts[0].targets, merge, name, parts[0].weights, classes, named
    )
    targets = np.concatenate([merged, *(rows.targets for rows in parts[1:])])
    sizes = np.cumsum([0, len(train), *map(len, held_out)])
    places = Parts(*(np.arange(a, b) for a, b in pairwise(sizes)))
    table, conditions, told = concatenate([train, *held_out]), None, list[str]()
    if groups_of(table.keys()[: sizes[2]]) is not None:  # of training and validation
        places = replace(places, groups=groups_of(table.keys()))
    places.check(name)
    if coded is not None:
        table, conditions, told = _with_conditions(table, coded, places, name)
    weights = joined_weights([weights, *(rows.weights for rows in parts[1:])])
    weights, about = settled_weights(weights, table, targets, places.train, seed, card[2])
    bad = tuple(bad for rows in parts for bad in rows.bad)
    made = Dataset(
        *card,
        table,
        targets,
        places,
        noise,
        (
            *_skip_notes(bad),
            *_weight_notes(sum(rows.weightless for rows in parts)),
            *_overlap_notes(removed + lost[0], lost[1]),
            *told,
            *class_notes(targets, classes, noise.ties),
            *about,
        ),
        split,
        bad,
        classes,
        conditions,
        weights,
        several,
    )
    return _told(made, sum(rows.without for rows in parts)).check_learnable()


def _apart(parts: Sequence[TrainingRows]) -> list[TrainingRows]:
    """Training, validation and test rows without compositions that are in a later part."""
    keys = [rows.table.keys() for rows in parts]
    return [
        rows.without_compositions(np.concatenate([*keys[place + 1 :], keys[0][:0]]))
        for place, rows in enumerate(parts)
    ]


def _tables(
    parts: Sequence[TrainingRows], inputs: Sequence[str], name: str
) -> tuple[list[CompositionTable], Coded | None]:
    """The table of each part; their conditions, if any, have the same codes."""
    tables = [rows.table for rows in parts]
    cells = [rows.cells for rows in parts if rows.cells is not None]
    if not cells:
        return tables, None
    coded = code(np.concatenate(cells), inputs, name)
    pieces = np.split(coded.values, np.cumsum([len(table) for table in tables])[:-1])
    return [replace(t, conditions=p) for t, p in zip(tables, pieces, strict=True)], coded


def _skip_notes(bad: Sequence[BadRow]) -> Iterator[str]:
    if bad:
        yield note(bad)


def _weight_notes(weightless: int) -> Iterator[str]:
    if weightless:
        yield f"{weightless} rows left out: their weight is zero"


def _overlap_notes(training: int, validation: int) -> Iterator[str]:
    if training:
        yield f"{training} training rows removed: their composition is in validation or test"
    if validation:
        yield f"{validation} validation rows removed: their composition is in test"
