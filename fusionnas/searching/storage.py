"""The storage of the Optuna study: a file in the study's folder, or a database on a server.

Passwords are never stored: a recorded URL has none, and libpq finds them in its usual places,
PGPASSWORD or ~/.pgpass.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.storages import RDBStorage
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from fusionnas.errors import OptionError, StudyError
from fusionnas.searching.objectives import DEFAULT, OBJECTIVES
from fusionnas.searching.recorded_study import RecordedStudy

_SECONDS = 10  # longest wait for a server


def open_study(
    url: str, name: str | None, create: bool, objectives: Sequence[str] = DEFAULT
) -> optuna.Study:
    """Open a study in a storage.

    Args:
        url: URL of a database that Optuna supports: sqlite:///FILE or
            postgresql://USER@HOST/DATABASE.
        name: name of the study; None means the only study in the storage.
        create: make the study if it does not exist.
        objectives: names of the objectives of a new study.

    Raises:
        OptionError: the storage cannot be used. StudyError: there is no such study.
    """
    parsed = _parsed(url)
    server = parsed.get_backend_name() == "postgresql"
    options = {"pool_pre_ping": True, "connect_args": {"connect_timeout": _SECONDS}}
    try:
        text = parsed.render_as_string(hide_password=False)
        storage = RDBStorage(text, engine_kwargs=options if server else None)
    except ImportError as e:
        raise OptionError(
            f"The storage {without_password(url)} needs a database driver: "
            "pip install 'fusionnas[postgresql]'."
        ) from e
    except SQLAlchemyError as e:
        why = str(e.__cause__ or e).strip().splitlines()[0]
        raise OptionError(f"The storage {without_password(url)} cannot be used: {why}") from e
    if create:
        assert name is not None
        study = RecordedStudy.open_storage(storage, name, len(objectives))
        name_metrics(study, objectives)
        return study
    try:
        return optuna.load_study(study_name=name, storage=storage)
    except (KeyError, ValueError) as e:
        raise StudyError(f"There is no study in {without_password(url)} yet.") from e


def name_metrics(study: optuna.Study, objectives: Sequence[str]) -> None:
    """Tell Optuna's dashboard what the values of a trial are."""
    names = [OBJECTIVES[o].label if o in OBJECTIVES else o for o in objectives]
    if study.metric_names != names:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            study.set_metric_names(names)


# the text in a database's error, its meaning, and what to do
_TROUBLES = (
    ("disk is full", "no space is left for the study's database in {}", "Make room there."),
    (
        "readonly",
        "this user may no longer write the study's database in {}",
        "Change its permissions.",
    ),
    (
        "locked",
        "another process keeps the study's database in {} locked",
        "Close the programs that have it open.",
    ),
    (
        "unable to open",
        "the study's database in {} cannot be opened",
        "Check that the folder exists and may be written to.",
    ),
    ("disk I/O", "the disk reports a fault at the study's database in {}", "Check the disk."),
)


def trouble_with(error: StorageInternalError, folder: Path) -> str:
    """The meaning of a database's error and what to do, worded as in `fusionnas.files.causes`.

    Args:
        error: error of Optuna, around that of the database.
        folder: folder of the study.
    """
    told = str(error.__cause__ or error).strip().splitlines()[0]
    for words, what, to_do in _TROUBLES:
        if words in told:
            return f"{what.format(folder)}. {to_do}"
    return f"the study's database fails: {told}. Repair it."


def without_password(url: str) -> str:
    """The URL in the form in which it may be shown and recorded."""
    parsed = _parsed(url).difference_update_query(["password"])
    # `set` treats None as unchanged
    bare = parsed._replace(password=None, drivername=parsed.get_backend_name())
    return bare.render_as_string()


def _parsed(url: str) -> URL:
    """The URL, for PostgreSQL with the driver that the project requires."""
    try:
        parsed = make_url(url)
    except ArgumentError as e:  # its text may contain a password
        raise OptionError("--storage must be a URL such as postgresql://USER@HOST/DATABASE.") from e
    if parsed.drivername == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    return parsed
