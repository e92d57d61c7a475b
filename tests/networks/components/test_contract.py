"""One contract for every component in the registry: a new one is tested without a new test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from fusionnas.networks.architecture import Architecture, ComponentSpec, Stage, Value
from fusionnas.networks.components import Choice, Component, rows
from fusionnas.networks.inputs import Inputs
from fusionnas.networks.network import Network, build
from fusionnas.networks.network_file import read_network, write_network
from tests.made.compounds import random_compounds, vectors
from tests.made.processor import needs_bf16

WIDTH = 16


def identify(row: Component) -> str:
    return f"{row.family}:{row.kind}"


def architecture_with(row: Component, **params: Value) -> Architecture:
    """A small architecture that uses the component."""
    lstm, cnn = Stage(ComponentSpec("lstm")), Stage(ComponentSpec("cnn"))
    own = ComponentSpec.of(row.kind, **params)
    match row.family:
        case "global":
            return Architecture(WIDTH, global_stages=(Stage(own),))
        case "local":
            return Architecture(WIDTH, local_stages=(Stage(own),))
        case "attention":
            return Architecture(WIDTH, global_stages=(Stage(lstm.component, attention=own),))
        case "residual":
            return Architecture(WIDTH, global_stages=(Stage(lstm.component, residual=own),))
        case family:
            return Architecture(WIDTH, (lstm,), (cnn,), **{family: own})


@pytest.fixture(params=rows(), ids=identify)
def row(request: pytest.FixtureRequest) -> Component:
    return request.param


@pytest.fixture
def network(row: Component) -> Network:
    return build(architecture_with(row), vectors(), seed=1).eval()


def compounds_for(network: Network, count: int, n: int) -> Inputs:
    """Random compounds, with conditions if the network reads some."""
    inputs = random_compounds(count, n)
    if network.architecture.condition.kind == "none":
        return inputs
    channels = int(network.architecture.condition["channels"])
    return replace(inputs, conditions=torch.linspace(-1, 1, count * channels).view(count, channels))


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 16])
def test_every_number_of_elements_works(network: Network, n: int) -> None:
    inputs = random_compounds(4, n)
    value, log_scale = network(inputs)
    assert value.shape == log_scale.shape == (4,)
    assert torch.isfinite(value).all()
    assert torch.isfinite(log_scale).all()
    assert network.element_features(inputs).shape[:2] == (4, n)


def test_batch_mates_do_not_matter(network: Network) -> None:
    inputs = compounds_for(network, 6, 3)
    together = network(inputs)[0]
    alone = torch.cat([network(inputs[i : i + 1])[0] for i in range(6)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


def test_contributions_add_up(network: Network) -> None:
    inputs = compounds_for(network, 5, 4)
    parts = network.contributions(inputs)
    torch.testing.assert_close(parts.sum(dim=1), network(inputs)[0])


def test_gradients_reach_every_parameter(network: Network) -> None:
    inputs = compounds_for(network, 64, 4)
    value, log_scale = network.train()(inputs)
    (value.square().sum() + log_scale.square().sum()).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().sum() > 0 or _is_softmax_shift(name), name


def _is_softmax_shift(name: str) -> bool:
    """A constant added to all scores of a softmax, or to all its keys, changes nothing."""
    return name.endswith("score.bias")


def test_declared_equivariance_holds(row: Component) -> None:
    """Elements in another order give the same features in that order, or the row says not."""
    if row.family not in ("global", "local"):
        base = Architecture(
            WIDTH,
            (Stage(ComponentSpec("self_attention")),),
            (Stage(ComponentSpec("dcnn_k1")),),
        )
        own = ComponentSpec(row.kind)
        if row.family in ("attention", "residual"):
            stage = Stage(ComponentSpec("self_attention"), **{row.family: own})
            architecture = Architecture(WIDTH, (stage,), base.local_stages)
        else:
            architecture = Architecture(
                WIDTH, base.global_stages, base.local_stages, **{row.family: own}
            )
    else:
        architecture = architecture_with(row)
    network = build(architecture, vectors(), seed=1).eval()
    inputs = random_compounds(5, 5)
    order = torch.tensor([3, 0, 4, 1, 2])
    straight = network.element_features(inputs)[:, order]
    permuted = network.element_features(inputs.reordered(order))
    same = torch.allclose(straight, permuted, atol=1e-5)
    assert same == row.equivariant


@needs_bf16
def test_bfloat16_agrees(network: Network) -> None:
    """As in training on a GPU: products in bfloat16, the readout in float32."""
    inputs = random_compounds(16, 4)
    with torch.no_grad():
        exact = network(inputs)[0]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            rounded = network(inputs)[0]
    assert rounded.dtype == torch.float32
    assert (exact - rounded).abs().max() < 0.05 * (1 + exact.abs().max())


def test_save_and_load(network: Network, tmp_path: Path) -> None:
    write_network(tmp_path, network)
    again = read_network(tmp_path).eval()
    assert again.architecture == network.architecture
    inputs = compounds_for(network, 3, 4)
    torch.testing.assert_close(again(inputs), network(inputs))


@pytest.mark.slow
def test_torch_compile_runs_it(network: Network) -> None:
    torch._dynamo.reset()
    compiled = torch.compile(network, backend="inductor")
    inputs = random_compounds(4, 4)
    torch.testing.assert_close(compiled(inputs), network(inputs), atol=1e-4, rtol=1e-4)


def test_every_parameter_makes_a_difference(row: Component) -> None:
    """Another value of a parameter builds another network, or computes something else."""
    inputs = random_compounds(4, 4)
    usual = build(architecture_with(row), vectors(), seed=1).eval()
    for parameter in row.parameters.values():
        if parameter.name in ("element_vectors", "fraction_scale"):
            continue  # the table that `build` is given; where a factor starts from 1 to be trained
        if isinstance(parameter.domain, Choice):
            values = list(parameter.domain.options)
        else:
            number = type(parameter.default)
            values = [number(parameter.domain.low), number(parameter.domain.high)]
        other = next(v for v in values if v != parameter.default)
        changed = architecture_with(row, **{parameter.name: other})
        network = build(changed, vectors(), seed=1).eval()
        assert usual.parameter_count != network.parameter_count or not torch.allclose(
            usual(inputs)[0], network(inputs)[0]
        ), parameter.name


def test_same_seed_same_weights(row: Component) -> None:
    a, b, c = (build(architecture_with(row), vectors(), seed=s) for s in (3, 3, 4))
    equal = [torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters(), strict=True)]
    assert all(equal)
    assert any(not torch.equal(p, q) for p, q in zip(a.parameters(), c.parameters(), strict=True))


def test_every_component_says_what_it_is(row: Component) -> None:
    assert row.summary.endswith((".", ":"))
    assert len(row.source) > 3
