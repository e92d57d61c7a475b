"""Networks of several targets, and of conditions beside the formula, in other formats."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from fusionnas.data.composition import parse_formula
from fusionnas.data.conditions import Condition, Conditions
from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.scaling import Scaler
from fusionnas.data.table import encode_formulas
from fusionnas.errors import DataError, ExportError, OptionError
from fusionnas.models.bundle import load_bundle, save_bundle
from fusionnas.models.formats import find_format
from fusionnas.models.formats.agreement import largest_difference
from fusionnas.models.formats.condition_values import EncodedConditions
from fusionnas.models.formats.in_unit import NetworkInUnit
from fusionnas.models.formats.mlflow_model import PyfuncModel
from fusionnas.models.formats.torch_program import DESCRIPTION
from fusionnas.models.predictor import Predictor
from fusionnas.networks.architecture import Architecture, ComponentSpec
from fusionnas.networks.network import build
from fusionnas.statistics.calibration import Calibration
from fusionnas.workflows.export import export
from fusionnas.workflows.format_folder import write_format

CONDITIONS = Conditions(
    (
        Condition("temperature", "number", gaps=True, mean=500.0, std=200.0, low=300.0, high=900.0),
        Condition("route", "category", gaps=False, words=("melt", "sol-gel"), shares=(0.7, 0.2)),
        Condition("site", "category", gaps=True, words=("1", "2"), shares=(0.5, 0.3)),
    )
)
# encoded by hand, from the means, deviations and shares above
BY_HAND = {
    (300.0, 0.0, 1.0): [-1, 0, 0.3, -0.2, -0.5, 0.7, 0],
    (np.nan, np.nan, np.nan): [0, 1, 0, 0, 0, 0, 1],
    (900.0, 5.0, -1.0): [2, 0, 0, 0, 0, 0, 1],  # codes that are not listed
}
# the second target cannot be negative, and its scale moves all predictions below zero
TARGETS = [
    {"target": "gap", "unit": "eV", "lower_bound": None, "median": 1.0},
    {"target": "modulus", "unit": "GPa", "lower_bound": 0.0, "median": 1.0},
]
CELLS = {"temperature": ["300", "", "650.5"], "route": ["melt", "spin", "sol-gel"], "site": "2"}
FORMULAS = ["SrTiO3", "NaCl", "Li7La3Zr2O12"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of two targets that reads three conditions."""
    path = tmp_path_factory.mktemp("formats") / "bundle"
    channels = (("channels", CONDITIONS.width),)
    architecture = replace(
        Architecture.from_dict({"width": 8, "global": ["gru"], "local": ["dcnn"]}),
        heads=2,
        condition=ComponentSpec("readout", channels),
    )
    network = build(architecture, element_vectors("onehot"), seed=1)
    facts = {
        "target": "gap, modulus",
        "unit": "",
        "task": "multi-target",
        "line": "a line",
        "elements_seen": "O Ti Sr",
        "metrics": {},
        "data": {},
        "targets": [TARGETS[0], TARGETS[1] | {"interval": {"rows": 40, "factor_90": 2.5}}],
        "conditions": CONDITIONS.to_plain(),
    }
    save_bundle(
        path,
        network,
        Scaler((5.0, -50.0), (2.0, 0.1)),
        facts,
        texts={"model_card.md": "# both\n"},
        calibrations=[None, Calibration(np.linspace(0.1, 3, 40))],
    )
    return path


def written_as_described(description: Any) -> np.ndarray:
    """The cells as numbers, by the description in the exported file alone."""
    columns = []
    for one in description:
        cells = CELLS[one["name"]]
        texts = [cells] * len(FORMULAS) if isinstance(cells, str) else cells
        if one["kind"] == "number":
            columns.append([float(text or "nan") for text in texts])
        else:
            columns.append([one["codes"].get(text, np.nan) for text in texts])
    return np.array(columns, dtype=float).T


