"""What `fusionnas explain` prints."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fusionnas.insight.explanation import Explained
from fusionnas.insight.reading.formula import Explanation, explain_formulas
from fusionnas.models.predictor import Predictor
from fusionnas.terminal.explanations import print_explained
from tests.made.small_networks import small_network


def printed(network: Predictor, one: Explanation, capsys: pytest.CaptureFixture[str]) -> str:
    print_explained(Explained({"ours": network}, (one.formula,), {"ours": [one]}))
    return " ".join(capsys.readouterr().out.split())


def test_a_prediction_that_was_raised_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    network = small_network("lstm")
    (one,) = explain_formulas(network, ["SrTiO3"])
    assert one.total == pytest.approx(one.value, abs=1e-4)
    assert sum(network.shares("SrTiO3").values()) == pytest.approx(one.value, abs=1e-4)
    assert "raised" not in printed(network, one, capsys)
    bound = one.value + 1
    manifest = {**network.manifest, "lower_bound": bound}
    raised = Predictor(replace(network.bundle, manifest=manifest))
    (two,) = explain_formulas(raised, ["SrTiO3"])
    assert (two.value, two.total) == (bound, one.total)
    text = printed(raised, two, capsys)
    assert f"add up to {one.total:.4g}, and the prediction is raised to {bound:g}" in text
    assert "±" not in text
