"""Mutations as properties over random networks of the shipped spaces."""

from __future__ import annotations

from collections.abc import Iterator

import optuna
import pytest

from fusionnas.errors import ArchitectureError
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import canonical, identity
from fusionnas.networks.components.registry import rows
from fusionnas.networks.named import load_architecture
from fusionnas.search_space.mutations import mutations
from fusionnas.search_space.space import SearchSpace
from fusionnas.search_space.space_file import load_space

SPACES = ["default", "paper", "full", "small-data"]


def drawn(space: SearchSpace, count: int) -> Iterator[Architecture]:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    while count:
        try:
            yield space.suggest(study.ask())
        except ArchitectureError:
            continue
        count -= 1


@pytest.mark.parametrize("name", SPACES)
def test_every_mutation_is_another_architecture_of_the_space(name: str) -> None:
    space = load_space(name)
    for architecture in drawn(space, 5):
        found = mutations(space, architecture)
        assert found
        names = [identity(m.child) for m in found]
        assert identity(architecture) not in names
        assert len(set(names)) == len(names)
        for mutation in found:
            assert canonical(mutation.child) == mutation.child
            assert identity(mutation.child) == mutation.identity
            again = optuna.trial.FixedTrial(space.parameters_of(mutation.child))
            assert space.suggest(again) == mutation.child


@pytest.mark.parametrize("name", SPACES)
def test_what_was_changed_can_be_changed_back(name: str) -> None:
    """But for the parameters of a component that was put in anew, and for order."""
    space = load_space(name)
    for architecture in drawn(space, 3):
        for mutation in mutations(space, architecture):
            if mutation.kind.startswith(("add", "remove")) or " to " in mutation.kind:
                continue
            back = {m.identity: m for m in mutations(space, mutation.child)}
            assert identity(architecture) in back
            assert back[identity(architecture)].prior == -mutation.prior


def test_one_thing_is_changed() -> None:
    space = load_space("default")
    published = space.fitted(load_architecture("ldcnn"))
    assert published is not None
    start = space.suggest(optuna.trial.FixedTrial(space.parameters_of(published)))
    for mutation in mutations(space, start):
        a, b = start.to_dict(), mutation.child.to_dict()
        different = [key for key in a | b if key != "name" and a.get(key) != b.get(key)]
        if mutation.kind.startswith("remove"):  # fusion of one part alone is always the same
            different = [key for key in different if key != "fusion"]
        assert len(different) == 1, mutation.kind


def test_every_component_takes_part() -> None:
    """In a space that offers all of them, each global and local kind can be put in."""
    space = load_space("full")
    start = next(a for a in drawn(space, 50) if a.global_stages and a.local_stages)
    kinds = {m.kind for m in mutations(space, start)}
    for family, offered in (("global", space.global_.kinds), ("local", space.local.kinds)):
        for kind in offered:
            in_use = start.global_stages if family == "global" else start.local_stages
            by_exchange = any(
                f"{family} {stage.component.kind} to {kind}" in kinds for stage in in_use
            )
            assert by_exchange or any(stage.component.kind == kind for stage in in_use), kind


def test_expected_signs() -> None:
    """By family, not by name: more of the global part lowers the guidance, more of the local
    part raises it; a wider kernel is expected to do nothing."""
    space = load_space("full")
    start = space.fitted(load_architecture("ldcnn"))
    assert start is not None
    prior = {m.kind: m.prior for m in mutations(space, start)}
    assert prior["add global gru"] == prior["lstm layers up"] == prior["add soft attention"] == -1
    assert prior["dcnn blocks up"] == prior["local dcnn to dcnn_k1"] == 1
    assert prior["remove local dcnn"] == prior["dcnn blocks down"] == -1
    assert prior["remove global lstm"] == 1
    assert prior["dcnn kernel up"] == prior["local dcnn to cnn"] == prior["width down"] == 0


def test_depth_is_marked_where_a_component_repeats_itself() -> None:
    deep = {row.kind for row in rows() for p in row.parameters.values() if p.depth}
    assert {"lstm", "gru", "self_attention", "dcnn", "dcnn_k1", "resnet"} <= deep
    assert not {"cnn", "text_cnn"} & deep
