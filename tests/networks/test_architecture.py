from __future__ import annotations

from pathlib import Path

import pytest

from fusionnas.errors import ArchitectureError
from fusionnas.files.yaml_file import read_yaml, write_yaml
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import canonical, identity
from fusionnas.networks.line import line
from fusionnas.networks.named import architecture_names, load_architecture
from fusionnas.networks.network import build
from tests.made.compounds import vectors


@pytest.mark.parametrize("name", architecture_names())
def test_named_architectures_survive_yaml(name: str, tmp_path: Path) -> None:
    architecture = load_architecture(name)
    write_yaml(tmp_path / "a.yaml", canonical(architecture).to_dict())
    again = Architecture.from_dict(read_yaml(tmp_path / "a.yaml", ArchitectureError))
    assert again == canonical(architecture)
    assert again.name == name
    assert identity(again) == identity(architecture)


def test_published_parameter_count() -> None:
    """Du et al.: L-G-DCNN at width 512 on mat2vec's 200 channels."""
    network = build(load_architecture("l-g-dcnn"), vectors(200), seed=0)
    assert network.parameter_count == 8_635_911


def test_crabnet_has_the_originals_parameters() -> None:
    """Wang et al.: width 512, three layers of 4 heads and 2048 inner channels, residual readout.

    Counted layer by layer: embedding 102,915; three encoder layers of 3,152,384; readout 2,427,139.
    """
    network = build(load_architecture("crabnet"), vectors(200), seed=0)
    assert network.parameter_count == 102_915 + 3 * 3_152_384 + 2_427_139 == 11_987_206


@pytest.mark.parametrize(
    ("name", "difference"),
    [
        ("l-g-dcnn-4b", {"local": [{"blocks": 4}]}),
        ("l-g-dcnn-6b", {"local": [{"blocks": 6}]}),
        ("model1", {"embedding": {"element_vectors": "onehot"}}),
        ("model2", {"readout": {"post": True}}),
        (
            "model3",
            {
                "local": [{"shortcuts": False, "region_shortcut": False}],
                "global": [{"attention": {"residual": False}}] * 2,
            },
        ),
        ("model4", {"local": [{"region_shortcut": False}]}),
    ],
)
def test_ablations_differ_by_what_was_published(name: str, difference: dict) -> None:
    def changed(plain: dict, by: dict) -> dict:
        out = dict(plain)
        for key, value in by.items():
            if isinstance(value, dict):
                out[key] = changed(plain[key], value)
            elif isinstance(value, list):
                out[key] = [changed(p, v) for p, v in zip(plain[key], value, strict=True)]
            else:
                assert plain[key] != value
                out[key] = value
        return out

    base = canonical(load_architecture("l-g-dcnn")).to_dict()
    theirs = canonical(load_architecture(name)).to_dict()
    assert changed(base, difference) | {"name": name} == theirs


def test_models_5_and_6_are_networks_with_another_name() -> None:
    assert identity(load_architecture("model5")) == identity(load_architecture("l-g-dcnn-v2"))
    assert identity(load_architecture("model6")) == identity(load_architecture("ldcnn"))


def test_canonical_form_fills_in_and_drops() -> None:
    short = Architecture.from_dict({"width": 64, "global": ["lstm"], "fusion": "skip"})
    written_out = Architecture.from_dict(
        {
            "name": "a label",
            "width": 64,
            "global": [{"kind": "lstm", "layers": 1, "bidirectional": True}],
            "fusion": "sequential",  # nothing to fuse
            "shared_attention": True,  # nothing to share
        }
    )
    assert canonical(short) == canonical(written_out)
    assert identity(short) == identity(written_out)
    assert identity(short) != identity(short.with_width(32))


