from __future__ import annotations

from dataclasses import replace

import numpy as np

from fusionnas.workflows.preparation import Ingredients
from fusionnas.workflows.search_options import SearchOptions
from tests.made.small_data import small_dataset


def prepared(targets: np.ndarray) -> Ingredients:
    dataset = replace(small_dataset(), targets=targets)
    return Ingredients.read(SearchOptions(data=dataset, epochs=1, probe="all", folds="off"))


def test_a_target_with_a_spike_gets_a_hurdle_among_the_first_trials() -> None:
    plain = small_dataset().targets
    spiked = np.where(np.arange(len(plain)) % 2, 0.0, plain)
    names = [architecture.name for architecture in prepared(plain).warm_starts()]
    found = prepared(spiked)
    first, second, *others = found.warm_starts()
    assert second.output.kind == "hurdle"
    assert replace(second, output=first.output) == first
    assert second.name == f"{first.name} with hurdle"
    assert [first.name, *(a.name for a in others)] == names
    assert sum("Output 'hurdle' is tried" in note for note in found.notes) == 1
    assert set(found.space.output.kinds) == {"none", "hurdle"}
    assert set(prepared(plain).space.output.kinds) == {"none"}
