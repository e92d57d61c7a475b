from __future__ import annotations

import math
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from fusionnas.errors import OptionError
from fusionnas.networks.canonical import identity
from fusionnas.search_space.space import SearchSpace
from fusionnas.search_space.space_file import load_space
from fusionnas.searching.records import TrialRecord
from fusionnas.searching.samplers import POPULATION, SAMPLERS, check_sampler
from fusionnas.searching.selection import front, recommended
from fusionnas.searching.study import ArchitectureStudy, Proposal
from tests.searching.toy import kept_in_memory, proposed, result_of


def open_study(
    folder: Path,
    space: SearchSpace,
    sampler: str = "tpe",
    seed: int = 0,
    design: int = 4,
    url: str | None = None,
) -> ArchitectureStudy:
    """The toy study of a folder: in memory, or in the database of that URL."""
    warm = [space.suggest(optuna.trial.FixedTrial(PARAMS))]
    storage = ArchitectureStudy.open_storage(url or kept_in_memory(folder), "toy")
    return ArchitectureStudy(storage, space, seed, sampler, warm, design)


PARAMS = {
    "stages": "1+1",
    "width": 32,
    "global0": "lstm",
    "global0.lstm.layers": 1,
    "global0.attention": "none",
    "local0": "dcnn",
    "local0.dcnn.blocks": 2,
    "fusion": "sequential",
}


def tell(study: ArchitectureStudy, proposal: Proposal) -> None:
    result = result_of({"architecture": proposal.architecture.to_dict(), "seed": 0})
    metrics = {"val_mae": result["val_mae"], "collapsed": False}
    study.tell(proposal.number, "done", (result["val_mae"], 0.5), metrics)


def run(study: ArchitectureStudy, count: int) -> list[Proposal]:
    return proposed(study, count, tell)


def identities(proposals: list[Proposal]) -> list[str]:
    return [identity(p.architecture) for p in proposals]


def test_order_of_origins(tmp_path: Path, space: SearchSpace) -> None:
    proposals = run(open_study(tmp_path, space), 8)
    assert proposals[0].architecture == space.suggest(optuna.trial.FixedTrial(PARAMS))
    assert [p.origin for p in proposals][:1] == ["named:"]
    assert {p.origin for p in proposals[1:4]} == {"random"}
    assert proposals[-1].origin == "tpe"


def test_no_architecture_is_evaluated_twice(tmp_path: Path, space: SearchSpace) -> None:
    study = open_study(tmp_path, space)
    proposals = run(study, 25)
    assert len(set(identities(proposals))) == 25
    repeated = [r for r in study.records() if r.state == "duplicate"]
    assert repeated
    for record in repeated:  # answered from the record
        twin = study.records()[record.metrics["duplicate_of"]]
        assert record.values == twin.values
        assert record.line == twin.line


def test_a_resume_counts_repetitions_as_the_uninterrupted_search(
    tmp_path: Path, space: SearchSpace
) -> None:
    """How wide TPE chooses depends on how often it was just answered from the record."""
    (tmp_path / "whole").mkdir()
    whole = run(open_study(tmp_path / "whole", space), 30)
    parts = []
    (tmp_path / "parts").mkdir()
    for _ in range(30):
        study = open_study(tmp_path / "parts", space)
        study.resume(lambda number: None)
        parts += run(study, 1)
    assert identities(parts) == identities(whole)
    assert [p.index for p in parts] == [p.index for p in whole]


