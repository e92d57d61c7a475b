"""Components against closed forms and torch's own modules."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from fusionnas.data.element_vectors import embedding_table
from fusionnas.data.table import encode_formulas
from fusionnas.models.baselines.magpie import magpie_features
from fusionnas.networks.components.attention import SoftAttention, TransformerEncoder
from fusionnas.networks.components.convolution import DCNN, ElementConv
from fusionnas.networks.components.descriptor import statistics
from fusionnas.networks.components.embedding import (
    FractionTable,
    FractionWaves,
    SmoothFractionEmbedding,
)
from fusionnas.networks.components.message_passing import MessagePassing
from fusionnas.networks.components.pooling import SoftPooling
from fusionnas.networks.components.readout import GatedMean
from fusionnas.networks.components.recurrent import DilatedRNN, MinGRU
from fusionnas.networks.inputs import Inputs


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("n", [1, 2, 3, 8])
def test_element_conv_is_conv1d(kernel: int, n: int) -> None:
    ours = ElementConv(6, 4, kernel)
    theirs = nn.Conv1d(6, 4, kernel, padding="same")
    with torch.no_grad():
        theirs.weight.copy_(ours.weight.permute(1, 2, 0))
        theirs.bias.copy_(ours.bias)
    x = torch.randn(3, n, 6)
    out, expected = ours(x), theirs(x.transpose(1, 2)).transpose(1, 2)
    torch.testing.assert_close(out, expected, atol=1e-5, rtol=1e-5)
    for y in (out, expected):
        (y**2).sum().backward()
    for mine, other in (
        (ours.weight.grad, theirs.weight.grad.permute(2, 0, 1)),
        (ours.bias.grad, theirs.bias.grad),
    ):
        torch.testing.assert_close(mine, other, atol=1e-4, rtol=1e-4)


def test_post_norm_encoder_is_torchs() -> None:
    """CrabNet is built from torch's encoder layer."""
    ours = TransformerEncoder(16, layers=1, heads=4, feedforward=4, norm="post").eval()
    theirs = nn.TransformerEncoderLayer(16, 4, 64, dropout=0.0, batch_first=True).eval()
    layer = ours.layers[0]
    with torch.no_grad():
        theirs.self_attn.in_proj_weight.copy_(layer["attention"].qkv.weight)
        theirs.self_attn.in_proj_bias.copy_(layer["attention"].qkv.bias)
        theirs.self_attn.out_proj.load_state_dict(layer["attention"].out.state_dict())
        theirs.linear1.load_state_dict(layer["up"].state_dict())
        theirs.linear2.load_state_dict(layer["down"].state_dict())
    x = torch.randn(3, 5, 16)
    torch.testing.assert_close(ours(x), theirs(x), atol=1e-5, rtol=1e-5)


def test_fraction_table() -> None:
    """sin(i / 50^(2j/D)), i = round(x R) - 1, on even and odd channels alike."""
    table = FractionTable(8, 5000)
    x = torch.tensor([[1.0, 0.5, 1 / 3, 2e-4, 1e-6]], dtype=torch.float64)
    i = np.array([4999, 2499, 1666, 0, 0])
    j = np.arange(8)
    expected = np.sin(i[:, None] / 50 ** (2 * j / 8))
    np.testing.assert_allclose(table(x)[0], expected, atol=1e-5)


def test_fraction_waves() -> None:
    """From the shortest wavelength to 4: after a whole one the same, and close ones look alike."""
    table = FractionWaves(8, 0.2)
    x = torch.tensor([[0.3, 0.5, 0.1, 1 / 11, 0.001]], dtype=torch.float64)
    waves = table(x)[0]
    torch.testing.assert_close(waves[0, :2], waves[1, :2], atol=1e-5, rtol=0)
    w = [0.2 * 20 ** (k / 3) for k in range(4)]
    np.testing.assert_allclose(waves[0, 6], np.sin(2 * np.pi * 0.3 / w[3]), atol=1e-5)
    np.testing.assert_allclose(waves[0, 3], np.cos(2 * np.pi * 0.3 / w[1]), atol=1e-5)
    tenth = (waves[2] - waves[3]).abs().max()
    stepped = FractionTable(8, 5000)(x)[0]
    assert tenth < 0.3 < (stepped[2] - stepped[3]).abs().max()


def test_doping_levels_stay_apart_and_a_tenth_looks_like_an_eleventh() -> None:
    embedding = SmoothFractionEmbedding(32, torch.zeros(119, 4)).eval()
    x = torch.tensor([[0.001, 0.01, 0.1, 1 / 11]], dtype=torch.float64)
    with torch.no_grad():
        dopant, more, tenth, eleventh = embedding(Inputs(torch.ones(1, 4).long(), x))[0]
    close = (tenth - eleventh).norm()
    assert (dopant - more).norm() > 5 * close
    assert close < 0.1 * tenth.norm()


