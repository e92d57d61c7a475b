"""Sweeps of one of several targets, beside the known compositions of its study."""

from __future__ import annotations

import re

import numpy as np
import pytest

from fusionnas.errors import BundleError, OptionError, StudyError
from fusionnas.insight.known_data import KnownData, trained_on
from fusionnas.insight.sweeps import sweep
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.named_network import open_network, open_networks
from fusionnas.tasks.columns import values_of
from tests.made.several import NAMES, study_of_targets


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return study_of_targets(tmp_path_factory)


@pytest.mark.parametrize("place", range(len(NAMES)))
def test_the_known_compositions_of_the_target_are_shown(study: StudyFolder, place: int) -> None:
    """Those that have a value of it; the same by the name of the study and by that of its model."""
    data = study.data()
    values = values_of(data, "target")[:, place]
    elements = [set(re.findall("[A-Z][a-z]?", formula)) for formula in data["formula"]]
    pair = next(
        one
        for one, value in zip(elements, values, strict=True)
        if len(one) == 2 and np.isfinite(value)
    )
    own = [e <= pair and np.isfinite(v) for e, v in zip(elements, values, strict=True)]
    symbols = sorted(pair)
    for named in (study.path, study.best):
        found = sweep(f"{named}:{NAMES[place]}", symbols, points=5)
        assert sorted(found.known["known"]) == pytest.approx(sorted(values[own]), rel=1e-6)
        assert found.target == NAMES[place]
        assert not [note for note in found.notes if "not available" in note]


def test_the_source_is_that_of_the_target(study: StudyFolder) -> None:
    network = open_network(f"{study.path}:{NAMES[1]}")
    known = trained_on(network)
    assert known is not None
    stored = values_of(study.data(), "target")[:, 1]
    np.testing.assert_array_equal(known.targets, stored[np.isfinite(stored)])
    assert (known.target, known.fingerprint) == (NAMES[1], network.fingerprint)
    with pytest.raises(StudyError, match=r"several targets .* none of which is 'hardness'"):
        KnownData.of_study(study, "hardness")


def test_different_targets_are_different_properties(study: StudyFolder) -> None:
    first, second, _ = (f"{study.path}:{name}" for name in NAMES)
    assert len(open_networks([first, second])) == 2
    with pytest.raises(BundleError, match="Networks of different properties cannot be compared"):
        sweep([first, second], ["Li", "O"])
    with pytest.raises(OptionError, match="is named twice"):
        open_networks([first, f"{study.best}:{NAMES[0]}"])
