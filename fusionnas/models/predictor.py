"""Predictions of a bundle or an ensemble for new formulas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np

from fusionnas.data.composition import parse_formula
from fusionnas.data.elements import SYMBOLS
from fusionnas.data.reading.training_rows import MISSING, formula_texts
from fusionnas.data.table import CompositionTable, parse_formulas
from fusionnas.data.units import with_unit
from fusionnas.errors import DataError, FormulaError, OptionError
from fusionnas.models.added_columns import free_name
from fusionnas.models.combined import CombinedMembers
from fusionnas.models.contributions import shares_of
from fusionnas.models.given_conditions import cells_of_formulas, cells_of_table
from fusionnas.models.known_values import keys
from fusionnas.models.prediction_columns import columns_of_prediction
from fusionnas.models.ranking import Window
from fusionnas.tasks.kinds import check_one_class, check_one_target, stored_task

if TYPE_CHECKING:
    import pandas as pd

INTERVAL = 0.9
CHUNK = 20_000  # formulas in memory at a time
FAR_IN = ("composition", "conditions")  # in what a row can be far from the training data


class Predictor(CombinedMembers):
    """A loaded bundle or ensemble that predicts; `fusionnas.load(folder)` gives one."""

    def __repr__(self) -> str:
        target = with_unit(str(self.manifest.get("target", "a property")), self.unit)
        judged = stored_task(self.manifest).error
        error = self.manifest.get("metrics", {}).get(judged.key("test"))
        told = f", test {judged.label} {error:.4g}" if error is not None else ""
        count = len(self.members)
        models = f"{self.how} of {count} models" if count > 1 else "1 model"
        checked = "corrected" if self.calibration is not None else "uncorrected"
        if self.targets:
            return f"<Predictor of {', '.join(self.targets)}: {models}{told}, on {self.device}>"
        own = f"classes {', '.join(self.classes)}" if self.classes else f"{checked} intervals"
        return f"<Predictor of {target}: {models}{told}, {own}, on {self.device}>"

    def predict(
        self,
        formulas: Iterable[str],
        interval: float = INTERVAL,
        window: Window | None = None,
        conditions: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """One row for each formula, in the given order.

        Args:
            formulas: formulas to predict.
            interval: chance that the true value is between `lower` and `upper`.
            window: range of wanted values, in `unit`; either end may be infinite.
            conditions: for a model that reads conditions, each by name: one value for all formulas,
                or one for each.

        Columns:
            formula: the formula as given.
            value: the prediction, in `unit`; for an ensemble the weighted mean or median of its
                members, as its manifest says. If no training target was below zero, neither
                `value` nor `lower` is.
            lower, upper: an interval that contains the true value with the chance `interval`, for
                compounds like those of its test part (`fusionnas.statistics.calibration`). Without
                a calibration it is the network's own estimate: the middle part of the Laplace
                distribution that it learned, or of the weighted mixture of the members'
                distributions.
            uncertainty: the standard deviation of that distribution.
            aleatoric, epistemic: for an ensemble only: the root of the members' mean variance, and
                the root mean square distance of their values from the prediction. Their squares add
                up to that of `uncertainty`.
            probability: chance that the true value lies in `window`, if it is given.
            unit: unit of all these values.
            known, known_from: if a study predicts, the value in its data for exactly this
                composition (NaN if there is none; for classes the name, or empty), and the part of
                the data.
            unseen_elements: elements that are not in the training part, separated by spaces.
            nearest_training: the nearest training composition, empty if none shares an element.
            distance: the distance to it, from 0 to 1: the share of atoms that would have to be
                exchanged (half the L1 distance of atomic fractions).
            far: whether this distance is larger than for 99 of 100 training compositions, measured
                to their nearest other one, so that the network has seen hardly anything similar.
                The last three columns are left out if a bundle has no training compositions.
            unseen_conditions: for a model that reads conditions, what training never saw, such as
                `route=spin` or a temperature beyond its range. Such a row is `far`.
            far_in: for a model that reads conditions, in what a row is far: `composition`,
                `conditions` or `composition and conditions`.

        A model of several targets has the columns from `value` to `epistemic`, `unit`, `known` and
        `known_from` for each of them, with its name: `value_gap`, `lower_gap` ... `each` has a
        model for each.

        A model of classes has these columns instead of those from `value` to `probability`:
            class: the most probable class.
            probability: its probability.
            value: the probability of the second class in `classes`, if there are two.
            value[NAME]: the probability of each class, if there are more.
            set: the names of the classes that hold the true one with the chance `interval`, for
                compounds like those of its test part (`fusionnas.statistics.prediction_sets`); left
                out if a bundle has no calibration.

        Raises:
            FormulaError: a formula cannot be read, or a condition of it has no value or is not a
                number; the message names it. OptionError: the interval is not a share, or too high
                for so few calibration compounds, or the model has no such condition. DataError: a
                condition is missing.
        """
        import pandas as pd

        self.check_interval(interval)
        given = [formulas] if isinstance(formulas, str) else list(formulas)
        texts, missing = formula_texts(pd.Series(given, dtype=object))
        if missing:
            raise FormulaError(f"Row {missing[0]}: {MISSING}")
        cells = cells_of_formulas(len(texts), conditions or {}, self.condition_names)
        frames = []
        for start, part in zip(range(0, max(len(texts), 1), CHUNK), _chunks(texts), strict=True):
            own = None if cells is None else cells[start : start + CHUNK]
            frame, errors = self._frame(part, interval, window, own)
            if errors:
                raise FormulaError(errors[min(errors)])
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def predict_table(
        self,
        frame: pd.DataFrame,
        column: str,
        interval: float = INTERVAL,
        window: Window | None = None,
        given: Mapping[str, Any] | None = None,
    ) -> tuple[pd.DataFrame, dict[int, str]]:
        """`frame` with the columns of `predict` and `error` added; also the errors by row from 0.

        A row whose formula cannot be read keeps its columns and gets no prediction; the column
        `error` gives the reason. A column that exists in `frame` already is added as
        `..._predicted`, or `..._predicted_2` if that exists as well. A model that reads conditions
        reads them from the columns of their names, or from `given`, which has one value for all
        rows.

        Raises:
            DataError: there is no such column, or more than one. OptionError: `given` names a
                column, or no condition of the model.
        """
        import pandas as pd

        self.check_interval(interval)
        if column not in frame.columns:
            names = ", ".join(map(str, frame.columns))
            raise DataError(f"There is no column '{column}'; the table has {names}.")
        if frame.columns.tolist().count(column) > 1:
            raise DataError(f"There is more than one column '{column}'; keep only one.")
        cells = cells_of_table(frame, given or {}, self.condition_names)
        formulas, missing = formula_texts(frame[column])
        errors: dict[int, str] = {}
        parts = []
        for start, texts in zip(
            range(0, max(len(frame), 1), CHUNK), _chunks(formulas), strict=True
        ):
            own = None if cells is None else cells[start : start + CHUNK]
            part, wrong = self._frame(texts, interval, window, own)
            parts.append(part)
            errors |= {start + row: message for row, message in wrong.items()}
        errors |= dict.fromkeys(missing, MISSING)
        added = pd.concat(parts, ignore_index=True).drop(columns="formula")
        added["error"] = [errors.get(row, "") for row in range(len(frame))]
        taken = set(map(str, frame.columns))
        added.columns = [free_name(c, taken) for c in added.columns]
        added.index = frame.index
        return pd.concat([frame, added], axis=1), errors

    def shares(self, formula: str, conditions: Mapping[str, Any] | None = None) -> dict[str, float]:
        """The share of each element in the prediction of a formula, in `unit`.

        The shares add up to the prediction (before it is raised to a lower bound). A *share* is the
        element's *contribution*, which is what it adds to the mean of the training data
        (`fusionnas.explain`), and an equal part of this mean.

        Of two classes, and of one class of several (`of_class`), they add up to the log-odds of the
        second class instead, log(p / (1 - p)).

        Conditions that are not given are at the median or the most frequent word of training.

        Raises:
            FormulaError: it cannot be read. OptionError: there are other models than networks; see
                `networks`; there are several targets or more than two classes; or there is no such
                condition.
        """
        check_one_target(self.manifest, "shares")
        check_one_class(self.manifest, "shares")
        if self.classes and self.is_ensemble:
            raise OptionError(
                "Probabilities of an ensemble are a mean over its models, whose log-odds are no "
                "sum over elements; use one of its networks (a folder in members)."
            )
        composition = parse_formula(formula)
        table = CompositionTable.of([composition])
        if self.conditions is not None:
            table = self.conditions.at(table, self.conditions.checked(conditions or {}))
        elif conditions:
            raise OptionError("The model reads formulas alone, so it has no conditions.")
        wrong = self._without_vector(table)
        if wrong:
            raise FormulaError(wrong[0])
        symbols = [SYMBOLS[z] for z in composition.numbers]
        return dict(zip(symbols, shares_of(self, table).tolist(), strict=True))

    @property
    def condition_names(self) -> tuple[str, ...]:
        """The conditions that it reads; empty for formulas alone."""
        return () if self.conditions is None else self.conditions.names

    def _frame(
        self,
        texts: Sequence[str],
        interval: float,
        window: Window | None,
        cells: np.ndarray | None = None,
    ) -> tuple[pd.DataFrame, dict[int, str]]:
        """One row for each text, empty if it cannot be predicted; and the reason by row.

        `cells` (N, K) are the conditions.
        """
        import pandas as pd

        table, places, errors = parse_formulas(texts)
        unseen: list[str] = []
        if self.conditions is not None and cells is not None:
            numbers, lacking, unseen = self.conditions.read(cells)
            errors = lacking | errors
            good = np.flatnonzero(~np.isin(places, list(lacking)))
            table, places = table.take(good), places[good]
            table = replace(table, conditions=numbers[places])
        if wrong := self._without_vector(table):
            errors |= {int(places[row]): message for row, message in wrong.items()}
            good = np.array([row for row in range(len(table)) if row not in wrong], dtype=np.int64)
            table, places = table.take(good), places[good]
        columns = columns_of_prediction(self, table, interval, window)
        if self.known is not None and not self.targets:
            columns |= self.known.columns(keys(table, self.conditions), self.classes)
        columns |= {} if self.targets else {"unit": self.unit}
        columns |= self.flags.columns(table)
        if self.conditions is not None:
            told = [unseen[place] for place in places.tolist()]
            columns["unseen_conditions"] = told
            if "far" in columns:
                outside = np.array([bool(one) for one in told], dtype=bool)
                columns["far_in"] = [
                    " and ".join(compress(FAR_IN, pair))
                    for pair in zip(columns["far"], outside, strict=True)
                ]
                columns["far"] = columns["far"] | outside
        frame = pd.DataFrame(columns, index=places)
        if errors:
            frame = frame.reindex(range(len(texts)))
        frame.insert(0, "formula", list(texts))
        return frame, errors

    def _without_vector(self, table: CompositionTable) -> dict[int, str]:
        """Element vectors are stored with the weights; an element without one is an error."""
        lacking = ~self.covered[table.numbers]
        return {
            row: f"'{table[row].formula}': the bundle's element vectors lack "
            f"{SYMBOLS[next(z for z in table[row].numbers if not self.covered[z])]}."
            for row in np.flatnonzero(table.row_any(lacking)).tolist()
        }


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Pieces of `CHUNK` texts; a single empty piece if there are none."""
    for start in range(0, max(len(texts), 1), CHUNK):
        yield texts[start : start + CHUNK]
