"""Outputs for targets with a spike or long tails: what they learn, predict and minimise."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from fusionnas.networks.architecture import Architecture
from fusionnas.networks.components.output import AsinhOutput, HurdleOutput
from fusionnas.networks.network import build
from tests.made.compounds import random_compounds, vectors


def heavy_tailed(size: int = 400) -> torch.Tensor:
    y = np.random.default_rng(0).standard_t(1.5, size)
    return torch.from_numpy((y - y.mean()) / y.std()).float()


def test_asinh_predicts_what_it_was_told_to_learn() -> None:
    """Where the error on its own scale is zero the prediction is the target."""
    output = AsinhOutput(8)
    y = heavy_tailed()
    output.fit(y)
    nothing = torch.zeros(len(y), 1)
    own = -output.residuals(nothing, nothing, nothing[:, 0], y)[0]  # the residual of u = 0
    assert abs(float(own.mean())) < 1e-4
    assert abs(float(own.std(correction=0)) - 1) < 1e-4
    shares = torch.tensor([0.7, 0.5, -0.2])
    parts, _ = output(nothing, own[:, None] * shares, nothing[:, 0])
    torch.testing.assert_close(parts.sum(dim=1), y, atol=1e-4, rtol=1e-3)
    error, log_scale, added = output.residuals(nothing, own[:, None], nothing[:, 0], y)
    assert error.abs().max() < 1e-4
    assert added is None
    assert torch.equal(log_scale, nothing[:, 0])


def test_asinh_keeps_far_predictions_within_bounds() -> None:
    output = AsinhOutput(8)
    y = heavy_tailed()
    output.fit(y)
    far = torch.tensor([[1e4], [-1e4]])
    z = output(far, far, torch.zeros(2))[0].sum(dim=1)
    a = y.double().median()
    assert float(y.max() - a) < float(z[0] - a) < 3 * float(y.max() - a)
    assert float(y.min() - a) > float(z[1] - a) > 3 * float(y.min() - a)


def test_asinh_scales_the_deviation_by_its_slope() -> None:
    output = AsinhOutput(8)
    output.fit(heavy_tailed())
    u = torch.linspace(-2, 2, 9)
    step = 1e-2

    def predict(u: torch.Tensor) -> torch.Tensor:
        return output(u[:, None], u[:, None], torch.zeros_like(u))[0].sum(dim=1)

    _, log_scale = output(u[:, None], u[:, None], torch.zeros_like(u))
    slope = (predict(u + step) - predict(u - step)) / (2 * step)
    torch.testing.assert_close(log_scale.exp(), slope, rtol=2e-3, atol=1e-4)


def test_a_constant_target_is_no_fault() -> None:
    output = AsinhOutput(8)
    output.fit(torch.zeros(10))
    parts, log_scale = output(torch.zeros(3, 2, 8), torch.randn(3, 2), torch.zeros(3))
    assert torch.isfinite(parts).all()
    assert torch.isfinite(log_scale).all()


def test_a_hurdle_finds_the_spike_and_goes_between_it_and_the_value() -> None:
    output = HurdleOutput(8)
    y = torch.tensor([-0.3] * 5 + [1.0, 2.0, 0.4])
    output.fit(y)
    assert float(output.spike) == float(y[0])
    torch.nn.init.zeros_(output.chance.weight)
    features, parts = torch.zeros(2, 3, 8), torch.tensor([[0.5, 0.5, 0.0], [2.0, 1.0, 0.0]])
    for chance, share in ((40.0, 1.0), (0.0, 0.5), (-40.0, 0.0)):
        torch.nn.init.constant_(output.chance.bias, chance)
        z = output(features, parts, torch.zeros(2))[0].sum(dim=1)
        torch.testing.assert_close(z, -0.3 + share * (torch.tensor([1.0, 3.0]) + 0.3))


def test_a_hurdle_learns_the_value_from_what_is_not_at_the_spike() -> None:
    output = HurdleOutput(8)
    target = torch.tensor([0.0, 0.0, 1.5, 0.0])
    output.fit(target)
    features = torch.randn(4, 2, 8)
    parts, log_scale = torch.randn(4, 2), torch.randn(4)
    error, scale, wrong = output.residuals(features, parts, log_scale, target)
    assert error.nonzero().flatten().tolist() == scale.nonzero().flatten().tolist() == [2]
    chance = output.chance(features.mean(dim=1))[:, 0]
    away = torch.tensor([0.0, 0.0, 1.0, 0.0])
    torch.testing.assert_close(wrong.mean(), F.binary_cross_entropy_with_logits(chance, away))


def test_what_an_output_learned_is_kept_with_the_weights() -> None:
    for kind in ("asinh", "hurdle"):
        plain = {"width": 16, "local": ["dcnn_k1"], "output": kind}
        network, again = (build(Architecture.from_dict(plain), vectors(), seed) for seed in (0, 1))
        network.fit_output(heavy_tailed())
        again.load_state_dict(network.state_dict())
        inputs = random_compounds(4, 3)
        torch.testing.assert_close(again(inputs), network(inputs))
