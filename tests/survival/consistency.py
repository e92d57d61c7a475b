"""What must be true of a study that has finished, whatever befell it."""

from __future__ import annotations

import math
from collections import Counter

import optuna
import pytest
from optuna.trial import TrialState

from fusionnas.networks.file_names import ARCHITECTURE, WEIGHTS
from fusionnas.searching.records import PROPOSAL, TrialRecord, records_of
from fusionnas.searching.result_file import read_result
from fusionnas.searching.trial_result import UNCOUNTED
from fusionnas.studies.folder import StudyFolder


def check_consistent(folder: StudyFolder, tracked: bool = True) -> list[TrialRecord]:
    """Assert that nothing is lost, repeated, left open or told differently in two places.

    Args:
        folder: of a study whose search ended with a summary.
        tracked: whether MLflow could be written.

    Returns:
        The trials that count, in the order of their proposals.
    """
    study = folder.open_study()
    records = records_of(study)
    counted = [r for r in records if r.state not in UNCOUNTED]
    _check_study(study, counted)
    _check_folders(folder, records, counted)
    _check_table(folder, records)
    assert folder.summary()["trials"] == dict(Counter(r.state for r in records))
    if tracked:
        _check_mlflow(folder, counted)
    return sorted(counted, key=lambda r: r.index)


def _check_study(study: optuna.Study, counted: list[TrialRecord]) -> None:
    trials = study.get_trials(deepcopy=False)
    assert not [t.number for t in trials if t.state in (TrialState.RUNNING, TrialState.WAITING)]
    repeated = [i for i, times in Counter(r.index for r in counted).items() if times > 1]
    assert not repeated, "a proposal was evaluated twice"
    identities = [trials[r.number].user_attrs[PROPOSAL]["identity"] for r in counted]
    assert len(set(identities)) == len(identities), "an architecture was evaluated twice"
    warm = [r.origin for r in counted if r.origin.startswith("named:")]
    assert len(set(warm)) == len(warm), "a warm start was queued again"
    for trial in trials:
        assert trial.values is None or all(map(math.isfinite, trial.values))


def _check_folders(
    folder: StudyFolder, records: list[TrialRecord], counted: list[TrialRecord]
) -> None:
    results = {r.number: result for r in records if (result := read_result(folder.trial(r.number)))}
    lost = set(results) - {r.number for r in counted}
    assert not lost, "a finished trial is not in the study"
    for record in counted:
        if record.state == "done":
            result = results[record.number]
            assert result["state"] == "done"
            assert result["val_mae"] == record.metrics["val_mae"]
            assert result["architecture"] == record.architecture
            for name in (WEIGHTS, ARCHITECTURE):
                assert (folder.trial(record.number) / name).is_file()
    assert not list(folder.path.rglob("*.part"))


def _check_table(folder: StudyFolder, records: list[TrialRecord]) -> None:
    table = folder.trials()
    assert table["number"].tolist() == [r.number for r in records]
    assert table["state"].tolist() == [r.state for r in records]
    maes = [r.metrics.get("val_mae", math.nan) for r in records]
    assert table["val_mae"].tolist() == pytest.approx(maes, nan_ok=True)


def _check_mlflow(folder: StudyFolder, counted: list[TrialRecord]) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{folder.path.parent / 'mlflow.db'}")
    experiments = [e.experiment_id for e in client.search_experiments()]
    runs = client.search_runs(
        experiments, f"tags.`fusionnas.study_id` = '{folder.facts['id']}'", max_results=1000
    )
    numbers = [r.data.tags["fusionnas.trial"] for r in runs if "fusionnas.trial" in r.data.tags]
    assert sorted(map(int, numbers)) == [r.number for r in counted]
    parents = [r for r in runs if "fusionnas.trial" not in r.data.tags]
    assert [run.info.status for run in parents] == ["FINISHED"]
    assert "RUNNING" not in {run.info.status for run in runs}
