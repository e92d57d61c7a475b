"""What a model can be used for: each rule, by made figures."""

from __future__ import annotations

import numpy as np
import pytest

from fusionnas.models.usefulness import RULES, Facts, measured, usefulness

YARDSTICK = {"label": "a forest", "difference": 0.0, "difference_interval": [-1.0, 1.0]}


def facts(share: float, **given: object) -> Facts:
    return Facts(share * 50.0, 50.0, 0.6, "K", **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("share", "rule", "said", "warns"),
    [
        (1.2, "nothing learned", "do not use it", True),
        (0.98, "nothing learned", "do not use it", True),
        (0.9, "hardly better than the median", "do not use its values", True),
        (0.6, "ranking", "not for single values", False),
        (0.3, "screening", "single values only with their intervals", False),
        (0.1, "values", "Use its values with their intervals", False),
    ],
)
def test_a_rule_for_every_share_of_the_median_error(
    share: float, rule: str, said: str, warns: bool
) -> None:
    found = usefulness(facts(share), "The network")
    assert (found.rule, found.warns) == (rule, warns)
    assert said in found.words
    assert found.words.startswith(f"The network errs by {share * 50:.4g} K on average")


def test_every_rule_is_reached() -> None:
    shares = np.linspace(0, 1.5, 200)
    reached = {usefulness(facts(share), "It").rule for share in shares}
    assert reached == {rule.name for rule in RULES}


@pytest.mark.parametrize(
    ("difference", "low", "high", "said", "warns"),
    [
        (
            -3.0,
            -5.0,
            -1.0,
            "better than the best yardstick, a forest, by 3 K (95% interval 1 to 5",
            False,
        ),
        (0.5, -1.0, 2.0, "differ within chance", False),
        (3.0, 1.0, 5.0, "a forest, predicts better by 3 K (95% interval 1 to 5): prefer it", True),
    ],
)
def test_beside_the_best_yardstick(
    difference: float, low: float, high: float, said: str, warns: bool
) -> None:
    one = facts(0.1, yardstick="a forest", difference=difference, low=low, high=high)
    found = usefulness(one, "The predictor")
    assert said in found.words
    assert found.warns is warns


def test_what_is_measured() -> None:
    rng = np.random.default_rng(0)
    target = rng.normal(size=200)
    perfect = measured(target, target, 0.0, "", noise=0.25, best=YARDSTICK)
    assert perfect.mae == 0
    assert perfect.top_tenth == 1
    assert perfect.median_mae == pytest.approx(np.abs(target).mean())
    assert "entries of one composition differ by 0.25" in usefulness(perfect, "It").words
    opposite = measured(-target, target, 0.0, "")
    assert opposite.top_tenth == 0
    assert opposite.yardstick is None
    few = measured(target[:20], target[:20], 0.0, "")
    assert few.top_tenth is None  # two compounds tell nothing
    assert "tenth" not in usefulness(few, "It").words


def test_a_constant_target_has_no_share() -> None:
    one = measured(np.ones(60), np.ones(60), 1.0, "")
    assert one.share == 1
    assert usefulness(one, "It").warns