def test_a_small_space_is_exhausted(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(
        "width: 16\nstages: {local: 1}\nlocal: {cnn: {kernel: [1, 3]}}\n"
    )
    space = load_space(str(tmp_path / "tiny.yaml"))
    storage = ArchitectureStudy.open_storage(kept_in_memory(tmp_path), "tiny")
    study = ArchitectureStudy(storage, space, 0, "random", [], 2)
    run(study, 2)
    assert study.propose() is None
    assert study.counted() == 2


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_proposals_are_reproducible(tmp_path: Path, space: SearchSpace, sampler: str) -> None:
    sequences = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        (tmp_path / name).mkdir()
        study = open_study(tmp_path / name, space, sampler, seed)
        sequences.append(identities(run(study, 10)))
    assert sequences[0] == sequences[1] != sequences[2]


def test_a_resumed_search_goes_on_as_the_uninterrupted_one(
    tmp_path: Path, space: SearchSpace
) -> None:
    (tmp_path / "whole").mkdir()
    whole = run(open_study(tmp_path / "whole", space), 12)
    (tmp_path / "parts").mkdir()
    first = open_study(tmp_path / "parts", space)
    done = run(first, 6)
    interrupted = first.propose()  # the driver dies here
    assert interrupted is not None
    second = open_study(tmp_path / "parts", space)
    assert second.resume(lambda number: None) == []
    done += run(second, 6)
    assert identities(done) == identities(whole)
    assert done[6].index == interrupted.index
    assert second.seed_of(done[6]) == first.seed_of(interrupted)
    states = [r.state for r in second.records()]
    assert states.count("interrupted") == 1
    assert "running" not in states
    assert second.counted() == 12


@pytest.mark.parametrize("sampler", ["nsga2", "nsga3"])
def test_genetic_samplers_learn_from_the_first_networks(
    tmp_path: Path, space: SearchSpace, sampler: str
) -> None:
    """Named and random networks are the first generation, and so the parents of the next."""
    design = POPULATION + 10  # some are drawn twice
    study = open_study(tmp_path, space, sampler, design=design)
    run(study, 1 + design)
    key = SAMPLERS[sampler].generation
    records = zip(study.records(), study.study.get_trials(), strict=True)
    generations = {r.index: t.system_attrs[key] for r, t in records if r.state == "done"}
    first = range(1 + design)
    assert {index: g for index, g in generations.items() if index in first and g} == {}
    assert {g for index, g in generations.items() if index not in first} == {1}


@pytest.mark.parametrize("sampler", ["nsga2", "nsga3", "tpe", "motpe"])
def test_a_resumed_search_proposes_the_same_with_each_sampler(
    tmp_path: Path, space: SearchSpace, sampler: str
) -> None:
    """Also after the trial that was interrupted, which counts as it would have."""
    (tmp_path / "whole").mkdir()
    whole = run(open_study(tmp_path / "whole", space, sampler, design=18), 34)
    (tmp_path / "parts").mkdir()
    first = open_study(tmp_path / "parts", space, sampler, design=18)
    done = run(first, 22)
    assert first.propose() is not None  # the driver dies here
    second = open_study(tmp_path / "parts", space, sampler, design=18)
    second.resume(lambda number: None)
    again = second.propose()
    assert again is not None
    asked = second.study.get_trials()[again.number].system_attrs
    if (key := SAMPLERS[sampler].generation) is not None:
        interrupted = second.study.get_trials()[again.number - 1]
        assert asked[key] == interrupted.system_attrs[key] == 1
    tell(second, again)
    done += [again, *run(second, 11)]
    assert identities(done) == identities(whole)


def test_resume_tells_what_was_finished_and_repeats_what_was_not(
    tmp_path: Path, space: SearchSpace
) -> None:
    first = open_study(tmp_path, space)
    finished, lost = first.propose(), first.propose()
    assert finished is not None
    assert lost is not None
    second = open_study(tmp_path, space)
    complete = {finished.number: {"state": "done"}}
    assert second.resume(complete.get) == [finished.number]
    tell(second, finished)
    again = second.propose()
    assert again is not None
    assert again.index == lost.index
    assert identity(again.architecture) == identity(lost.architecture)
    assert again.origin == lost.origin
    # resumed once more, nothing is left to do
    tell(second, again)
    third = open_study(tmp_path, space)
    assert third.resume(complete.get) == []
    assert third.propose().index == 2


def test_what_was_asked_but_not_suggested_is_asked_again(
    tmp_path: Path, space: SearchSpace
) -> None:
    """The driver may die between asking Optuna and recording the proposal."""
    (tmp_path / "whole").mkdir()
    whole = run(open_study(tmp_path / "whole", space), 9)
    first = open_study(tmp_path, space)
    done = run(first, 5)
    first.study.ask()
    second = open_study(tmp_path, space)
    second.resume(lambda number: None)
    assert identities(done + run(second, 4)) == identities(whole)


def test_a_second_kill_during_the_resume_loses_no_proposal(
    tmp_path: Path, space: SearchSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver dies while a trial trains, and again before it is known to be asked again."""

    class Killed(BaseException):
        pass

    def die(trial: optuna.Trial) -> None:
        raise Killed

    first = open_study(tmp_path, space).propose()
    assert first is not None
    second = open_study(tmp_path, space)
    second.resume(lambda number: None)
    with monkeypatch.context() as patched:
        patched.setattr(SearchSpace, "suggest", lambda self, trial: die(trial))
        with pytest.raises(Killed):
            second.propose()
    third = open_study(tmp_path, space)
    third.resume(lambda number: None)
    again = third.propose()
    assert again is not None
    assert (again.index, again.origin) == (first.index, first.origin)
    assert identity(again.architecture) == identity(first.architecture)


def test_failures_are_pruned_and_constrained(tmp_path: Path, space: SearchSpace) -> None:
    study = open_study(tmp_path, space)
    for state in ("failed", "infeasible", "stopped"):
        study.tell(study.propose().number, state, (), {}, "because")
    inf = study.propose()
    study.tell(inf.number, "done", (math.inf, 0.5), {})
    records = study.records()
    assert [r.state for r in records] == ["failed", "infeasible", "stopped", "failed"]
    assert records[3].reason == "an objective is not finite: [inf, 0.5]"
    frozen = study.study.get_trials()
    assert {t.state for t in frozen} == {TrialState.PRUNED}
    assert [bool(t.constraints) for t in frozen] == [True, True, False, True]
    assert front(records) == []


def test_tpe_avoids_what_fails(tmp_path: Path, space: SearchSpace) -> None:
    """Every network with a global component fails; TPE proposes them less and less."""
    study = open_study(tmp_path, space, design=16)
    for _ in range(40):
        proposal = study.propose()
        if proposal.architecture.global_stages:
            study.tell(proposal.number, "failed", (), {}, "made to fail")
        else:
            tell(study, proposal)
        if len(study.records()) > 100:  # what works was all tried, and is proposed again
            break
    fails = {
        origin: [bool(r.architecture["global"]) for r in study.records() if r.origin == origin]
        for origin in ("random", "tpe")
    }
    share = {origin: sum(failed) / len(failed) for origin, failed in fails.items()}
    assert share["tpe"] < 0.75 * share["random"]


def record(number: int, mae: float, deviation: float, **metrics: object) -> TrialRecord:
    values = {"val_mae": mae, "collapsed": False} | metrics
    return TrialRecord(number, number, "done", "random", {}, "", (mae, deviation), values)


def test_front_and_recommendation() -> None:
    records = [
        record(0, 3.0, 0.1),
        record(1, 1.0, 0.9),
        record(2, 2.0, 0.5),
        record(3, 2.5, 0.6),  # beaten by 2
        record(4, 1.0, 0.9),  # the same as 1
        record(5, 0.5, 0.0, collapsed=True),
    ]
    assert [r.number for r in front(records)] == [1, 2, 0]
    assert recommended(records).number == 1
    assert recommended([]) is None


def test_active_seconds_add_up(tmp_path: Path, space: SearchSpace) -> None:
    open_study(tmp_path, space).add_active_seconds(3)
    study = open_study(tmp_path, space)
    study.add_active_seconds(4.5)
    assert study.active_seconds == 7.5


def test_unknown_sampler() -> None:
    with pytest.raises(OptionError, match="did you mean 'random'"):
        check_sampler("randm")