def test_thirds_are_the_same_step_however_rounded() -> None:
    table = FractionTable(4, 3000)
    x = torch.tensor([[1 / 3, 0.3333333333, 0.33333333]], dtype=torch.float64)
    steps = table(x)[0]
    assert torch.equal(steps[0], steps[1])
    assert torch.equal(steps[0], steps[2])


def test_deep_convolution_blocks() -> None:
    """One block on one element with kernel taps outside: c + W2 relu(W1 relu(c))."""
    module = DCNN(4, kernel=3, blocks=0)
    x = torch.randn(2, 1, 4)
    region, (_, first, _, second) = module.region, module.blocks[0]

    def tap(conv: ElementConv, v: torch.Tensor) -> torch.Tensor:
        return v @ conv.weight[1].T + conv.bias

    c = tap(region, x)
    expected = c + tap(second, torch.relu(tap(first, torch.relu(c))))
    torch.testing.assert_close(module(x), expected)
    torch.testing.assert_close(module.before_last_shortcut(x), expected - c)


def test_soft_attention() -> None:
    module = SoftAttention(4)
    h = torch.randn(2, 3, 4)
    a = torch.softmax(module.score(torch.relu(module.hidden(h))), dim=1)
    assert torch.allclose(a.sum(dim=1), torch.ones(2, 1))
    torch.testing.assert_close(module(h), (1 + a) * h)


def test_dilated_rnn_goes_back_by_powers_of_two() -> None:
    """Step t of the second layer goes on from its step t - 2."""
    module = DilatedRNN(4, layers=2)
    x = torch.randn(1, 6, 4)
    first = []
    for t in range(6):
        first.append(module.cells[0](x[:, t], first[t - 1] if t else torch.zeros(1, 4)))
    second = []
    for t in range(6):
        second.append(module.cells[1](first[t], second[t - 2] if t > 1 else torch.zeros(1, 4)))
    torch.testing.assert_close(module(x), torch.stack(second, dim=1))


def test_min_gru_is_a_running_mean() -> None:
    z = torch.full((1, 4, 1), 0.5)
    candidate = torch.tensor([[[8.0], [0.0], [4.0], [0.0]]])
    expected = torch.tensor([[[4.0], [2.0], [3.0], [1.5]]])
    torch.testing.assert_close(MinGRU._scan(z, candidate), expected)


def test_messages_are_weighted_by_fractions() -> None:
    """Without scores, an element takes the mean of messages with the fractions as weights."""
    module = MessagePassing(4, layers=1, heads=1)
    nn.init.zeros_(module.scores[0].weight)
    x = torch.randn(1, 3, 4)
    fractions = torch.tensor([[0.6, 0.3, 0.1]], dtype=torch.float64)
    receiver, sender = module.ends[0](x).chunk(2, dim=-1)
    messages = module.messages[0](nn.functional.leaky_relu(receiver[:, :, None] + sender[:, None]))
    expected = x + (fractions[:, None, :, None] * messages).sum(dim=2).float()
    torch.testing.assert_close(module(x, fractions), expected)


def test_statistics_are_those_of_the_trees() -> None:
    """Min, max, range, mean and average deviation as the Magpie features have them."""
    formulas = ["NaCl", "Fe2O3", "CaTiO3", "Cu0.1Zn0.9O", "Si"]
    table = encode_formulas(formulas)
    properties = torch.from_numpy(np.nan_to_num(embedding_table("magpie")))
    low, high, spread, mean, deviation, _ = np.split(magpie_features(table), 6, axis=1)
    expected = np.concatenate([mean, deviation, low, high, spread], axis=1)
    for rows, numbers, fractions in table.groups().values():
        v = properties[torch.from_numpy(numbers.astype(np.int64))]
        found = statistics(v, torch.from_numpy(fractions))
        np.testing.assert_allclose(found, expected[rows], rtol=1e-5, atol=1e-5)


def test_soft_pooling_is_an_exponential_mean() -> None:
    x = torch.tensor([[[0.0], [1.0], [3.0]]])
    w = x.exp()
    ends = [(w * x)[0, :2].sum() / w[0, :2].sum(), (w * x)[0].sum() / w[0].sum()]
    pooled = SoftPooling(1)(x)[0, :, 0]
    assert pooled[0] == pytest.approx(float(ends[0]))
    assert pooled[1] == pytest.approx(float(ends[1]))


def test_gated_mean() -> None:
    features = torch.randn(2, 3, 4)
    for order in ("gate_first", "mean_first"):
        module = GatedMean(4, order=order)
        p, s, g = module.linear(features).unbind(-1)
        contributions, log_scale = module(features)
        if order == "gate_first":
            expected = (torch.sigmoid(g) * p).mean(dim=1)
        else:
            expected = torch.sigmoid(g.mean(dim=1)) * p.mean(dim=1)
        torch.testing.assert_close(contributions.sum(dim=1), expected)
        torch.testing.assert_close(log_scale, s.mean(dim=1))
