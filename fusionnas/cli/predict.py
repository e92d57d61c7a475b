"""`fusionnas predict`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from fusionnas.cli.options import FormulaColumn, JsonOption
from fusionnas.errors import OptionError


def predict(
    bundle: Annotated[Path, typer.Argument(help="A bundle's folder.")],
    formulas: Annotated[list[str] | None, typer.Argument(help="Formulas to predict.")] = None,
    csv: Annotated[Path | None, typer.Option(help="A CSV of formulas instead.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV to write; all columns are kept.")
    ] = None,
    formula_column: FormulaColumn = None,
    as_json: JsonOption = False,
) -> None:
    """Predict the property of new formulas, with uncertainty."""
    if bool(formulas) == (csv is not None):
        raise OptionError("Give either formulas or --csv FILE to predict.")
    if csv is not None and output is None:
        raise OptionError("--csv needs -o FILE for the predictions.")
    if csv is None and output is not None:
        raise OptionError("-o is for --csv; predictions of formulas are printed.")
    from fusionnas.predict import Predictor, predict_csv

    predictor = Predictor.load(bundle)
    if csv is not None and output is not None:
        rows, problems = predict_csv(predictor, csv, output, formula_column)
        for problem in problems:
            print(problem, file=sys.stderr)
        failed = f", {len(problems)} could not be read" if problems else ""
        print(f"{rows} rows written to {output}{failed}")
        return
    frame = predictor.predict(formulas or [])
    if as_json:
        print(frame.to_json(orient="records", indent=2, force_ascii=False))
        return
    longest = max(len(formula) for formula in frame["formula"])
    for row in frame.itertuples():
        print(f"{row.formula:<{longest}}  {_prediction(row)}")


def _prediction(row: Any) -> str:
    """Value, uncertainty and unit; a flag where training never saw an element."""
    text = f"{row.prediction:10.4g} ± {row.uncertainty:.3g} {row.unit}"
    return text + (f"  never seen in training: {row.unseen_elements}" * bool(row.unseen_elements))
