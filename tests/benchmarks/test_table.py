"""The table of trained architectures: it is what its README says, and replays are fair."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks.table.portfolio import portfolio_without
from benchmarks.table.protocol import VERSIONS, Protocol
from benchmarks.table.replay import ARMS, FIRST_ARMS, RUNG_ARMS, Arm, Course, Replay
from benchmarks.table.table import Table
from fusionnas.cecv.vector import Cecv
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import identity
from fusionnas.search_space.members import members
from fusionnas.search_space.space import SearchSpace
from fusionnas.search_space.space_file import load_space
from fusionnas.searching.design import FULL as RANDOM_PROPOSALS
from fusionnas.searching.records import PROPOSAL
from fusionnas.searching.study import Proposal
from tests.searching.toy import SPACE

V1 = Protocol.read("v1")
SETS = tuple(V1.sets)
SIZES = {"v1": 246, "v2": 480}


@pytest.fixture(scope="module", params=SETS)
def table(request: pytest.FixtureRequest) -> Table:
    return Table.read(V1, request.param)


def test_members_are_all_of_a_space(tmp_path: Path) -> None:
    """As many as the space counts, each once."""
    (tmp_path / "toy.yaml").write_text(SPACE)
    for space in (V1.space, load_space(str(tmp_path / "toy.yaml"))):
        found = list(members(space))
        assert len({identity(a) for a in found}) == len(found)
        assert len(found) <= space.size
        assert all(_proposes(space, a) for a in found[::17])


def test_each_version_has_its_members_and_the_last_are_of_the_default_space() -> None:
    for version in VERSIONS:
        assert len(list(members(Protocol.read(version).space))) == SIZES[version]
    default = load_space("default")
    for architecture in members(Protocol.read("v2").space):
        assert _proposes(default, architecture)


def _proposes(space: SearchSpace, architecture: Architecture) -> bool:
    return bool(space.parameters_of(architecture))


def test_the_table_is_whole(table: Table) -> None:
    epochs, rungs = V1.sets[table.data].epochs, V1.rung_epochs(table.data)
    names = {identity(a) for a in members(V1.space)}
    assert set(table.members) == names
    assert len(table.references) == 8
    for record in table.members.values():
        assert identity(Architecture.from_dict(record["architecture"])) == record["name"]
        if record["state"] == "done":
            assert [look["epoch"] for look in record["rungs"]] == list(rungs)
            assert len(record["val_maes"]) <= epochs
            assert record["val_mae"] == pytest.approx(min(record["val_maes"]), rel=1e-4)
            assert record["rungs"][0]["val_mae"] == min(record["val_maes"][: rungs[0]])
    probes = {Cecv.from_dict(record["cecv"]).provenance.probe_hash for record in table.done} | {
        Cecv.from_dict(r["cecv"]).provenance.probe_hash for r in table.references
    }
    assert len(probes) == 1


def test_there_is_a_band(table: Table) -> None:
    assert table.band is not None
    assert set(table.deviations) == {record["name"] for record in table.done}
    assert min(table.deviations.values()) < 0.25


def course(arm: Arm, seed: int = 0, trials: int = 20) -> Course:
    return Replay(Table.read(V1, SETS[0]), arm, seed, trials).run()


def test_a_replay_is_the_same_twice_and_pairs_the_random_design() -> None:
    by_arm = {}
    for arm in ARMS[:2] + ARMS[4:6]:
        by_arm[arm.name] = course(arm)
        assert by_arm[arm.name] == course(arm)
    design = RANDOM_PROPOSALS - 2  # duplicates are no trials
    first = by_arm["random"]
    for other in by_arm.values():
        assert other.best[:design] == first.best[:design]
    assert len({tuple(c.best) for c in by_arm.values()}) > 1
    for one in by_arm.values():
        assert one.best == sorted(one.best, reverse=True)
        assert one.hypervolume == sorted(one.hypervolume)
        assert one.seconds == sorted(one.seconds)
    assert course(ARMS[0], seed=1) != first


def test_rungs_spend_less_on_each_trial() -> None:
    off, mae = (course(arm, trials=30) for arm in RUNG_ARMS[:2])
    assert mae.trials[-1] == off.trials[-1] or mae.trials[-1] <= 30
    assert 0 < len(mae.best) < len(off.best)
    assert mae.seconds[-1] < 0.9 * off.seconds[-1]  # the random design is trained to its end


def test_a_replay_begins_with_the_portfolio_of_the_other_data_sets() -> None:
    firsts = portfolio_without(V1.version, SETS[0])
    assert firsts != portfolio_without(V1.version, SETS[1])
    errors = [Table.read(V1, SETS[0]).members[identity(a)]["val_mae"] for a in firsts]
    for arm in FIRST_ARMS:
        found = course(arm, trials=len(firsts) + 1)
        assert found.best[: len(firsts)] == np.minimum.accumulate(errors).tolist()


@pytest.mark.parametrize("sampler", ["tpe", "motpe", "nsga2"])
def test_a_replay_shows_a_sampler_each_network_once(sampler: str) -> None:
    """Copies come, are answered from the record, and don't end the search."""
    replay = Replay(Table.read(V1, SETS[0]), Arm(sampler, sampler), 1, 50)
    seen: list[int] = []
    propose = replay.study.propose

    def watched() -> Proposal | None:
        proposal = propose()
        if (view := getattr(replay.study.study.sampler, "view", None)) is not None:
            ended = [t for t in view.trials if t.state.is_finished()]
            names = [t.user_attrs[PROPOSAL]["identity"] for t in ended]
            assert len(set(names)) == len(names)
            seen.append(len(names))
        return proposal

    replay.study.propose = watched  # type: ignore[method-assign]
    replay.run()
    records = replay.study.records()
    assert sum(r.state == "duplicate" for r in records) > 5
    assert sum(r.counts for r in records) == 50
    assert not replay.queue.trials.exhausted
    assert max(seen) == 49


@pytest.mark.slow
@pytest.mark.skipif("TABLE_DATA" not in os.environ, reason="TABLE_DATA: the folder of the data")
@pytest.mark.parametrize("data", SETS)
def test_a_row_is_trained_again_to_the_same_value(data: str) -> None:
    """On the same kind of processor; another one may differ in the last digits."""
    from benchmarks.table.measure import Laboratory, member_run

    laboratory = Laboratory(V1, Path(os.environ["TABLE_DATA"]))
    architecture = next(iter(members(V1.space)))
    again = laboratory.measure(member_run(data, architecture, seed=0))
    kept = Table.read(V1, data).members[identity(architecture)]
    assert again["val_mae"] == pytest.approx(kept["val_mae"], rel=1e-4)
    assert again["cecv"]["counts"] == kept["cecv"]["counts"]
