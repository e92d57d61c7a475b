"""A copy of a finished study with the deviations of another band; nothing is trained.

The vectors of a study are stored with its trials, so that another band can be held against them.
Within a study the objective never moves, so the study itself stays as it is.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from fusionnas.cecv.vector import Cecv
from fusionnas.errors import CECVError, StudyError
from fusionnas.files.causes import cause_of
from fusionnas.files.links import link_or_copy
from fusionnas.models.provenance import command_line
from fusionnas.networks.file_names import WEIGHTS
from fusionnas.searching.given_band import GivenBand
from fusionnas.searching.metrics import band_metrics
from fusionnas.searching.records import TrialRecord, records_of
from fusionnas.searching.rescored import fill_study, rescored_trials
from fusionnas.searching.result_file import read_result
from fusionnas.searching.selection import recommended
from fusionnas.searching.trial_result import TrialState
from fusionnas.studies.folder import RUNS, StudyFolder
from fusionnas.studies.name import check_new_name
from fusionnas.studies.summary import Tested, choose
from fusionnas.studies.yardsticks import beside_of
from fusionnas.workflows.conclusion import COURSE, conclude, draw
from fusionnas.workflows.study_result import StudyResult

# what the copy makes anew, references that its band is not made of, and what interruptions left
_NOT_COPIED = (
    "study.yaml",
    "study.db*",
    "trials.csv",
    "band.json",
    "summary.json",
    "best",
    "report.html",
    "report",
    "cecv.png",
    "references",
    ".lock",
    "*.part",
)


def rescore(
    study: str | Path, band: str | Path, name: str | None = None, runs: str | Path = RUNS
) -> StudyResult:
    """Copy a finished study, with deviation, excess and guidance from another band.

    Args:
        study: name or path; it is only read.
        band: a band.json whose vectors were made as the study's were.
        name: of the copy, a folder in `runs`; `<study>-rescored` where it is None.
        runs: folder of all studies.

    Raises:
        StudyError: no such study, an unfinished one, or a copy that exists already.
        CECVError: no band file, or vectors that are missing or can't be compared with it.
    """
    runs = Path(runs)
    source = StudyFolder.find(study, runs)
    name = name or f"{source.path.resolve().name}-rescored"
    check_new_name(name, runs)
    copy = StudyFolder(runs / name)
    if copy.path.exists():
        raise StudyError(f"{copy.path} exists already; give the copy another --name.")
    summary = source.summary()
    trials = source.open_study()
    records = records_of(trials)
    _check_finished(source, summary, records)
    widths = [r.architecture["width"] for r in records if r.state == TrialState.DONE]
    given = GivenBand.read(band, widths)
    copies = rescored_trials(
        trials, lambda record: _metrics(source, record, given), source.objectives
    )
    try:
        _copy_files(source, copy, given)
        records = records_of(fill_study(copy.open_study(create=True), trials, copies))
        conclude(
            copy,
            given,
            records,
            choose(copy, records),
            _tested(summary),
            _course(summary),
            summary.get("predictor"),
        )
        draw(copy)
    except BaseException:  # an interrupt too: half a study is none
        shutil.rmtree(copy.path, ignore_errors=True)
        raise
    return StudyResult(copy)


def _check_finished(
    source: StudyFolder, summary: Mapping[str, Any], records: Sequence[TrialRecord]
) -> None:
    """Raise StudyError where trials came after the summary, which a resumed search leaves."""
    states = [record.state for record in records]
    counted = {state: states.count(state) for state in set(states)}
    best = recommended(records)
    known = best is not None and choose(source, records).trial.number == summary["chosen"]["number"]
    if counted != summary["trials"] or not known:
        raise StudyError(
            f"Only a finished study can be re-scored, and '{source.name}' has trials that its "
            f"summary does not know. Finish it with the same command and {source.resuming}."
        )


def _metrics(source: StudyFolder, record: TrialRecord, given: GivenBand) -> dict[str, Any]:
    """A trial against the band."""
    result = read_result(source.trial(record.number))
    if result is None or "cecv" not in result:
        raise CECVError(
            f"Every trial that is done needs its clustering vector, and trial {record.number} of "
            f"'{source.name}' has none ({source.trial(record.number) / 'result.json'}). Restore "
            "that file, or search again with --band."
        )
    vector = Cecv.from_dict(result["cecv"])
    try:
        return band_metrics(vector, record.architecture["width"], given.band)
    except CECVError as e:
        made, other = vector.provenance, given.band.provenance
        raise CECVError(
            f"The target band {given.name} is not for '{source.name}'. {e} The band's probe is "
            f"'{other.probe}' ({other.probe_hash}), the study's '{made.probe}' "
            f"({made.probe_hash}). Give the band of a study with the same probe."
        ) from e


def _copy_files(source: StudyFolder, copy: StudyFolder, given: GivenBand) -> None:
    """Everything that stays as it is, and a study.yaml of the copy's own."""
    facts = source.facts
    own = {
        "id": uuid.uuid4().hex,
        "name": copy.name,
        "created": datetime.now().isoformat(timespec="seconds"),
        "command": command_line(),
        "rescored_from": {"name": facts["name"], "id": facts["id"]},
        "band": given.facts,
        "storage": None,  # a copy has a study.db of its own
    }
    try:
        shutil.copytree(
            source.path,
            copy.path,
            ignore=shutil.ignore_patterns(*_NOT_COPIED),
            copy_function=_link_weights,
        )
    except OSError as e:
        raise StudyError(f"The study folder {copy.path} cannot be written: {cause_of(e)}") from e
    copy.create({**facts, **own}, given.band)


def _link_weights(source: str, target: str) -> None:
    """A hard link for weights, which are large and never change; a copy of all else."""
    if Path(source).suffix == Path(WEIGHTS).suffix:
        link_or_copy(source, target)
    else:
        shutil.copy2(source, target)


def _tested(summary: Mapping[str, Any]) -> Tested:
    """The recommended network stays the same, and so does what the test part showed of it."""
    test = {name: summary["chosen"][name] for name in ("test_mae", "test_rmse")}
    uses = summary.get("usefulness", {})  # none in studies of version 0.1
    return Tested(summary["target"], summary["unit"], test, beside_of(summary), uses)


def _course(summary: Mapping[str, Any]) -> dict[str, Any]:
    """How the search went, which is the source's."""
    return {name: summary[name] for name in COURSE if name in summary}
