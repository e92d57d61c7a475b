"""Every format against the network, over the registry and the named architectures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from fusionnas.data.composition import parse_formula
from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.scaling import Scaler
from fusionnas.data.table import encode_formulas
from fusionnas.errors import ExportError, OptionError
from fusionnas.models.bundle import Bundle, save_bundle
from fusionnas.models.formats import FORMATS, find_format
from fusionnas.models.formats.agreement import TOLERANCE, largest_difference
from fusionnas.models.formats.in_unit import NetworkInUnit
from fusionnas.models.formats.readme import readme
from fusionnas.models.formats.tracing import trace
from fusionnas.models.predictor import Predictor
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.components.convolution import CNN
from fusionnas.networks.components.registry import Component, rows
from fusionnas.networks.inputs import Inputs
from fusionnas.networks.named import architecture_names, load_architecture
from fusionnas.networks.network import build
from fusionnas.statistics.class_metrics import of_each_class
from fusionnas.workflows.format_folder import write_format
from tests.made.compounds import vectors
from tests.networks.components.test_contract import architecture_with, identify

# a scan, a loop over convolution taps, a pooling and an attention
MIXED = Architecture.from_dict(
    {
        "width": 8,
        "global": [{"kind": "gru", "bidirectional": False, "attention": "soft"}],
        "local": [{"kind": "dpcnn", "blocks": 1, "residual": "identity"}],
        "pooling": "max",
    }
)
FACTS = {
    "target": "gap",
    "unit": "eV",
    "line": "a line",
    "elements_seen": "O Ti Sr",
    "metrics": {},
    "data": {},
}


def made(architecture: Architecture) -> Bundle:
    return Bundle(build(architecture, vectors(), seed=1).eval(), Scaler(5.0, 2.0), FACTS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle on disk."""
    path = tmp_path_factory.mktemp("formats") / "bundle"
    network = build(MIXED, element_vectors("onehot"), seed=1)
    save_bundle(path, network, Scaler(5.0, 2.0), FACTS, texts={"model_card.md": "# gap\n"})
    return path


@pytest.mark.guards
def test_an_onnx_model_runs_with_onnxruntime_alone(folder: Path, tmp_path: Path) -> None:
    import onnxruntime

    write_format(find_format("onnx"), folder, tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "model.onnx",
        "manifest.json",
        "README.md",
        "model_card.md",
    }
    session = onnxruntime.InferenceSession(str(tmp_path / "out" / "model.onnx"))
    assert [(i.name, i.shape) for i in session.get_inputs()] == [
        ("numbers", ["batch", "elements"]),
        ("fractions", ["batch", "elements"]),
    ]
    assert [o.name for o in session.get_outputs()] == ["prediction", "uncertainty"]
    metadata = session.get_modelmeta().custom_metadata_map
    assert (metadata["unit"], metadata["target"]) == ("eV", "gap")
    predictor = Predictor.load(folder)
    for formula in ("SrTiO3", "NaCl", "O2", "Li7La3Zr2O12"):
        composition = parse_formula(formula)
        value, uncertainty = session.run(
            None,
            {
                "numbers": np.array([composition.numbers]),
                "fractions": np.array([composition.fractions]),
            },
        )
        row = predictor.predict([formula])
        assert value[0] == pytest.approx(row["value"][0], abs=1e-4)
        assert uncertainty[0] == pytest.approx(row["uncertainty"][0], abs=1e-4)
    written = json.loads((tmp_path / "out" / "manifest.json").read_text())["exported"]
    assert written["format"] == "onnx"
    assert written["largest_difference"] <= TOLERANCE


@pytest.mark.guards
def test_a_torch_program_runs_as_its_readme_says(folder: Path, tmp_path: Path) -> None:
    write_format(find_format("torch"), folder, tmp_path / "out")
    readme = (tmp_path / "out" / "README.md").read_text()
    code = readme.partition("```python\n")[2].partition("```")[0]
    space: dict[str, Tensor] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path / "out")
        exec(code, space)
    row = Predictor.load(folder).predict(["SrTiO3"])
    assert space["prediction"].item() == pytest.approx(row["value"][0], abs=1e-4)
    assert "gap, in eV" in readme


@pytest.mark.guards
@pytest.mark.parametrize("classes", [["salt", "metal"], ["a", "b", "c"]])
def test_an_onnx_model_of_classes_gives_a_probability_each(
    classes: list[str], tmp_path: Path
) -> None:
    import onnxruntime

    heads = len(classes) if len(classes) > 2 else 1
    network = build(replace(MIXED, heads=heads), element_vectors("onehot"), seed=1)
    scaler = Scaler(tuple(np.log([0.5, 0.3, 0.2])), 0.8) if heads > 1 else Scaler(0.4, 0.8)
    facts = {**FACTS, "unit": "", "task": "classification", "classes": classes}
    save_bundle(tmp_path / "own", network, scaler, facts, texts={"model_card.md": "# kind\n"})
    write_format(find_format("onnx"), tmp_path / "own", tmp_path / "out")
    session = onnxruntime.InferenceSession(str(tmp_path / "out" / "model.onnx"))
    assert [output.shape for output in session.get_outputs()] == [["batch", len(classes)]] * 2
    composition = parse_formula("SrTiO3")
    numbers, fractions = np.array([composition.numbers]), np.array([composition.fractions])
    found = session.run(None, {"numbers": numbers, "fractions": fractions})[0]
    expected = of_each_class(
        Predictor.load(tmp_path / "own").mixture(encode_formulas(["SrTiO3"])).value
    )
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert f"(B, {len(classes)})" in (tmp_path / "out" / "README.md").read_text()
    assert json.loads(session.get_modelmeta().custom_metadata_map["classes"]) == classes


