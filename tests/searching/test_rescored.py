"""Copies of an Optuna study with other deviations: everything else stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from optuna.trial import FrozenTrial, TrialState

from fusionnas.search_space.space import SearchSpace
from fusionnas.searching import storage
from fusionnas.searching.records import TrialRecord, records_of
from fusionnas.searching.rescored import fill_study, rescored_trials
from tests.searching.test_study import open_study, tell

NEW = {"cecv_deviation": 0.25, "cecv_excess": 0.1, "guidance": [0.25, None]}


def other_band(record: TrialRecord) -> dict[str, object]:
    return NEW | {"cecv_deviation": 0.25 + record.number}


@pytest.fixture
def folder(tmp_path: Path, space: SearchSpace) -> Path:
    """A study with trials of every state."""
    study = open_study(tmp_path, space, url=f"sqlite:///{tmp_path / 'study.db'}")
    study.add_active_seconds(12.5)
    for state in ("failed", "infeasible", "stopped", "interrupted"):
        proposal = study.propose()
        assert proposal is not None
        study.tell(proposal.number, state, (), {"train_seconds": 1.0}, "because")
    while "duplicate" not in {r.state for r in study.records() if r.values}:
        proposal = study.propose()
        assert proposal is not None
        tell(study, proposal)
    assert study.propose() is not None  # stays open
    study.study.enqueue_trial({"width": 16})
    return tmp_path


def test_numbers_parameters_states_and_attributes_stay(folder: Path) -> None:
    source = storage.open_study(f"sqlite:///{folder / 'study.db'}", None, create=False)
    trials = rescored_trials(source, other_band)
    empty = storage.open_study(f"sqlite:///{folder / 'copy.db'}", "copy", create=True)
    copy = fill_study(empty, source, trials)
    before, after = source.get_trials(), copy.get_trials()
    assert {t.state for t in after} == set(TrialState)
    assert copy.user_attrs == source.user_attrs
    assert copy.directions == source.directions

    def kept(trial: FrozenTrial) -> list[object]:
        attributes = {k: v for k, v in trial.user_attrs.items() if k != "outcome"}
        return [
            trial.number,
            trial.state,
            trial.params,
            trial.distributions,
            attributes,
            trial.system_attrs,
            trial.constraints,
            trial.datetime_start,
            trial.datetime_complete,
        ]

    assert list(map(kept, after)) == list(map(kept, before))


def test_deviations_are_the_new_ones_and_errors_the_old(folder: Path) -> None:
    source = storage.open_study(f"sqlite:///{folder / 'study.db'}", None, create=False)
    trials = rescored_trials(source, other_band)
    empty = storage.open_study(f"sqlite:///{folder / 'copy.db'}", "copy", create=True)
    copy = fill_study(empty, source, trials)
    old, new = records_of(source), records_of(copy)
    assert [r.state for r in new] == [r.state for r in old]
    for mine, yours in zip(old, new, strict=True):
        if mine.state == "done":
            assert yours.values == (mine.values[0], 0.25 + mine.number)
            assert yours.metrics == {**mine.metrics, **other_band(mine)}
        elif mine.state == "duplicate" and mine.values:
            assert yours.values == new[mine.metrics["duplicate_of"]].values
        else:
            assert yours == mine
