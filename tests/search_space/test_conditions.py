"""Where conditions enter is a choice of a space only where the data have conditions."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusionnas.networks.architecture import ComponentSpec
from fusionnas.networks.canonical import canonical, identity
from fusionnas.networks.named import load_architecture
from fusionnas.search_space.conditions import for_conditions
from fusionnas.search_space.members import members
from fusionnas.search_space.mutations import mutations
from fusionnas.search_space.space_file import load_space

TINY = "width: 8\nstages: {global: 1}\nglobal: {lstm: {}, gru: {}}\n"


@pytest.mark.parametrize("name", ["default", "full", "paper", "small-data"])
def test_without_conditions_a_space_is_the_same(name: str) -> None:
    space = load_space(name)
    assert for_conditions(space, 0).hash == space.hash


def test_every_place_is_a_choice(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    space = for_conditions(load_space(str(tmp_path / "tiny.yaml")), 3)
    found = list(members(space))
    assert space.size == len(found) == 6
    assert {a.condition.kind for a in found} == {"readout", "element", "gate"}
    assert {a.condition["channels"] for a in found} == {3}
    kinds = {one.kind for one in mutations(space, found[0])}
    assert {"condition readout to gate", "condition readout to element"} <= kinds
    for architecture in found:
        assert canonical(architecture) == architecture


def test_a_space_can_name_its_places(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY + "condition: {gate: {}}\n")
    space = load_space(str(tmp_path / "tiny.yaml"))
    assert {a.condition.kind for a in members(for_conditions(space, 2))} == {"gate"}
    assert {a.condition.kind for a in members(for_conditions(space, 0))} == {"none"}


def test_a_published_architecture_begins_at_the_first_place() -> None:
    space = for_conditions(load_space("default"), 4)
    fitted = space.fitted(load_architecture("lstm"))
    assert fitted is not None
    assert fitted.condition == ComponentSpec.of("readout", channels=4)
    parameters = space.parameters_of(fitted)
    assert parameters["condition"] == "readout"
    # that of data with other conditions, or with none
    for channels in (0, 7):
        other = for_conditions(load_space("default"), channels).with_condition(fitted)
        assert identity(space.with_condition(other)) == identity(fitted)
