"""A whole run: data, references, search, tracking, bundle, report.

`search` is the main function of the package, for Python and the command line.
"""

from __future__ import annotations

import inspect
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optuna.exceptions import StorageInternalError

from fusionnas.errors import StorageError
from fusionnas.files.causes import cause_of
from fusionnas.models.bundle import load_bundle
from fusionnas.searching.storage import trouble_with
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.name import check_new_name
from fusionnas.tracking.trackers import Record
from fusionnas.workflows.driver import run
from fusionnas.workflows.inspection import course_of
from fusionnas.workflows.preparation import Ingredients, open_folder
from fusionnas.workflows.search_options import SearchOptions
from fusionnas.workflows.study_result import StudyResult
from fusionnas.workflows.watching import Display, SilentDisplay

if TYPE_CHECKING:
    import pandas as pd

    from fusionnas.data.dataset import Dataset


def search(
    space: str = "default",
    data: str | Path | pd.DataFrame | Dataset | None = None,
    *,
    display: Display | None = None,
    **options: Any,
) -> StudyResult:
    """Search for the network that predicts a property best.

    Args:
        space: name of a built-in search space, or a YAML file.
        data: see `fusionnas.data.sources.load_dataset`; None is the built-in data.
        display: shows progress; None shows nothing.
        options: `trials`, `time_budget`, `name` and all other fields of
            `fusionnas.workflows.search_options.SearchOptions`.

    Raises:
        InputError: an option, the data, the space or the study has a fault.
        SearchFailed: no trial was finished. SearchStopped: the same, after Ctrl-C.
        RunError: Ray failed, or the study could no longer be written.
    """
    return run_search(SearchOptions.of(space, data, **options), display or SilentDisplay())


# signature that `help` and an editor show instead of `**options`
search.__signature__ = inspect.signature(SearchOptions).replace(  # type: ignore[attr-defined]
    parameters=[
        *inspect.signature(SearchOptions).parameters.values(),
        inspect.signature(search).parameters["display"],
    ],
    return_annotation=StudyResult,
)


def run_search(options: SearchOptions, display: Display) -> StudyResult:
    """Run the search with these options; the errors are those of `search`."""
    begun = time.monotonic()
    runs, name = Path(options.runs), options.name
    if name is not None:  # before the data are read, which can take minutes
        StudyFolder.find(name, runs) if options.resume else check_new_name(name, runs)
    with display.phase("Reading the data"):
        ingredients = Ingredients.read(options)
    for note in ingredients.notes:
        display.say(note)
    if not options.resume and options.seconds is None:
        display.say(course_of(ingredients.dataset, options).time_words)
    # imported here: only a search needs Ray
    from fusionnas.searching.ray.cluster import plan_workers

    plan = plan_workers(options.workers, options.gpus_per_trial, options.ray_address)
    folder = open_folder(ingredients, runs, name, options.resume, options.storage)
    ingredients = ingredients.resuming(folder)
    with folder.locked():
        tracker = options.tracker.open(_record(runs, options.tracking_uri))
        try:
            complete = run(
                folder, ingredients, options, tracker, display, plan, time.monotonic() - begun
            )
            with display.phase("Writing the last records"):
                problem = tracker.close()
        except BaseException as e:  # also Ctrl-C, which ends only the trials without an error
            failure = explained(e, folder) if isinstance(e, Exception) else e
            tracker.study_stopped(str(failure) or "The search was interrupted.")
            tracker.close()
            if failure is e:
                raise
            raise failure from e
        if problem:
            display.say(problem)
    return StudyResult(folder, interrupted=not complete)


def explained(error: Exception, folder: StudyFolder) -> Exception:
    """The error itself; for one of a disk or a database, an error with words for the user."""
    if isinstance(error, StorageInternalError):
        why = trouble_with(error, folder.path)
    elif isinstance(error, OSError):
        why = cause_of(error)
    elif isinstance(error, StorageError):
        why = str(error)
    else:
        return error
    return StorageError(
        f"The search stopped: {why} Nothing that was finished is lost. Continue it with the same "
        f"command and {folder.resuming}."
    )


def _record(runs: Path, uri: str | None) -> Record:
    """What a tracker is opened with."""

    def left_at(name: str, study: str) -> float | None:
        folder = StudyFolder(runs / name)
        return folder.left_at if folder.is_study(study) else None

    return Record(runs, uri, _write_model, left_at)


def _write_model(bundle: Path, out: Path) -> None:
    """Write a bundle as an MLflow model; the tracker calls this in its own thread."""
    from fusionnas.models.formats.mlflow_model import write_model

    write_model(bundle, load_bundle(bundle), out)