def _with_vectors(name: str) -> dict:
    embedding = {"kind": "element_fraction", "element_vectors": name}
    return {"width": 32, "global": ["lstm"], "embedding": embedding}


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        ({"global": ["lstm"]}, "'width' must be a whole number"),
        ({"width": 30, "global": ["lstm"]}, "'width' must be a multiple of 4"),
        ({"width": 32}, "needs a global or a local component"),
        ({"width": 32, "global": ["lsmt"]}, r"global\[0\].*did you mean 'lstm'"),
        ({"width": 32, "global": [{"kind": "lstm", "layer": 2}]}, "did you mean 'layers'"),
        ({"width": 32, "global": [{"kind": "lstm", "layers": 9}]}, "'lstm.layers' must be a whole"),
        ({"width": 32, "local": [{"kind": "cnn", "kernel": 4}]}, "in steps of 2, but got 4"),
        (
            {"width": 36, "global": [{"kind": "self_attention", "heads": 8}]},
            "'self_attention.heads' must divide the width",
        ),
        ({"width": 32, "global": ["lstm"], "dropout": 2}, "'dropout' must be a number from 0"),
        ({"width": 32, "globals": ["lstm"]}, "no field 'globals'"),
        ({"width": 32, "global": "lstm"}, "'global' must be a list"),
        (
            _with_vectors("magpie+mat2vec"),
            r"'element_fraction.element_vectors' must name each once and in order, "
            r"'mat2vec\+magpie', but got 'magpie\+mat2vec'",
        ),
        (_with_vectors("magpie+magpie"), "must name each once and in order, 'magpie'"),
        (_with_vectors("mat2vec+onehot"), "can join mat2vec, magpie, .*, and not 'onehot'"),
        (_with_vectors("mat2vek"), "must be one of 'mat2vec', .* or several of them"),
        (
            _with_vectors("trainable") | {"descriptor": "statistics"},
            "descriptor: 'statistics' describes element vectors, and 'trainable' ones",
        ),
        (
            {"width": 32, "local": [{"kind": "dcnn_k1", "narrow": 2}, "cnn"]},
            "must be the last local component",
        ),
    ],
)
def test_what_cannot_be_built_says_why(plain: dict, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        canonical(Architecture.from_dict(plain))


def test_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(ArchitectureError, match="did you mean 'l-g-dcnn'"):
        load_architecture("l-g-dcn")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("crabnet", "92d2974cccb45f0d"),
        ("dcnn-k1", "91202643fc5a76aa"),
        ("l-g-dcnn-v1", "86bd7686e991b395"),
        ("ldcnn", "a385ef4559335a4f"),
        ("lstm", "5fb5d02b3d02341d"),
        ("model1", "a302312d0f5254bd"),
    ],
)
def test_identities_stay(name: str, written: str) -> None:
    """Studies and bundles on disk know networks by these; a new choice that is off adds nothing."""
    assert identity(load_architecture(name)) == written


def test_line_reads_well() -> None:
    architecture = Architecture.from_dict(
        {"width": 64, "global": [{"kind": "lstm", "attention": "soft"}], "local": ["dcnn"]}
    )
    assert line(architecture) == "LSTM +soft > DCNN(k3, 2B) | w64"
    v1 = load_architecture("l-g-dcnn-v1")
    assert line(v1) == (
        "LSTM +soft > GRU +soft > DCNN(k3, 2B) (skip) | max_channels | shared attention | w512"
    )
    smooth = Architecture.from_dict(
        {
            "width": 32,
            "global": ["message_passing"],
            "embedding": {
                "kind": "smooth_fraction",
                "element_vectors": "mat2vec+magpie",
                "wavelength": 0.2,
            },
            "descriptor": "statistics",
            "output": "hurdle",
        }
    )
    assert line(smooth) == (
        "MESSAGE-PASSING(2 heads) | statistics | hurdle | mat2vec+magpie | waves 0.2 | w32"
    )
    parallel = Architecture.from_dict(
        {
            "width": 32,
            "global": [{"kind": "gru", "layers": 2, "residual": "gated"}],
            "local": ["dcnn_k1"],
            "fusion": {"kind": "parallel", "join": "gate"},
        }
    )
    assert line(parallel) == "(GRU(layers=2) +gated residual || DCNN-K1(2B), gate) | w32"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("shared_attention", "no", "'shared_attention' must be true or false"),
        ("dropout", None, "'dropout' must be a number"),
        ("dropout", [0.1], "'dropout' must be a number"),
        ("heads", "two", "'heads' must be a whole number from 1"),
        ("heads", None, "'heads' must be a whole number from 1"),
        ("heads", 0, "'heads' must be a whole number from 1"),
        ("heads", 1.7, "'heads' must be a whole number from 1"),
    ],
)
def test_a_field_of_another_type_is_refused(field: str, value: object, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        Architecture.from_dict({"width": 16, "global": ["lstm"], field: value})
