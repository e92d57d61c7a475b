"""The tracker that a study's options ask for."""

from __future__ import annotations

from pathlib import Path

from fusionnas.tracking.mlflow_registry import WriteModel
from fusionnas.tracking.tracker import NullTracker, Tracker


def choose_tracker(track: bool, uri: str | None, runs: Path, write_model: WriteModel) -> Tracker:
    """The tracker of a study.

    Args:
        track: False keeps no record.
        uri: of an MLflow server or database; None is the database in `runs`.
        runs: folder of all studies.
        write_model: writes a bundle as an MLflow model, which is then registered.
    """
    if not track:
        return NullTracker()
    # imported here: only a tracked study needs MLflow
    from fusionnas.tracking.mlflow_tracker import MlflowTracker

    if uri is not None:
        return MlflowTracker(uri, None, write_model)
    database = f"sqlite:///{(runs / 'mlflow.db').absolute()}"
    return MlflowTracker(database, runs / "mlartifacts", write_model)
