"""Predictions of a bundle for new formulas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from fusionnas.bundle import Bundle, load_bundle
from fusionnas.data.composition import Composition, parse_formula
from fusionnas.data.elements import SYMBOLS
from fusionnas.data.files import formula_column_of, read_frame
from fusionnas.data.table import CompositionTable
from fusionnas.errors import DataError, FormulaError
from fusionnas.training.batches import Compounds
from fusionnas.training.inference import predict_standardised
from fusionnas.training.trainer import pick_device

if TYPE_CHECKING:
    import pandas as pd


class Predictor:
    """A loaded bundle that predicts; `fusionnas.load(folder)` gives one."""

    def __init__(self, bundle: Bundle, device: torch.device | None = None) -> None:
        self.bundle = bundle
        self.device = device or pick_device()
        covered = torch.isfinite(bundle.network.vectors).all(dim=1)
        self.known = frozenset(torch.nonzero(covered).flatten().tolist())  # atomic numbers
        self.network = bundle.network.to(self.device).eval()

    @classmethod
    def load(cls, folder: str | Path, device: torch.device | None = None) -> Predictor:
        """Raises BundleError where the folder is no intact bundle."""
        return cls(load_bundle(folder), device)

    @property
    def unit(self) -> str:
        return self.bundle.unit

    def predict(self, formulas: Iterable[str]) -> pd.DataFrame:
        """One row a formula, in the order given.

        Columns: `formula` as given, `prediction` and `uncertainty` in `unit` (the standard
        deviation of the Laplace distribution that the network learned), `unit`, and
        `unseen_elements`, the elements that the training part never held.

        Raises:
            FormulaError: a formula that cannot be read; it is named.
        """
        texts = [str(text) for text in formulas]
        compositions = [parse_formula(text) for text in texts]
        for composition in compositions:
            self._check_known(composition)
        return self._frame(texts, compositions)

    def predict_table(self, frame: pd.DataFrame, column: str) -> tuple[pd.DataFrame, list[str]]:
        """`frame` with the columns of `predict` added, and a list of the rows that failed.

        A row whose formula cannot be read keeps its columns, gets no prediction and says why in
        the column `error`.

        Raises:
            DataError: there is no such column.
        """
        if column not in frame.columns:
            names = ", ".join(map(str, frame.columns))
            raise DataError(f"There is no column '{column}'; the table has {names}.")
        good: list[Composition] = []
        rows: list[int] = []
        errors: dict[int, str] = {}
        texts = [str(text) for text in frame[column]]
        for row, text in enumerate(texts):
            try:
                composition = parse_formula(text)
                self._check_known(composition)
            except FormulaError as e:
                errors[row] = str(e)
            else:
                good.append(composition)
                rows.append(row)
        added = self._frame([texts[row] for row in rows], good).drop(columns="formula")
        added.index = frame.index[rows]
        out = frame.join(added.reindex(frame.index), rsuffix="_predicted")
        if errors:
            out["error"] = [errors.get(row, "") for row in range(len(frame))]
        # the first data row of a CSV is its line 2
        return out, [f"row {row + 2}: {message}" for row, message in errors.items()]

    def contributions(self, formula: str) -> dict[str, float]:
        """What each element adds to the prediction of one formula, in `unit`; their sum is it."""
        composition = parse_formula(formula)
        self._check_known(composition)
        numbers = torch.tensor([composition.numbers], device=self.device)
        fractions = torch.tensor([composition.fractions], dtype=torch.float64, device=self.device)
        with torch.no_grad():
            parts = self.network.contributions(numbers, fractions)[0].double().cpu().numpy()
        scaler = self.bundle.scaler
        parts = scaler.std * parts + scaler.mean / len(parts)
        names = [SYMBOLS[z] for z in composition.numbers]
        return dict(zip(names, parts.tolist(), strict=True))

    def _frame(self, texts: Sequence[str], compositions: Sequence[Composition]) -> pd.DataFrame:
        import pandas as pd

        table = CompositionTable.of(compositions)
        value, log_scale = predict_standardised(self.network, Compounds(table, self.device))
        scaler, seen = self.bundle.scaler, self.bundle.elements_seen
        unseen = [" ".join(SYMBOLS[z] for z in sorted(set(c.numbers) - seen)) for c in compositions]
        return pd.DataFrame(
            {
                "formula": list(texts),
                "prediction": scaler.restore(value),
                "uncertainty": scaler.std * np.exp(log_scale),
                "unit": self.unit,
                "unseen_elements": unseen,
            }
        )

    def _check_known(self, composition: Composition) -> None:
        """The element vectors travel with the weights; an element without one is an error."""
        for z in composition.numbers:
            if z not in self.known:
                raise FormulaError(
                    f"'{composition.formula}': the bundle's element vectors lack {SYMBOLS[z]}."
                )


def predict_csv(
    predictor: Predictor, source: Path, out: Path, formula_column: str | None = None
) -> tuple[int, list[str]]:
    """Predict the formulas of a CSV and write it with all its columns to `out`.

    Returns:
        The number of rows written and a message for each row that could not be read.

    Raises:
        DataError: no such file or column, no readable formula, or `out` cannot be written.
    """
    frame = read_frame(source)
    column = formula_column_of(frame, source, formula_column)
    predicted, problems = predictor.predict_table(frame, column)
    if len(problems) == len(frame):
        raise DataError(f"{source}: no formula in column '{column}' can be read; {problems[0]}")
    try:
        predicted.to_csv(out, index=False)
    except OSError as e:
        raise DataError(f"{out} cannot be written: {e}") from e
    return len(predicted), problems


def load_predictor(folder: str | Path) -> Predictor:
    """The predictor of a bundle; BundleError where the folder is no intact bundle."""
    return Predictor.load(folder)
