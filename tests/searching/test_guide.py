"""The guided sampler: what it learns, what it proposes, and that a resume changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fusionnas.networks.architecture import Architecture
from fusionnas.networks.canonical import identity
from fusionnas.search_space.mutations import mutations
from fusionnas.search_space.space import SearchSpace
from fusionnas.search_space.space_file import load_space
from fusionnas.searching.effects import Effects
from fusionnas.searching.guide import (
    PRIOR_CHANGE,
    PRIOR_SPREAD,
    Guide,
    distance,
    guidance_of,
)
from fusionnas.searching.moves import move_columns, move_record
from fusionnas.searching.neighbourhood import Neighbourhood
from fusionnas.searching.study import ArchitectureStudy, Proposal
from tests.searching.toy import kept_in_memory

Guidance = Callable[[Architecture], float | tuple[float, float]]
# so few that sixty trials see some changes several times
FEW_CHOICES = """
width: {low: 32, high: 128, step: 32}
stages: {global: [0, 1, 2], local: [0, 1]}
global: {lstm: {layers: [1, 2]}, gru: {layers: [1, 2]}, self_attention: {heads: [2, 4]}}
local: {dcnn: {kernel: [3, 5], blocks: {low: 0, high: 3}}, cnn: {kernel: [3, 5]}}
attention: {none: {}, soft: {}}
residual: {none: {}, identity: {}, gated: {}}
fusion: {sequential: {}, skip: {}}
"""


def open_study(folder: Path, space: SearchSpace, design: int = 6) -> ArchitectureStudy:
    storage = ArchitectureStudy.open_storage(kept_in_memory(folder), "guided")
    return ArchitectureStudy(storage, space, 0, "guided", [], design)


def depth(architecture: Architecture) -> float:
    """A world in which more global components look more global, as the paper has it."""
    blocks = sum(int(stage.component.get("blocks", 0)) for stage in architecture.local_stages)
    return 0.6 - 0.5 * len(architecture.global_stages) + 0.2 * blocks


def tell(study: ArchitectureStudy, proposal: Proposal, guidance: Guidance = depth) -> None:
    seen = np.broadcast_to(guidance(proposal.architecture), 2)
    error = 1 + int(identity(proposal.architecture), 16) % 1000 / 1000
    metrics = {"val_mae": error, "collapsed": False, "guidance": [*seen.tolist(), None]}
    study.tell(proposal.number, "done", (error, float(np.abs(seen).mean())), metrics)


def run(study: ArchitectureStudy, count: int, guidance: Guidance = depth) -> list[Proposal]:
    found = []
    for _ in range(count):
        proposal = study.propose()
        assert proposal is not None
        tell(study, proposal, guidance)
        found.append(proposal)
    return found


def test_an_effect_moves_from_the_prior_to_what_was_seen() -> None:
    effects = Effects(2, PRIOR_SPREAD)
    assert effects.of("add global gru", -PRIOR_CHANGE).mean == pytest.approx([-PRIOR_CHANGE] * 2)
    assert effects.of("dcnn kernel up", 0).mean == pytest.approx([0, 0])
    means, deviations = [], []
    for _ in range(40):
        effects.add("add global gru", np.array([0.4, -0.2]))
        effect = effects.of("add global gru", -PRIOR_CHANGE)
        means.append(effect.mean)
        deviations.append(effects.draw([effect] * 200, np.random.default_rng(0)).std(axis=0)[0])
    first = [float(mean[0]) for mean in means]
    assert first == sorted(first)
    assert means[4] == pytest.approx(
        [0.2 - PRIOR_CHANGE / 2, -0.1 - PRIOR_CHANGE / 2]
    )  # five pairs
    assert means[-1] == pytest.approx([0.4, -0.2], abs=0.08)
    assert deviations[-1] < 0.5 * deviations[0]
    assert effects.of("add global lstm", -PRIOR_CHANGE).mean == pytest.approx([-PRIOR_CHANGE] * 2)


def test_drawn_effects_scatter_as_pairs_did() -> None:
    """What moved together in the pairs moves together in the draws, narrower by the pairs seen."""
    rng = np.random.default_rng(0)
    covariance = np.array([[0.04, -0.018], [-0.018, 0.01]])
    effects = Effects(2, PRIOR_SPREAD)
    for change in rng.multivariate_normal([0.3, 0.1], covariance, size=2000):
        effects.add("width up", change)
    assert effects.covariance == pytest.approx(covariance, abs=0.003)
    effect = effects.of("width up", 0)
    drawn = effects.draw([effect] * 4000, rng)
    assert np.cov(drawn.T) * effect.weight == pytest.approx(effects.covariance, rel=0.1)
    assert drawn.mean(axis=0) == pytest.approx(effect.mean, abs=0.001)


def test_thresholds_do_not_cancel(tmp_path: Path) -> None:
    """Too local at one threshold and as much too global at another is not the centre of the band.

    In this world attention takes a network to the centre, though it makes the error larger, and
    nothing changes the mean guidance.
    """
    (tmp_path / "few.yaml").write_text(
        "width: [16, 32]\nstages: {global: [1, 2], local: [0, 1]}\nglobal: {lstm: {}, gru: {}}\n"
        "local: {cnn: {kernel: [3, 5]}}\nattention: {none: {}, soft: {}}\n"
    )
    space = load_space(str(tmp_path / "few.yaml"))
    study = ArchitectureStudy(
        ArchitectureStudy.open_storage("sqlite://", "one"), space, 0, "random", [], 0
    )

    def twisted(architecture: Architecture) -> tuple[float, float]:
        stages = (*architecture.global_stages, *architecture.local_stages)
        twist = 0.6 - 0.25 * sum(stage.attention.kind != "none" for stage in stages)
        return twist, -twist

    for _ in range(40):
        proposal = study.propose()
        assert proposal is not None
        twist = twisted(proposal.architecture)
        error = 3 - twist[0] + int(identity(proposal.architecture), 16) % 1000 / 10_000
        metrics = {"val_mae": error, "collapsed": False, "guidance": list(twist)}
        study.tell(proposal.number, "done", (error, twist[0]), metrics)
    records = study.records()
    by_number = {r.number: r for r in records}
    guide, nearer = Guide(Neighbourhood(space)), []
    for seed in range(40):
        found = guide.propose(records, np.random.default_rng(seed), tried=set())
        assert found is not None
        child, move = found
        parent = Architecture.from_dict(by_number[move.parent].architecture)
        assert move.deviation == pytest.approx(twisted(parent)[0])
        near = [twisted(m.child)[0] for m in mutations(space, parent)]
        if min(near) < twisted(parent)[0] - 0.1:
            nearer.append(twisted(child)[0] < twisted(parent)[0] - 0.1)
    assert len(nearer) > 20
    assert np.mean(nearer) > 0.7


def test_origins_and_moves(tmp_path: Path, space: SearchSpace) -> None:
    study = open_study(tmp_path, space)
    run(study, 24)
    records = study.records()
    assert [r.origin for r in records[:6]] == ["random"] * 6
    later = [r for r in records[6:] if r.state != "duplicate"]
    assert {"guided", "tpe"} == {r.origin for r in later}
    by_number = {r.number: r for r in records}
    for record in later:
        if record.origin != "guided":
            assert record.move is None
            continue
        assert record.move is not None
        parent = by_number[record.move["parent"]]
        before = distance(guidance_of(parent))
        assert record.move["deviation"] == pytest.approx(before) == parent.values[1]
        near = mutations(space, Architecture.from_dict(parent.architecture))
        child = identity(Architecture.from_dict(record.architecture))
        assert record.move["change"] in {m.kind for m in near if m.identity == child}
        columns = move_columns(record, by_number)
        assert columns["actual_deviation_change"] == pytest.approx(record.values[1] - before)
        expected = record.move["expected_deviation"] - before
        assert columns["expected_deviation_change"] == pytest.approx(expected)
    told = move_record(records)
    assert told is not None
    assert 0 < len(told.actual) <= sum(r.origin == "guided" for r in records)
    assert f"{told.nearer} of {len(told.actual)} cases" in told.words


def test_too_local_networks_get_a_stronger_global_part(space: SearchSpace) -> None:
    """Of a front that is too local, most first choices are ones that look more global."""
    study = ArchitectureStudy(
        ArchitectureStudy.open_storage("sqlite://", "one"), space, 0, "random", [], 0
    )
    run(study, 4, lambda architecture: 0.8)
    guide = Guide(Neighbourhood(space))
    moves = [
        found[1]
        for seed in range(30)
        if (found := guide.propose(study.records(), np.random.default_rng(seed), set()))
    ]
    assert len(moves) == 30
    assert all("too local at 2 of 2" in move.why and "global part" in move.why for move in moves)
    assert np.mean([move.expected_deviation < move.deviation for move in moves]) > 0.6


def test_a_sign_is_learned_against_the_prior(tmp_path: Path) -> None:
    """In a world where global components look more local, the study says so in the end."""
    (tmp_path / "few.yaml").write_text(FEW_CHOICES)
    space = load_space(str(tmp_path / "few.yaml"))
    study = ArchitectureStudy(
        ArchitectureStudy.open_storage("sqlite://", "one"), space, 1, "guided", [], 12
    )

    def contrary(architecture: Architecture) -> float:
        return -1.5 + 0.8 * len(architecture.global_stages)

    run(study, 60, contrary)
    effects = study.agenda.adaptive.guide.effects(study.records())
    removals = {k: v.pairs for k, v in effects.seen.items() if k.startswith("remove global")}
    assert max(removals.values()) > 5
    often = max(removals, key=lambda kind: removals[kind])
    assert effects.of(often, PRIOR_CHANGE).mean.max() < 0  # +0.25 before any pair


def test_without_guidance_the_sampler_is_tpe(tmp_path: Path, space: SearchSpace) -> None:
    study = open_study(tmp_path, space)
    for _ in range(10):
        proposal = study.propose()
        assert proposal is not None
        study.tell(proposal.number, "done", (1.0, 0.0), {"val_mae": 1.0, "guidance": None})
    assert {r.origin for r in study.records()[6:]} == {"tpe"}
    assert move_record(study.records()) is None


def test_an_interrupted_proposal_keeps_its_move(tmp_path: Path, space: SearchSpace) -> None:
    straight, stopped = tmp_path / "straight", tmp_path / "stopped"
    for folder in (straight, stopped):
        folder.mkdir()
    whole = open_study(straight, space)
    run(whole, 20)
    first = open_study(stopped, space)
    run(first, 13)
    lost = first.propose()  # and the driver dies
    assert lost is not None
    second = open_study(stopped, space)
    second.resume(lambda number: None)
    run(second, 7)
    wanted = [
        (r.index, r.line, r.origin, r.move and r.move["change"])
        for r in whole.records()
        if r.state == "done"
    ]
    found = [
        (r.index, r.line, r.origin, r.move and r.move["change"])
        for r in second.records()
        if r.state == "done"
    ]
    assert found == wanted
    assert any(change for *_, change in found)


def test_what_does_not_fit_is_not_proposed(space: SearchSpace) -> None:
    study = ArchitectureStudy(
        ArchitectureStudy.open_storage("sqlite://", "one"), space, 0, "random", [], 0
    )
    run(study, 4)
    guide, records = Guide(Neighbourhood(space)), study.records()
    for seed in range(10):
        found = guide.propose(
            records,
            np.random.default_rng(seed),
            set(),
            lambda a: "too wide" if a.width > 16 else None,
        )
        assert found is None or found[0].width == 16
    assert guide.propose(records, np.random.default_rng(0), _Everything()) is None


class _Everything:
    def __contains__(self, one: object) -> bool:
        return True
