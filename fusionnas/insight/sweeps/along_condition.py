"""A property predicted along a condition beside the formula, for several formulas and models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.conditions import NUMBER, Condition, Conditions
from fusionnas.data.table import CompositionTable, encode_formulas
from fusionnas.errors import OptionError
from fusionnas.insight.known_data import KnownData, check_reading
from fusionnas.insight.sweeps import curves
from fusionnas.insight.sweeps.condition_sweep import ConditionSweep
from fusionnas.models.predictor import INTERVAL, Predictor
from fusionnas.studies.folder import RUNS
from fusionnas.studies.named_network import Named, load_predictor, open_networks, part_of
from fusionnas.studies.trained_network import TrainedNetwork, check_same_property

if TYPE_CHECKING:
    import pandas as pd

POINTS, FEWEST, MOST = 61, 2, 1001  # values of a number, ends included


def sweep_condition(
    networks: Named | Sequence[Named],
    formulas: Sequence[str],
    along: str,
    *,
    by: str | None = None,
    conditions: Mapping[str, Any] | None = None,
    points: int | None = None,
    data: str | Path | None = None,
    study: str | Path | None = None,
    runs: str | Path = RUNS,
    seed: int = 0,
    **reading: Any,
) -> ConditionSweep:
    """Predict formulas along a condition: a number over its range in training, or all words.

    Args:
        networks: folders of bundles or ensembles, finished studies by name or path (their
            predictors), or predictors.
        formulas: formulas, each a curve.
        along: name of the condition.
        by: name of a category; each of its words has curves of its own.
        conditions: values of the other conditions by name; by default the median or the most
            frequent word of the training part.
        points: number of values of a number, ends included; 61 by default.
        data: source of known values, as for `load_dataset`; the columns are those of the model.
        study: a study whose data are the known values. By default they are the data that the first
            model was trained on, if these are available.
        runs: folder of all studies.
        seed: seed of the split of `data`.
        reading: further options of `load_dataset`, for `data`.

    Raises:
        InputError: a condition is not one of the models', a formula cannot be read, models have
            different properties, or a source cannot be read.
    """
    runs = Path(runs)
    if not formulas:
        raise OptionError("Name at least one formula for a sweep along a condition.")
    if data is not None and study is not None:
        raise OptionError("Known values come from --data or from --study, not from both.")
    check_reading(data, seed=seed, **reading)
    opened = open_networks(networks, runs)
    check_same_property(opened)
    opened = curves.curves_of(list(map(_with_predictor, opened)))
    models = {one.name: one.predictor for one in opened}
    read = [_conditions_of(name, model) for name, model in models.items()]
    first = read[0]
    column = first.column(along)
    given = _checked(first, along, by, dict(conditions or {}))
    fixed = first.normal(
        {n: c for n, c in (first.baseline | given).items() if n not in (along, by)}
    )
    values = _values(column, read, points)
    words = first.column(by).words if by is not None else ("",)
    table = encode_formulas([str(formula) for formula in formulas])
    for one in opened:
        one.check_covers(table.elements())
    frames = [
        _predicted(name, model, table, list(map(str, formulas)), values, (along, by, words), fixed)
        for name, model in models.items()
    ]
    source = curves.known_of(opened, data, study, runs, seed, reading)
    import pandas as pd

    return ConditionSweep(
        along,
        column.kind == NUMBER,
        by,
        fixed,
        tuple(map(str, formulas)),
        tuple(models),
        curves.target_of(opened),
        opened[0].unit,
        pd.concat(frames, ignore_index=True),
        _known(source, opened, table, tuple(map(str, formulas)), column, fixed, by),
        _notes(source, fixed, given),
    )


def _with_predictor(one: TrainedNetwork) -> TrainedNetwork:
    """A study predicts with its predictor, and a target or class of it with that of this one."""
    if one.study is None:
        return one
    found = load_predictor(one.study.path)
    if one.part is not None:
        found = part_of(found, one.name, one.part)
    return replace(one, predictor=found)


def _conditions_of(name: str, model: Predictor) -> Conditions:
    if model.conditions is None:
        raise OptionError(f"'{name}' reads formulas alone, so it has nothing to sweep along.")
    return model.conditions


def _checked(
    known: Conditions, along: str, by: str | None, given: Mapping[str, Any]
) -> dict[str, str]:
    """The fixed conditions as cells; raises OptionError for what the model does not read."""
    if by is not None and (known.column(by).kind == NUMBER or by == along):
        raise OptionError(f"--by takes a category other than '{along}', but got '{by}'.")
    for name in given:
        if name in (along, by):
            raise OptionError(f"'{name}' cannot be fixed: the sweep goes over its values.")
    return known.checked(given)


def _values(column: Condition, read: Sequence[Conditions], points: int | None) -> list[str]:
    """The cells along a condition: over the range of all models, or all words."""
    same = [one.column(column.name) for one in read]
    if len({one.kind for one in same}) > 1:
        raise OptionError(f"'{column.name}' is a number for one model and a category for another.")
    if column.kind != NUMBER:
        if points is not None:
            raise OptionError(
                f"'{column.name}' is a category, whose {len(column.words)} words are all swept; "
                "leave --points out."
            )
        return list(column.words)
    count = POINTS if points is None else points
    if not FEWEST <= count <= MOST:
        raise OptionError(f"--points must be from {FEWEST} to {MOST}, but got {count}.")
    low, high = min(one.low for one in same), max(one.high for one in same)
    return [f"{value:.9g}" for value in np.linspace(low, high, count)]


def _predicted(
    name: str,
    model: Predictor,
    table: CompositionTable,
    formulas: Sequence[str],
    values: Sequence[str],
    swept: tuple[str, str | None, Sequence[str]],
    fixed: Mapping[str, str],
) -> pd.DataFrame:
    """The rows of one model."""
    import pandas as pd

    along, by, words = swept
    known = _conditions_of(name, model)
    rows = list(product(range(len(formulas)), words, values))
    cells = {one: [cell] * len(rows) for one, cell in fixed.items()}
    cells[along] = [value for _, _, value in rows]
    if by is not None:
        cells[by] = [word for _, word, _ in rows]
    if missing := [one for one in known.names if one not in cells]:
        raise OptionError(f"'{name}' reads '{missing[0]}', which the first model does not.")
    found = model.mixture(
        known.with_cells(table.take(np.array([place for place, _, _ in rows])), cells)
    )
    columns: dict[str, Any] = {"network": name}
    columns["formula"] = [formulas[place] for place, _, _ in rows]
    columns |= {one: cells[one] for one in known.names}
    columns["value"] = found.value
    if not model.classes:
        lower, upper = model.interval(found, INTERVAL)
        columns |= {"uncertainty": found.uncertainty, "lower": lower, "upper": upper}
    frame = pd.DataFrame(columns)
    if known.column(along).kind == NUMBER:
        frame[along] = frame[along].astype(float)
    return frame


def _known(
    source: KnownData | None,
    opened: Sequence[TrainedNetwork],
    table: CompositionTable,
    formulas: Sequence[str],
    column: Condition,
    fixed: Mapping[str, str],
    by: str | None,
) -> pd.DataFrame:
    """The rows of the data with the swept compositions."""
    import pandas as pd

    names = [column.name, *fixed, *([by] if by else [])]
    if source is None or source.conditions is None or source.table.conditions is None:
        return pd.DataFrame(columns=["formula", *names, "part", "known", "fits"])
    formula_of = dict(zip(table.keys().tolist(), formulas, strict=True))
    rows = np.flatnonzero(np.isin(source.table.keys(), table.keys()))
    mine = source.table.take(rows)
    assert mine.conditions is not None
    cells = source.conditions.decode(mine.conditions)
    frame = pd.DataFrame({"formula": [formula_of[key] for key in mine.keys().tolist()]})
    frame = frame.assign(**{name: cells[name] for name in names if name in cells})
    frame["part"] = source.part[rows] if source.fingerprint == opened[0].fingerprint else ""
    if len(opened) > 1 and source.classes:  # the class itself; curves are those of several
        frame["known"] = [source.classes[int(code)] for code in source.targets[rows]]
    else:
        frame["known"] = curves.known_values(opened[0], source)[rows]
    frame["fits"] = np.all([frame[name] == cell for name, cell in fixed.items()], axis=0)
    frame = frame[frame[column.name] != ""]
    if column.kind == NUMBER:
        frame[column.name] = frame[column.name].astype(float)
    return frame.sort_values(["formula", column.name], ignore_index=True)


def _notes(
    source: KnownData | None, fixed: Mapping[str, str], given: Mapping[str, str]
) -> tuple[str, ...]:
    notes = [
        f"{note}; set it with --set, or give a category a curve for each word with --by."
        for note in curves.condition_notes(fixed, given)
    ]
    if source is None:
        notes.append(
            "The training data are not available, so no known values are shown; give them with "
            "--data or --study."
        )
    return tuple(notes)
