"""Who runs a search, as MLflow shows it."""

from __future__ import annotations

_USER_TAG = "mlflow.user"


def user_tag() -> dict[str, str]:
    """The tag of a run with the user's name, as `mlflow.start_run` finds it; empty without a name.

    It is the user name for the server, or else that of the system. MlflowClient, with which runs
    are written, does not look for it and shows "unknown".
    """
    try:
        from mlflow.tracking.context.default_context import DefaultRunContext

        return {_USER_TAG: DefaultRunContext().tags()[_USER_TAG]}
    except Exception:  # where the user has a number and no name; the run matters more than this
        return {}
