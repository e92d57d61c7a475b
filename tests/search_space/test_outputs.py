from __future__ import annotations

import numpy as np

from fusionnas.networks.components.registry import kinds
from fusionnas.search_space.outputs import suited
from fusionnas.search_space.space import SearchSpace
from fusionnas.search_space.space_file import load_space

RNG = np.random.default_rng(0)


def offered(targets: np.ndarray, space: SearchSpace | None = None) -> set[str]:
    space, reasons = suited(space or load_space("full"), targets)
    assert set(reasons) == set(space.output.kinds) - {"none"}
    return set(space.output.kinds)


def test_the_full_space_has_every_output() -> None:
    assert set(load_space("full").output.kinds) == set(kinds("output"))


def test_outputs_are_offered_for_the_targets_that_they_are_made_for() -> None:
    plain = RNG.normal(size=2000)
    assert offered(plain) == {"none"}
    assert offered(RNG.laplace(size=2000)) == {"none"}
    assert offered(np.where(RNG.random(2000) < 0.3, 0.0, np.abs(plain))) == {"none", "hurdle"}
    assert offered(np.exp(2 * plain)) == {"none", "asinh"}
    assert offered(np.zeros(50)) == {"none", "hurdle"}


def test_the_reason_is_told_in_words() -> None:
    targets = np.r_[np.zeros(60), np.arange(1, 41)]
    assert suited(load_space("full"), targets)[1] == {"hurdle": "60% of its values are 0"}


def test_a_space_with_one_output_stays_as_it_is() -> None:
    space = load_space("paper")
    same, reasons = suited(space, np.exp(3 * RNG.normal(size=500)))
    assert same is space
    assert reasons == {}
