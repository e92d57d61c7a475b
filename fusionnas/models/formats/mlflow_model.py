"""A bundle as an MLflow model (pyfunc) for `mlflow models predict` and `serve`.

The model directory contains the bundle itself, and MLflow loads it with `_load_pyfunc` of this
module. There is no pickle and no second copy of the code that predicts.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fusionnas.data.conditions import NUMBER, Conditions
from fusionnas.data.table import CompositionTable
from fusionnas.errors import ExportError
from fusionnas.models.bundle import Bundle
from fusionnas.models.predictor import Predictor
from fusionnas.models.provenance import versions

if TYPE_CHECKING:
    import pandas as pd

FORMULA = "formula"  # name of the input column; conditions have their own names
EXAMPLE = ("SrTiO3", "Na3PO4")
# software that a prediction depends on
REQUIREMENTS = ("fusionnas", "torch", "numpy", "pymatgen")


class PyfuncModel:
    """The object that MLflow calls."""

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor

    def predict(self, model_input: Any, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """One row for each formula: the columns of `Predictor.predict`, and `error`.

        Args:
            model_input: a table with the column `formula`, and those of conditions.
            params: passed by MLflow; not used.
        """
        import pandas as pd

        read = [FORMULA, *self.predictor.condition_names]
        frame = pd.DataFrame(model_input).filter(items=read)
        predicted, _ = self.predictor.predict_table(frame, FORMULA)
        if "error" not in predicted:
            predicted["error"] = ""
        texts = predicted.select_dtypes("object").columns
        return predicted.fillna(dict.fromkeys(texts, ""))


def _load_pyfunc(path: str) -> PyfuncModel:
    """MLflow's hook: the model of the bundle at `path`."""
    return PyfuncModel(Predictor.load(path))


def write(
    folder: Path, bundle: Bundle, out: Path, rows: CompositionTable | None
) -> Mapping[str, Any]:
    """See `fusionnas.models.formats.Format.write`; the written model is loaded again.

    It holds the bundle itself, so examples are enough of a check.
    """
    import mlflow

    write_model(folder, bundle, out)
    loaded = mlflow.pyfunc.load_model(str(out))
    example = _example(bundle)
    found, expected = loaded.predict(example), PyfuncModel(Predictor(bundle)).predict(example)
    if not found.equals(expected):
        raise ExportError("The MLflow model predicts other values than the network.")
    return {"file": "MLmodel", "mlflow": mlflow.__version__}


def write_model(folder: Path, bundle: Bundle, out: Path) -> None:
    """Write the bundle in `folder` as a model directory, with signature and input example."""
    import mlflow
    from mlflow.models import infer_signature

    known = versions()
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    example = _example(bundle)
    predicted = PyfuncModel(Predictor(bundle)).predict(example)
    mlflow.pyfunc.save_model(
        out,
        loader_module=__name__,
        data_path=str(folder),
        signature=infer_signature(example, predicted),
        input_example=example,
        pip_requirements=[f"{name}=={known[name]}" for name in REQUIREMENTS if name in known],
        metadata={key: bundle.manifest[key] for key in ("target", "unit") if bundle.manifest[key]},
    )


def example_rows(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Two formulas, at the baseline of each condition, as a model with this manifest reads them."""
    conditions = Conditions.of_facts(manifest)
    columns = () if conditions is None else conditions.columns
    given = {c.name: float(c.baseline) if c.kind == NUMBER else c.baseline for c in columns}
    return [{FORMULA: formula, **given} for formula in EXAMPLE]


def _example(bundle: Bundle) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(example_rows(bundle.manifest))
