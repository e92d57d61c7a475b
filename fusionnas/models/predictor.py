"""Predictions of a bundle, or of an ensemble of them, for new formulas."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from fusionnas.data.composition import Composition, parse_formula
from fusionnas.data.elements import SYMBOLS
from fusionnas.data.nearest import NearestComposition
from fusionnas.data.table import CompositionTable, parse_formulas
from fusionnas.data.training_rows import MISSING, formula_texts
from fusionnas.errors import DataError, FormulaError, OptionError, did_you_mean
from fusionnas.models.bundle import ENSEMBLE, Bundle, load_bundle, read_calibration, read_manifest
from fusionnas.models.ensemble import load_ensemble
from fusionnas.statistics.calibration import Calibration
from fusionnas.statistics.mixture import Mixture, check_level
from fusionnas.training.batches import Compounds
from fusionnas.training.device import pick_device
from fusionnas.training.inference import PRECISIONS, Precision, predict_standardised

if TYPE_CHECKING:
    import pandas as pd

INTERVAL = 0.9
CHUNK = 20_000  # formulas whose arrays are in memory at a time


class Predictor:
    """A loaded bundle or ensemble that predicts; `fusionnas.load(folder)` gives one.

    Args:
        members: one bundle, or the members of an ensemble, trained on the same data.
        manifest: of the ensemble; a bundle has its own.
        calibration: of the ensemble; a bundle has its own.
        device: of torch; a GPU where there is one.
        precision: fp32, or bf16 for products in bfloat16 on hardware that is fast at them.
    """

    def __init__(
        self,
        *members: Bundle,
        manifest: Mapping[str, Any] | None = None,
        calibration: Calibration | None = None,
        device: torch.device | str | None = None,
        precision: str = "fp32",
    ) -> None:
        self.members = members
        self.calibration = calibration if len(members) > 1 else members[0].calibration
        self.bundle = members[0]  # data, unit and training compositions are those of all members
        self.manifest = self.bundle.manifest if manifest is None else manifest
        self.precision = check_precision(precision)
        self.device = pick_device(device)
        try:
            for member in members:
                member.network.to(self.device).eval()
        except RuntimeError as e:
            why = str(e).splitlines()[0]
            raise OptionError(f"The device '{self.device}' cannot be used: {why}") from e
        vectors = torch.stack(
            [torch.isfinite(m.network.vectors).all(dim=1).cpu() for m in members]
        ).all(dim=0)
        self._covered = vectors.numpy()  # (119,) whether each element has a vector everywhere
        self._formulas: dict[int, str] = {}  # of training compositions that were asked for

    @classmethod
    def load(
        cls,
        folder: str | Path,
        device: torch.device | str | None = None,
        precision: str = "fp32",
    ) -> Predictor:
        """Raises BundleError where the folder is no intact bundle or ensemble."""
        check_precision(precision)
        manifest = read_manifest(Path(folder))
        if manifest.get("kind") == ENSEMBLE:
            members = load_ensemble(Path(folder))
        else:
            members = (load_bundle(folder),)
        return cls(
            *members, manifest=manifest, calibration=read_calibration(Path(folder)),
            device=device, precision=precision,
        )  # fmt: skip

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled with weights on the CPU, so that a machine without the device can read it."""
        members = tuple(
            Bundle(
                copy.deepcopy(m.network).cpu(), m.scaler, dict(m.manifest), m.compositions,
                m.calibration,
            )
            for m in self.members
        )  # fmt: skip
        return _unpickled, (members, dict(self.manifest), self.calibration, self.precision)

    @property
    def unit(self) -> str:
        return self.bundle.unit

    @property
    def is_ensemble(self) -> bool:
        return len(self.members) > 1

    def predict(self, formulas: Iterable[str], interval: float = INTERVAL) -> pd.DataFrame:
        """One row a formula, in the order given.

        Columns:
            formula: as given.
            value: the prediction, in `unit`; of an ensemble the mean of its members.
            lower, upper: an interval that holds the true value with the chance `interval`, for
                compounds like those of its test part
                (`fusionnas.statistics.calibration`). Without a calibration it is what the network
                believes: the middle part of the Laplace distribution that it learned, or of the
                equal mixture of the members'.
            uncertainty: the standard deviation of that distribution.
            aleatoric, epistemic: of an ensemble alone: the root of the members' mean variance,
                and the standard deviation between their values. Their squares add up to that of
                `uncertainty`.
            unit: of all these.
            unseen_elements: elements that the training part never held, separated by spaces.
            nearest_training: the training composition that is nearest, empty where none shares an
                element.
            distance: to it, from 0 to 1: the share of atoms that would have to be exchanged (half
                the L1 distance of atomic fractions).
            far: whether that is farther than 99 in 100 training compositions are from the nearest
                other one, so that the network has seen hardly anything like it. The last three are
                left out where a bundle does not hold its training compositions.

        Raises:
            FormulaError: a formula that cannot be read; it is named. OptionError: an interval that
                is no share, or too high for so few calibration compounds.
        """
        import pandas as pd

        self.check_interval(interval)
        given = [formulas] if isinstance(formulas, str) else list(formulas)
        texts, missing = formula_texts(pd.Series(given, dtype=object))
        if missing:
            raise FormulaError(f"Row {missing[0]}: {MISSING}")
        frames = []
        for part in _chunks(texts):
            frame, errors = self._frame(part, interval)
            if errors:
                raise FormulaError(errors[min(errors)])
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def predict_table(
        self, frame: pd.DataFrame, column: str, interval: float = INTERVAL
    ) -> tuple[pd.DataFrame, dict[int, str]]:
        """`frame` with the columns of `predict` and `error` added, and the errors by row from 0.

        A row whose formula cannot be read keeps its columns, gets no prediction and says why in
        the column `error`. A column that `frame` has already is added as `..._predicted`.

        Raises:
            DataError: there is no such column, or more than one.
        """
        import pandas as pd

        self.check_interval(interval)
        if column not in frame.columns:
            names = ", ".join(map(str, frame.columns))
            raise DataError(f"There is no column '{column}'; the table has {names}.")
        if frame.columns.tolist().count(column) > 1:
            raise DataError(f"There is more than one column '{column}'; leave one.")
        formulas, missing = formula_texts(frame[column])
        errors: dict[int, str] = {}
        parts = []
        for start, texts in zip(
            range(0, max(len(frame), 1), CHUNK), _chunks(formulas), strict=True
        ):
            part, wrong = self._frame(texts, interval)
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
        """What the members say of each composition, in the unit of the target."""
        compounds = Compounds(table, self.device)
        values, deviations = [], []
        for member in self.members:
            value, log_scale = predict_standardised(
                member.network, compounds, precision=self.precision
            )
            values.append(member.scaler.restore(value))
            deviations.append(member.scaler.std * np.exp(log_scale))
        return Mixture(np.stack(values), np.stack(deviations))

    def interval(self, found: Mixture, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper ends (N,) for what `mixture` gave, corrected where that is possible."""
        if self.calibration is None:
            return found.interval(level)
        return self.calibration.interval(found, level)

    def check_interval(self, level: float) -> None:
        """Raise OptionError where there is no interval of this level."""
        check_level(level)
        if self.calibration is not None:
            self.calibration.factor(level)

    def contributions(self, formula: str) -> dict[str, float]:
        """What each element adds to the prediction of one formula, in `unit`; their sum is it."""
        composition = parse_formula(formula)
        wrong = self._without_vector(CompositionTable.of([composition]))
        if wrong:
            raise FormulaError(wrong[0])
        return dict(
            zip(
                [SYMBOLS[z] for z in composition.numbers],
                np.mean([self._parts(m, composition) for m in self.members], axis=0).tolist(),
                strict=True,
            )
        )

    def _parts(self, member: Bundle, composition: Composition) -> np.ndarray:
        numbers = torch.tensor([composition.numbers], device=self.device)
        fractions = torch.tensor([composition.fractions], dtype=torch.float64, device=self.device)
        with torch.no_grad():
            parts = member.network.contributions(numbers, fractions)[0].double().cpu().numpy()
        return member.scaler.std * parts + member.scaler.mean / len(parts)

    def _frame(self, texts: Sequence[str], interval: float) -> tuple[pd.DataFrame, dict[int, str]]:
        """A row a text, empty where it cannot be predicted, and why by row."""
        import pandas as pd

        table, places, errors = parse_formulas(texts)
        if wrong := self._without_vector(table):
            errors |= {int(places[row]): message for row, message in wrong.items()}
            good = np.array([row for row in range(len(table)) if row not in wrong], dtype=np.int64)
            table, places = table.take(good), places[good]
        found = self.mixture(table)
        lower, upper = self.interval(found, interval)
        columns: dict[str, Any] = {"value": found.value, "lower": lower, "upper": upper}
        columns["uncertainty"] = found.uncertainty
        if self.is_ensemble:
            columns |= {"aleatoric": found.aleatoric, "epistemic": found.epistemic}
        columns |= {"unit": self.unit, "unseen_elements": self._unseen(table)}
        columns |= self._nearest(table)
        frame = pd.DataFrame(columns, index=places)
        if errors:
            frame = frame.reindex(range(len(texts)))
        frame.insert(0, "formula", list(texts))
        return frame, errors

    def _without_vector(self, table: CompositionTable) -> dict[int, str]:
        """Element vectors travel with the weights; an element without one is an error."""
        lacking = ~self._covered[table.numbers]
        return {
            row: f"'{table[row].formula}': the bundle's element vectors lack "
            f"{SYMBOLS[next(z for z in table[row].numbers if not self._covered[z])]}."
            for row in np.flatnonzero(table.row_any(lacking)).tolist()
        }

    def _unseen(self, table: CompositionTable) -> list[str]:
        seen = np.zeros(len(SYMBOLS), dtype=bool)
        seen[list(self.bundle.elements_seen)] = True
        texts = [""] * len(table)
        for row in np.flatnonzero(table.row_any(~seen[table.numbers])).tolist():
            texts[row] = " ".join(SYMBOLS[z] for z in sorted(table[row].numbers) if not seen[z])
        return texts

    def _nearest(self, table: CompositionTable) -> dict[str, Any]:
        known, far = self.bundle.compositions, self.bundle.far_distance
        if known is None or far is None:
            return {}
        found = self._index.find(table)
        for row in np.unique(found.rows).tolist():
            if row not in self._formulas:
                self._formulas[row] = known[row].formula if row >= 0 else ""
        return {
            "nearest_training": [self._formulas[row] for row in found.rows.tolist()],
            "distance": found.distances,
            "far": found.distances > far,
        }

    @cached_property
    def _index(self) -> NearestComposition:
        assert self.bundle.compositions is not None
        return NearestComposition(self.bundle.compositions)


def check_precision(name: str) -> Precision:
    """`name`, or OptionError where it is no precision."""
    for known in PRECISIONS:
        if name == known:
            return known
    raise OptionError(f"There is no precision '{name}'; {did_you_mean(name, PRECISIONS)}")


def load_predictor(
    folder: str | Path, device: torch.device | str | None = None, precision: str = "fp32"
) -> Predictor:
    """The predictor of a bundle or an ensemble.

    Args:
        folder: from a search, `fusionnas export` or `fusionnas train`.
        device: of torch; a GPU where there is one.
        precision: fp32, or bf16.

    Raises:
        BundleError: the folder is no intact bundle or ensemble.
    """
    return Predictor.load(folder, device, precision)


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Pieces of `CHUNK` texts; one that is empty where there are none."""
    for start in range(0, max(len(texts), 1), CHUNK):
        yield texts[start : start + CHUNK]


def _unpickled(
    members: tuple[Bundle, ...],
    manifest: dict[str, Any],
    calibration: Calibration | None,
    precision: str,
) -> Predictor:
    return Predictor(*members, manifest=manifest, calibration=calibration, precision=precision)
