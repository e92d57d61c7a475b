"""Where the Optuna study lies: a file in the study's folder, or a database on a server.

Passwords are never kept: what is recorded of a URL leaves them out, and libpq finds them where it
always does, in PGPASSWORD or ~/.pgpass.
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

_SECONDS = 10  # to wait for a server


def open_study(
    url: str, name: str | None, create: bool, objectives: Sequence[str] = DEFAULT
) -> optuna.Study:
    """A study in a storage.

    Args:
        url: of a database that Optuna knows: sqlite:///FILE or postgresql://USER@HOST/DATABASE.
        name: of the study; None is the only one there is.
        create: make it where it is not there yet.
        objectives: of a study that is made.

    Raises:
        OptionError: the storage can't be used. StudyError: there is no such study.
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
        from fusionnas.searching.study import ArchitectureStudy  # torch; a reader needs none of it

        assert name is not None
        study = ArchitectureStudy.open_storage(storage, name, len(objectives))
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


# what databases say, what it means, and what to do
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
        "Close whatever has it open.",
    ),
    (
        "unable to open",
        "the study's database in {} cannot be opened",
        "Look whether the folder is still there and may be written to.",
    ),
    ("disk I/O", "the disk reports a fault at the study's database in {}", "Check the disk."),
)


def trouble_with(error: StorageInternalError, folder: Path) -> str:
    """What a database's error means and what to do, as `fusionnas.files.causes` words others.

    Args:
        error: of Optuna, around the database's own.
        folder: of the study.
    """
    told = str(error.__cause__ or error).strip().splitlines()[0]
    for words, what, to_do in _TROUBLES:
        if words in told:
            return f"{what.format(folder)}. {to_do}"
    return f"the study's database fails: {told}. Repair it."


def without_password(url: str) -> str:
    """The URL as it may be shown and recorded."""
    parsed = _parsed(url).difference_update_query(["password"])
    # `set` takes None for unchanged
    bare = parsed._replace(password=None, drivername=parsed.get_backend_name())
    return bare.render_as_string()


def _parsed(url: str) -> URL:
    """The URL, for PostgreSQL with the driver that the project asks for."""
    try:
        parsed = make_url(url)
    except ArgumentError as e:  # its text may show what was meant to be a password
        raise OptionError("--storage must be a URL such as postgresql://USER@HOST/DATABASE.") from e
    if parsed.drivername == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    return parsed
