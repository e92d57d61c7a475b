from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusionnas.data.sources import load_dataset
from fusionnas.data.table import encode_formulas
from fusionnas.models.baselines.magpie import magpie_features
from fusionnas.models.baselines.yardsticks import yardstick_predictions


@pytest.mark.parametrize("formula", ["NaCl", "SrTiO3", "Fe2O3", "LiFePO4", "Si", "Ca3Fe2C12N12"])
def test_features_are_magpies(formula: str) -> None:
    """Against matminer's featuriser, which gives six statistics of each property in turn."""
    from matminer.featurizers.composition import ElementProperty
    from pymatgen.core import Composition

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = ElementProperty.from_preset("magpie").featurize(Composition(formula))
    ours = magpie_features(encode_formulas([formula]))[0]
    np.testing.assert_allclose(ours, np.reshape(theirs, (22, 6)).T.ravel(), rtol=1e-5, atol=1e-4)


def test_the_forest_beats_the_median_where_there_is_something_to_learn(tmp_path: Path) -> None:
    table = load_dataset()
    rows = table.parts.train[:400]
    formulas = table.table.take(rows).formulas()
    oxygen = table.table.take(rows).contains(8)
    frame = pd.DataFrame({"formula": formulas, "target": oxygen.astype(float)})
    frame.to_csv(tmp_path / "t.csv", index=False)
    data = load_dataset(tmp_path / "t.csv")
    predicted = yardstick_predictions(data, seed=0)
    target = data.targets[data.parts.test]
    assert (predicted["median"] == np.median(data.targets[data.parts.train])).all()
    maes = {name: np.abs(target - values).mean() for name, values in predicted.items()}
    assert maes["random_forest"] < 0.5 * maes["median"]
