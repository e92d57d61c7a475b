"""Predictions of a bundle or an ensemble for new formulas."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from fusionnas.data.composition import Composition, parse_formula
from fusionnas.data.elements import NUMBERS, SYMBOLS
from fusionnas.data.reading.training_rows import MISSING, formula_texts
from fusionnas.data.table import CompositionTable, parse_formulas
from fusionnas.errors import DataError, FormulaError, OptionError, did_you_mean
from fusionnas.models.bundle import ENSEMBLE, Bundle, lower_bound_of, read_manifest
from fusionnas.models.ensemble import load_ensemble, load_member
from fusionnas.models.flags import Flags
from fusionnas.models.known_values import KnownValues
from fusionnas.models.member import Member, SharedInputs
from fusionnas.models.ranking import Window
from fusionnas.networks.inputs import Inputs
from fusionnas.statistics.calibration import Calibration
from fusionnas.statistics.combination import Combination
from fusionnas.statistics.mixture import Mixture, check_level
from fusionnas.tasks.kinds import check_predicts_numbers, stored_task
from fusionnas.training.device import pick_device
from fusionnas.training.inference import PRECISIONS, Precision

if TYPE_CHECKING:
    import pandas as pd

INTERVAL = 0.9
CHUNK = 20_000  # formulas in memory at a time


class Predictor:
    """A loaded bundle or ensemble that predicts; `fusionnas.load(folder)` gives one.

    Args:
        members: one model, or several of the same data that predict together.
        manifest: manifest of the ensemble; a single model has its own.
        calibration: correction of the ensemble's intervals; a bundle has its own.
        device: device of torch; by default a GPU if there is one.
        precision: fp32, or bf16 for products in bfloat16 on hardware that is fast at them.
        weights: weights of the members, (K,), with the sum 1; None means equal weights.
        how: how the members' values are combined: mean or median.
        compositions: compositions that they were fitted to; None means those of the first member.
        known: known values to be shown beside predictions.
    """

    def __init__(
        self,
        *members: Member,
        manifest: Mapping[str, Any] | None = None,
        calibration: Calibration | None = None,
        device: torch.device | str | None = None,
        precision: str = "fp32",
        weights: np.ndarray | None = None,
        how: Combination = "mean",
        compositions: CompositionTable | None = None,
        known: KnownValues | None = None,
    ) -> None:
        self.members = members
        self.known = known
        first = members[0]
        own = first.calibration if isinstance(first, Bundle) else None
        self.calibration = calibration if len(members) > 1 else calibration or own
        self.manifest = first.manifest if manifest is None else manifest
        self.weights = np.full(len(members), 1 / len(members)) if weights is None else weights
        self.how = how
        self.compositions = first.compositions if compositions is None else compositions
        self.precision = check_precision(precision)
        self.device = pick_device(device)
        try:
            for member in members:
                member.to(self.device)
        except RuntimeError as e:
            why = str(e).splitlines()[0]
            raise OptionError(f"The device '{self.device}' cannot be used: {why}") from e
        # (119,) whether every member can read each element
        self.covered = np.all([member.covered for member in members], axis=0)

    @classmethod
    def load(
        cls,
        folder: str | Path,
        device: torch.device | str | None = None,
        precision: str = "fp32",
    ) -> Predictor:
        """Load the model in a folder; raises BundleError if it is no intact bundle or ensemble."""
        check_precision(precision)
        folder = Path(folder)
        manifest = read_manifest(folder)
        if manifest.get("kind") != ENSEMBLE:
            return cls(load_member(folder), device=device, precision=precision)
        found = load_ensemble(folder)
        # if the ensemble does not list its elements, they are those of all members
        manifest = {**found.members[0].manifest, **manifest}
        return cls(
            *found.members,
            manifest=manifest,
            calibration=found.calibration,
            device=device,
            precision=precision,
            weights=found.weights,
            how=found.how,
            compositions=found.compositions,
        )

    def __repr__(self) -> str:
        target = f"{self.manifest.get('target', 'a property')}{f' ({self.unit})' * bool(self.unit)}"
        judged = stored_task(self.manifest).error
        error = self.manifest.get("metrics", {}).get(judged.key("test"))
        told = f", test {judged.label} {error:.4g}" if error is not None else ""
        count = len(self.members)
        models = f"{self.how} of {count} models" if count > 1 else "1 model"
        checked = "corrected" if self.calibration is not None else "uncorrected"
        own = f"classes {' and '.join(self.classes)}" if self.classes else f"{checked} intervals"
        return f"<Predictor of {target}: {models}{told}, {own}, on {self.device}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with weights on the CPU, so that a machine without the device can read it."""
        members = tuple(
            replace(m, network=copy.deepcopy(m.network).cpu(), manifest=dict(m.manifest))
            if isinstance(m, Bundle)
            else m
            for m in self.members
        )
        given = {
            "manifest": dict(self.manifest),
            "calibration": self.calibration,
            "precision": self.precision,
            "weights": self.weights,
            "how": self.how,
            "compositions": self.compositions,
            "known": self.known,
        }
        return _unpickled, (members, given)

    @property
    def networks(self) -> tuple[Bundle, ...]:
        """The members as networks, whose features can be examined.

        Raises:
            OptionError: a member is not a network, or the members are not combined by their equal
                mean, so that the shares of elements do not add up to the prediction.
        """
        found = tuple(member for member in self.members if isinstance(member, Bundle))
        equal = self.how == "mean" and np.ptp(self.weights) < 1e-9
        if len(found) < len(self.members) or not equal:
            raise OptionError(
                "Only networks can be looked into, and this is an ensemble of several models; use "
                "the study's recommended network (its folder best), or one of the ensemble's "
                "networks (a folder in members)."
            )
        return found

    @property
    def bundle(self) -> Bundle:
        """The single network; raises OptionError as `networks`."""
        return self.networks[0]

    @property
    def unit(self) -> str:
        return str(self.manifest["unit"])

    @property
    def is_ensemble(self) -> bool:
        return len(self.members) > 1

    def predict(
        self,
        formulas: Iterable[str],
        interval: float = INTERVAL,
        window: Window | None = None,
    ) -> pd.DataFrame:
        """One row for each formula, in the given order.

        Args:
            formulas: formulas to predict.
            interval: chance that the true value is between `lower` and `upper`.
            window: range of wanted values, in `unit`; either end may be infinite.

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
                composition (NaN if there is none), and the part of the data.
            unseen_elements: elements that are not in the training part, separated by spaces.
            nearest_training: the nearest training composition, empty if none shares an element.
            distance: the distance to it, from 0 to 1: the share of atoms that would have to be
                exchanged (half the L1 distance of atomic fractions).
            far: whether this distance is larger than for 99 of 100 training compositions, measured
                to their nearest other one, so that the network has seen hardly anything similar.
                The last three columns are left out if a bundle has no training compositions.

        A model of classes has these columns instead of those from `value` to `probability`:
            class: the more probable class.
            probability: its probability.
            value: the probability of the second class in `classes`.

        Raises:
            FormulaError: a formula cannot be read; the message names it. OptionError: the interval
                is not a share, or too high for so few calibration compounds.
        """
        import pandas as pd

        self.check_interval(interval)
        given = [formulas] if isinstance(formulas, str) else list(formulas)
        texts, missing = formula_texts(pd.Series(given, dtype=object))
        if missing:
            raise FormulaError(f"Row {missing[0]}: {MISSING}")
        frames = []
        for part in _chunks(texts):
            frame, errors = self._frame(part, interval, window)
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
    ) -> tuple[pd.DataFrame, dict[int, str]]:
        """`frame` with the columns of `predict` and `error` added; also the errors by row from 0.

        A row whose formula cannot be read keeps its columns and gets no prediction; the column
        `error` gives the reason. A column that exists in `frame` already is added as
        `..._predicted`.

        Raises:
            DataError: there is no such column, or more than one.
        """
        import pandas as pd

        self.check_interval(interval)
        if column not in frame.columns:
            names = ", ".join(map(str, frame.columns))
            raise DataError(f"There is no column '{column}'; the table has {names}.")
        if frame.columns.tolist().count(column) > 1:
            raise DataError(f"There is more than one column '{column}'; keep only one.")
        formulas, missing = formula_texts(frame[column])
        errors: dict[int, str] = {}
        parts = []
        for start, texts in zip(
            range(0, max(len(frame), 1), CHUNK), _chunks(formulas), strict=True
        ):
            part, wrong = self._frame(texts, interval, window)
            parts.append(part)
            errors |= {start + row: message for row, message in wrong.items()}
        errors |= dict.fromkeys(missing, MISSING)
        added = pd.concat(parts, ignore_index=True).drop(columns="formula")
        added["error"] = [errors.get(row, "") for row in range(len(frame))]
        taken = set(map(str, frame.columns))
        added.columns = [f"{c}_predicted" if c in taken else c for c in added.columns]
        added.index = frame.index
        return pd.concat([frame, added], axis=1), errors

    def mixture(self, table: CompositionTable) -> Mixture:
        """The predicted distribution of each composition, in the unit of the target."""
        inputs = SharedInputs(table, self.device)
        found = [member.predict(inputs, self.precision) for member in self.members]
        values, deviations = (np.stack(kind) for kind in zip(*found, strict=True))
        return Mixture(values, deviations, self.weights, self.how, self.lower_bound)

    @property
    def lower_bound(self) -> float:
        """The lower bound of the property, in `unit`: 0 if no training target was below zero."""
        return lower_bound_of(self.manifest)

    def interval(self, found: Mixture, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper ends (N,) for the result of `mixture`, corrected if possible."""
        if self.calibration is None:
            return found.interval(level)
        return self.calibration.interval(found, level)

    def chance(self, found: Mixture, window: Window) -> np.ndarray:
        """Chance that the true value lies in a window, (N,), by the intervals' distribution."""

        def up_to(y: float) -> np.ndarray:
            if math.isinf(y):
                return np.full_like(found.value, float(y > 0))
            if self.calibration is None:
                return found.distribution(y)
            return self.calibration.distribution(found, y)

        low, high = window
        return up_to(high) - up_to(low)

    def check_interval(self, level: float) -> None:
        """Raise OptionError if an interval of this level is not possible."""
        check_level(level)
        if self.calibration is not None:
            self.calibration.factor(level)

    def shares(self, formula: str) -> dict[str, float]:
        """The share of each element in the prediction of a formula, in `unit`.

        The shares add up to the prediction (before it is raised to a lower bound). A *share* is the
        element's *contribution*, which is what it adds to the mean of the training data
        (`fusionnas.explain`), and an equal part of this mean.

        Raises:
            FormulaError: it cannot be read. OptionError: there are other models than networks; see
                `networks`.
        """
        check_predicts_numbers(self.manifest, "shares")
        composition = parse_formula(formula)
        wrong = self._without_vector(CompositionTable.of([composition]))
        if wrong:
            raise FormulaError(wrong[0])
        return dict(
            zip(
                [SYMBOLS[z] for z in composition.numbers],
                np.mean([self._shares(m, composition) for m in self.networks], axis=0).tolist(),
                strict=True,
            )
        )

    def _shares(self, member: Bundle, composition: Composition) -> np.ndarray:
        inputs = Inputs.of(composition, self.device)
        with torch.no_grad():
            parts = member.network.contributions(inputs)[0].double().cpu().numpy()
        return member.scaler.std * parts + member.scaler.mean / len(parts)

    def _frame(
        self, texts: Sequence[str], interval: float, window: Window | None
    ) -> tuple[pd.DataFrame, dict[int, str]]:
        """One row for each text, empty if it cannot be predicted; and the reason by row."""
        import pandas as pd

        table, places, errors = parse_formulas(texts)
        if wrong := self._without_vector(table):
            errors |= {int(places[row]): message for row, message in wrong.items()}
            good = np.array([row for row in range(len(table)) if row not in wrong], dtype=np.int64)
            table, places = table.take(good), places[good]
        found = self.mixture(table)
        if self.classes:
            columns = self._of_classes(found, window)
        else:
            columns = self._of_numbers(found, interval, window)
        if self.known is not None:
            columns |= self.known.columns(table)
        columns |= {"unit": self.unit, **self._flags.columns(table)}
        frame = pd.DataFrame(columns, index=places)
        if errors:
            frame = frame.reindex(range(len(texts)))
        frame.insert(0, "formula", list(texts))
        return frame, errors

    def _of_numbers(self, found: Mixture, interval: float, window: Window | None) -> dict[str, Any]:
        lower, upper = self.interval(found, interval)
        columns: dict[str, Any] = {"value": found.value, "lower": lower, "upper": upper}
        columns["uncertainty"] = found.uncertainty
        if self.is_ensemble:
            columns |= {"aleatoric": found.aleatoric, "epistemic": found.epistemic}
        if window is not None:
            columns["probability"] = self.chance(found, window)
        return columns

    def _of_classes(self, found: Mixture, window: Window | None) -> dict[str, Any]:
        if window is not None:
            raise OptionError("A class has no range of wanted values; sort by `value` instead.")
        code = (found.value >= 0.5).astype(int)
        return {
            "class": [self.classes[place] for place in code.tolist()],
            "probability": np.where(code == 1, found.value, 1 - found.value),
            "value": found.value,
        }

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes 0 and 1; empty for a model of numbers."""
        return tuple(self.manifest.get("classes", ()))

    @property
    def elements_seen(self) -> frozenset[int]:
        """Atomic numbers of the elements in the training part."""
        return frozenset(NUMBERS[symbol] for symbol in str(self.manifest["elements_seen"]).split())

    def _without_vector(self, table: CompositionTable) -> dict[int, str]:
        """Element vectors are stored with the weights; an element without one is an error."""
        lacking = ~self.covered[table.numbers]
        return {
            row: f"'{table[row].formula}': the bundle's element vectors lack "
            f"{SYMBOLS[next(z for z in table[row].numbers if not self.covered[z])]}."
            for row in np.flatnonzero(table.row_any(lacking)).tolist()
        }

    @cached_property
    def _flags(self) -> Flags:
        facts = self.manifest.get("training_compositions")
        far = None if facts is None else float(facts["far_distance"])
        return Flags(self.elements_seen, self.compositions, far)


def check_precision(name: str) -> Precision:
    """Return `name`, or raise OptionError if it is not a precision."""
    for known in PRECISIONS:
        if name == known:
            return known
    raise OptionError(f"There is no precision '{name}'; {did_you_mean(name, PRECISIONS)}")


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Pieces of `CHUNK` texts; a single empty piece if there are none."""
    for start in range(0, max(len(texts), 1), CHUNK):
        yield texts[start : start + CHUNK]


def _unpickled(members: tuple[Member, ...], given: Mapping[str, Any]) -> Predictor:
    return Predictor(*members, **given)