def check_predictions(folder: Path, found: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """Each pair is of one formula."""
    frame = Predictor.load(folder).predict(FORMULAS, conditions=CELLS)
    for place, (value, uncertainty) in enumerate(found):
        assert value.shape == uncertainty.shape == (1, 2)
        for k, one in enumerate(TARGETS):
            for kind, numbers in (("value", value), ("uncertainty", uncertainty)):
                expected = frame[f"{kind}_{one['target']}"][place]
                assert numbers[0, k] == pytest.approx(expected, abs=1e-4)
    assert (frame["value_modulus"] == 0).all()
    assert frame["value_gap"].nunique() == len(FORMULAS)


@pytest.mark.guards
def test_an_onnx_model_tells_its_targets_and_conditions(folder: Path, tmp_path: Path) -> None:
    import onnxruntime

    write_format(find_format("onnx"), folder, tmp_path / "out")
    session = onnxruntime.InferenceSession(str(tmp_path / "out" / "model.onnx"))
    assert [(i.name, i.shape) for i in session.get_inputs()] == [
        ("numbers", ["batch", "elements"]),
        ("fractions", ["batch", "elements"]),
        ("conditions", ["batch", 3]),
    ]
    assert [(o.name, o.shape) for o in session.get_outputs()] == [
        ("prediction", ["batch", 2]),
        ("uncertainty", ["batch", 2]),
    ]
    metadata = session.get_modelmeta().custom_metadata_map
    assert json.loads(metadata["targets"]) == [
        {"name": "gap", "unit": "eV"},
        {"name": "modulus", "unit": "GPa"},
    ]
    conditions = written_as_described(json.loads(metadata["conditions"]))
    found = []
    for place, composition in enumerate(map(parse_formula, FORMULAS)):
        inputs = {
            "numbers": np.array([composition.numbers]),
            "fractions": np.array([composition.fractions]),
            "conditions": conditions[place : place + 1],
        }
        found.append(tuple(session.run(None, inputs)))
    check_predictions(folder, found)
    out = tmp_path / "out"
    assert (out / "calibration-2.json").is_file()
    told = (out / "README.md").read_text()
    assert "A 90% interval of modulus is `prediction` ± 2.5 ×" in told
    assert "scores in `calibration-2.json`" in told
    assert "interval of gap" not in told
    assert "- `route`: 0 for 'melt', 1 for 'sol-gel'; NaN for another word\n" in told


@pytest.mark.guards
def test_a_torch_program_tells_its_conditions(folder: Path, tmp_path: Path) -> None:
    write_format(find_format("torch"), folder, tmp_path / "out")
    files = {DESCRIPTION: "", "manifest.json": ""}
    program = torch.export.load(str(tmp_path / "out" / "model.pt2"), extra_files=files).module()
    description = json.loads(files[DESCRIPTION])
    assert [one["unit"] for one in description["targets"]] == ["eV", "GPa"]
    conditions = torch.from_numpy(written_as_described(description["conditions"]))
    found = []
    for place, composition in enumerate(map(parse_formula, FORMULAS)):
        numbers = torch.tensor([composition.numbers])
        fractions = torch.tensor([composition.fractions], dtype=torch.float64)
        value, uncertainty = program(numbers, fractions, conditions[place : place + 1])
        found.append((value.detach().numpy(), uncertainty.detach().numpy()))
    check_predictions(folder, found)
    told = (tmp_path / "out" / "README.md").read_text()
    space: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path / "out")
        exec(told.partition("```python\n")[2].partition("```")[0], space)
    baseline = Predictor.load(folder).predict(["SrTiO3"], conditions=CONDITIONS.baseline)
    assert space["prediction"][0, 0].item() == pytest.approx(baseline["value_gap"][0], abs=1e-4)


def test_an_mlflow_model_reads_conditions_as_columns(folder: Path, tmp_path: Path) -> None:
    import mlflow

    with pytest.raises(OptionError, match="--trial is for studies"):
        export(folder, tmp_path / "out", trial="3", format="mlflow")
    written = export(folder, tmp_path / "out", format="mlflow")  # a bundle without a study
    assert (written.trial, written.check) == (None, "the mlflow model predicts the same")
    model = mlflow.pyfunc.load_model(str(tmp_path / "out"))
    names = ["formula", *CONDITIONS.names]
    assert model.metadata.signature.inputs.input_names() == names
    rows = pd.DataFrame({"formula": FORMULAS, **CELLS})
    rows["temperature"] = pd.to_numeric(rows["temperature"])
    found = model.predict(rows)
    expected = Predictor.load(folder).predict(FORMULAS, conditions=CELLS)
    for column in ("value_gap", "uncertainty_modulus", "unseen_conditions"):
        assert found[column].tolist() == expected[column].tolist()
    with pytest.raises(DataError, match="There is no column 'temperature'"):
        PyfuncModel(Predictor.load(folder)).predict(rows[["formula"]])


@pytest.mark.parametrize("given", list(BY_HAND), ids=["listed", "missing", "not listed"])
def test_conditions_are_encoded_in_the_file(given: tuple[float, ...]) -> None:
    encoded = EncodedConditions(CONDITIONS)(torch.tensor([given], dtype=torch.float64))
    assert encoded.dtype is torch.float32
    np.testing.assert_allclose(encoded[0], BY_HAND[given], atol=1e-6)
    if max(given[1:]) <= 1:
        np.testing.assert_array_equal(encoded, CONDITIONS.encode(np.array([given]))[:, :7])


def test_a_copy_is_checked_on_the_rows_that_are_given(folder: Path) -> None:
    """One that is wrong beyond the conditions of training, where no made-up compound is."""
    bundle = load_bundle(folder)
    original = NetworkInUnit(bundle)

    def wrong(*inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        value, uncertainty = original(*inputs)
        return value + (inputs[2][:, :1] > 900), uncertainty

    assert largest_difference(wrong, bundle, "copy") < 1e-6
    given = {"temperature": ["1000"], "route": ["melt"], "site": [""]}
    rows = CONDITIONS.with_cells(encode_formulas(["SrTiO3"]), given)
    assert largest_difference(original, bundle, "copy", rows) < 1e-6
    with pytest.raises(ExportError, match="differs from the network by 10 standard deviations"):
        largest_difference(wrong, bundle, "copy", rows)
