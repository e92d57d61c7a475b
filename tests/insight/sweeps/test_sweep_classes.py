"""Probabilities of classes along compositions and along a condition."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusionnas.errors import DataError, OptionError
from fusionnas.insight.known_data import KnownData
from fusionnas.insight.sweeps import sweep, sweep_condition
from fusionnas.insight.sweeps.curves import curves_of, known_values
from fusionnas.models.predictor import Predictor
from fusionnas.statistics.class_metrics import of_each_class
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.named_network import open_networks
from fusionnas.tasks.columns import values_of
from tests.made.class_study import THREE, TWO, class_study
from tests.made.command_line import fusionnas
from tests.made.small_data import small_dataset
from tests.made.small_networks import small_bundle


@pytest.fixture(scope="module", params=[TWO, THREE], ids=len)
def study(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> StudyFolder:
    return class_study(tmp_path_factory, request.param)


def elements_of(study: StudyFolder) -> list[str]:
    """Two elements of a known compound of both alone."""
    found = (re.findall("[A-Z][a-z]?", formula) for formula in study.data()["formula"])
    return next(elements for elements in found if len(elements) == 2)


def test_a_curve_is_the_probability_of_a_class(study: StudyFolder, tmp_path: Path) -> None:
    classes = tuple(study.facts["data"]["classes"])
    found = sweep(study.path, elements_of(study), points=11)
    shown = classes[1:] if len(classes) == 2 else classes
    assert found.networks == tuple(f"{study.name}:{name}" for name in shown)
    model = Predictor.load(study.best)
    for name in shown:
        own = found.table[found.table["network"] == f"{study.name}:{name}"]
        own = own.drop_duplicates("formula", keep=False)  # equal fractions are there in both orders
        p = of_each_class(values_of(model.predict(own["formula"]), "value"))
        np.testing.assert_allclose(own["value"], p[:, classes.index(name)], atol=1e-5)
    assert "share_" not in " ".join(found.table.columns)
    known = found.known.merge(study.data(), on="formula")
    assert len(known)
    named = known["network"].str.rpartition(":")[2].map(classes.index)
    np.testing.assert_array_equal(known["known"], (named == known["target"]).astype(float))
    assert {path.suffix for path in found.save(tmp_path)} == {".svg", ".csv"}
    json.dumps(found.to_dict(), allow_nan=False)


def test_one_class_can_be_named_and_two_seen_side_by_side(study: StudyFolder) -> None:
    one = sweep(f"{study.path}:low", ["Li", "Al", "O"], points=5)
    assert one.target == "probability of low"
    assert one.view.png(30)
    both = sweep([f"{study.path}:low", f"{study.path}:high"], ["Li", "O"], points=5)
    assert both.target == f"probability of each {study.facts['data']['target']}"
    if len(study.facts["data"]["classes"]) == 2:
        sums = both.table.groupby(["formula", "order"])["value"].sum()
        np.testing.assert_allclose(sums, 1, atol=1e-6)
    with pytest.raises(OptionError, match="is named twice"):
        sweep([f"{study.path}:low"] * 2, ["Li", "O"])


def test_known_classes_come_from_a_table_of_classes(study: StudyFolder, tmp_path: Path) -> None:
    formulas = [f"Li{place}O{41 - place}" for place in range(1, 41)]
    kinds = ["high", "low"] * 20
    pd.DataFrame({"formula": formulas, "kind": kinds}).to_csv(tmp_path / "k.csv", index=False)
    found = sweep(
        f"{study.path}:low", ["Li", "O"], points=5, data=tmp_path / "k.csv", target_column="kind"
    )
    assert sorted(found.known["known"]) == [0] * 20 + [1] * 20
    assert found.known.set_index("formula")["known"][formulas[1]] == 1
    with pytest.raises(OptionError, match="cannot be swept together"):
        sweep([study.path, small_bundle("lstm")], ["Li", "O"])


def test_on_the_command_line(study: StudyFolder, tmp_path: Path) -> None:
    options = ("--points", "5", "-o", "out", "--html", "page.html")
    done = fusionnas("sweep", f"{study.path}:high", "Li", "O", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "probability of high" in done.stdout
    assert "probability of high" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_source_of_numbers_is_refused(study: StudyFolder, tmp_path: Path) -> None:
    curve = curves_of(open_networks(study.path))[0]
    with pytest.raises(DataError, match="predicts a class, and the target of"):
        known_values(curve, KnownData.of_dataset(small_dataset(50)))


def test_models_of_formulas_alone_have_nothing_to_sweep_along(study: StudyFolder) -> None:
    with pytest.raises(OptionError, match="reads formulas alone"):
        sweep_condition(study.path, ["NaCl"], "temperature")
    with pytest.raises(OptionError, match="has no condition 'temperature'"):
        sweep(study.path, ["Li", "O"], conditions={"temperature": 3})