def test_an_mlflow_model_takes_formulas(folder: Path, tmp_path: Path) -> None:
    import mlflow
    import pandas as pd

    write_format(find_format("mlflow"), folder, tmp_path / "out")
    model = mlflow.pyfunc.load_model(str(tmp_path / "out"))
    assert model.metadata.signature.inputs.input_names() == ["formula"]
    assert model.input_example is None or len(model.input_example) == 2
    found = model.predict(pd.DataFrame({"formula": ["SrTiO3", "Fe@O"]}))
    expected = Predictor.load(folder).predict(["SrTiO3"])
    for column in set(expected.columns) & set(found.columns):
        assert found[column][0] == expected[column][0], column
    assert found["error"][0] == ""
    assert "'@' is not part of a formula" in found["error"][1]


def test_the_order_of_elements_and_the_size_of_amounts_do_not_matter() -> None:
    module = NetworkInUnit(made(MIXED))
    composition = parse_formula("CaTiNaO3")  # three equal amounts
    numbers = torch.tensor([composition.numbers])
    fractions = torch.tensor([composition.fractions], dtype=torch.float64)
    value = module(numbers, fractions)[0]
    straight = made(MIXED).network(Inputs(numbers, fractions))[0].double() * 2 + 5
    torch.testing.assert_close(value, straight)
    for order in ([3, 2, 1, 0], [1, 3, 0, 2]):
        again = module(numbers[:, order], fractions[:, order] * 6)[0]
        torch.testing.assert_close(again, value, atol=0, rtol=0)


def test_a_lower_bound_is_in_the_exported_program() -> None:
    """The scale moves all predictions below zero."""
    network = build(MIXED, vectors(), seed=1).eval()
    bounded = Bundle(network, Scaler(-50.0, 2.0), {**FACTS, "lower_bound": 0.0})
    inputs = torch.tensor([[38, 22, 8]]), torch.tensor([[0.2, 0.2, 0.6]], dtype=torch.float64)
    value, uncertainty = trace(bounded).module()(*inputs)
    assert value.item() == 0
    assert uncertainty.item() > 0
    row = Predictor(bounded).predict(["SrTiO3"]).iloc[0]
    assert (row["value"], row["lower"]) == (0, 0)
    assert row["upper"] >= 0
    free = Bundle(network, Scaler(-50.0, 2.0), FACTS)
    assert NetworkInUnit(free)(*inputs)[0].item() < 0
    assert Predictor(free).predict(["SrTiO3"])["value"][0] < 0
    manifest = {**FACTS, "lower_bound": 0.0, "exported": {"file": "model.onnx"}}
    manifest["interval"] = {"rows": 100, "factor_90": 2.5}
    assert "Raise a lower end below 0 to 0." in readme("onnx", manifest)
    assert "Raise" not in readme("onnx", {**manifest, "lower_bound": None})


class _Unrolled(CNN):
    """A component that torch can trace for one number of elements alone."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([x[:, i] for i in range(x.shape[1])], dim=1)


def test_a_component_that_cannot_be_traced_is_named() -> None:
    bundle = made(MIXED)
    stage = bundle.network.local_stages[0]
    assert isinstance(stage, nn.Module)
    stage.component = _Unrolled(8)
    with pytest.raises(ExportError, match="The local component 'dpcnn' cannot be exported"):
        trace(bundle)


@pytest.mark.guards
def test_a_module_that_is_used_twice() -> None:
    """Of such a network torch's tracer shows subclasses instead of its modules."""
    bundle = made(load_architecture("l-g-dcnn").with_width(16))
    assert largest_difference(trace(bundle).module(), bundle, "program") <= TOLERANCE


def test_a_copy_that_predicts_otherwise_is_refused() -> None:
    bundle = made(MIXED)
    original = NetworkInUnit(bundle)
    assert largest_difference(original, bundle, "copy") < 1e-6
    with pytest.raises(ExportError, match=r"The copy differs from the network by 0\.5 standard"):
        largest_difference(lambda *x: (original(*x)[0] + 1, original(*x)[1]), bundle, "copy")
    with pytest.raises(ExportError, match="The copy fails for 1 compounds of 1 elements"):
        largest_difference(lambda n, x: original(n[:, :5], x[:, 1]), bundle, "copy")


def test_formats_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OptionError, match="did you mean 'onnx'"):
        find_format("onx")
    monkeypatch.setattr("fusionnas.models.formats.find_spec", lambda name: None)
    with pytest.raises(OptionError, match=r'pip install "fusionnas\[onnx\]"'):
        find_format("onnx")
    assert find_format("torch") is FORMATS["torch"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["onnx", "torch"])
@pytest.mark.parametrize("row", rows(), ids=identify)
def test_every_component_can_be_exported(row: Component, name: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    written = FORMATS[name].write(tmp_path, made(architecture_with(row)), tmp_path)
    assert written["largest_difference"] <= TOLERANCE


@pytest.mark.slow
@pytest.mark.parametrize("name", ["onnx", "torch"])
@pytest.mark.parametrize("named", architecture_names())
def test_every_named_architecture_can_be_exported(named: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    bundle = made(load_architecture(named).with_width(16))
    assert FORMATS[name].write(tmp_path, bundle, tmp_path)["largest_difference"] <= TOLERANCE
