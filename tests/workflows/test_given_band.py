"""Another band for a study: searched for with it, or re-scored with it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusionnas.cecv.band_file import read_band
from fusionnas.cecv.vector import Cecv
from fusionnas.errors import CECVError, StudyError
from fusionnas.searching.records import records_of
from fusionnas.searching.result_file import read_result
from fusionnas.studies.folder import StudyFolder
from fusionnas.workflows.rescore import rescore
from tests.made.command_line import fusionnas
from tests.made.searched import EPOCHS, command, searched
from tests.made.short_report import short_report

pytestmark = pytest.mark.guards  # of the same search as test_end_to_end.py


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """A small study, and beside it `other.json`: its band moved, all thresholds kept."""
    study = searched(tmp_path_factory, "bands")
    band = json.loads((study.path / "band.json").read_text())
    band["global"] = [[0.8 * x for x in row] for row in band["local"]]
    band["kept"] = [True] * len(band["kept"])
    (study.path.parents[1] / "other.json").write_text(json.dumps(band))
    return study


@pytest.fixture(scope="module")
def copy(study: StudyFolder) -> StudyFolder:
    """The study re-scored on the command line; what it printed lies in out.txt."""
    where = study.path.parents[1]
    before = contents(study.path)
    done = fusionnas("rescore", "study", "--band", "other.json", cwd=where)
    assert done.returncode == 0, done.stderr
    assert contents(study.path) == before  # byte for byte
    (where / "out.txt").write_text(done.stdout)
    return StudyFolder(where / "runs" / "study-rescored")


def other(study: StudyFolder) -> Path:
    return study.path.parents[1] / "other.json"


def test_errors_stay_and_deviations_are_those_of_the_band(
    study: StudyFolder, copy: StudyFolder
) -> None:
    band, old, new = read_band(other(study)), study.trials(), copy.trials()
    ours = ["cecv_deviation", "cecv_excess", "on_front"]
    ours += [c for c in old.columns if c.startswith("guidance/")]
    pd.testing.assert_frame_equal(old.drop(columns=ours), new.drop(columns=ours))
    done = new["state"] == "done"
    records = records_of(copy.open_study())
    assert [r.number for r in records if r.state == "done"] == new["number"][done].tolist()
    for record in records:
        if record.state != "done":
            continue
        result = read_result(study.trial(record.number))
        assert result is not None
        vector = Cecv.from_dict(result["cecv"])
        score = band.score(vector.normalised, result["architecture"]["width"])
        assert record.values == (result["val_mae"], score.deviation)
        assert record.metrics["cecv_excess"] == score.excess
        assert record.metrics["guidance"] == list(score.guidance)
        row = new.loc[record.number]
        assert row["cecv_deviation"] == pytest.approx(score.deviation)
    assert not np.allclose(old["cecv_deviation"][done], new["cecv_deviation"][done])


def test_the_copy_is_a_study(study: StudyFolder, copy: StudyFolder) -> None:
    where = study.path.parents[1]
    old, new = study.facts, copy.facts
    assert new["rescored_from"] == {"name": "study", "id": old["id"]}
    assert new["id"] != old["id"]
    assert new["name"] == "study-rescored"
    assert dict(new["band"]) == {"name": "other.json", "hash": read_band(other(study)).hash}
    assert dict(old["band"]) == {"name": "reference", "hash": None}
    for field in ("space", "data", "recipe", "probe", "seed", "sampler"):
        assert new[field] == old[field]
    assert copy.band().hash == read_band(other(study)).hash
    before, after = study.summary(), copy.summary()
    for field in ("val_mae", "test_mae", "number"):
        assert after["chosen"][field] == before["chosen"][field]
    for field in ("yardsticks", "trials", "unit", "search_seconds"):
        assert after[field] == before[field]
    assert "The target band was given (other.json)" in after["band_words"]
    weights = copy.trial(after["chosen"]["number"]) / "weights.safetensors"
    assert weights.samefile(study.trial(after["chosen"]["number"]) / "weights.safetensors")
    assert (copy.best / "manifest.json").is_file()
    printed = (where / "out.txt").read_text()
    for words in ("Pareto front", "Recommended", "test MAE", "runs/study-rescored/report.html"):
        assert words in printed
    page = copy.report.read_bytes()
    copy.report.unlink()
    done = fusionnas("report", "study-rescored", cwd=where)
    assert done.returncode == 0, done.stderr
    assert abs(len(copy.report.read_bytes()) - len(page)) < 1000
    # a copy is not taken for the study when a search is resumed without a name
    facts = (old["space"]["hash"], old["data"]["fingerprint"])
    assert StudyFolder.newest(study.path.parent, *facts).path.name != "study-rescored"


def test_what_cannot_be_rescored_is_one_message(study: StudyFolder, tmp_path: Path) -> None:
    runs, band = study.path.parent, other(study)
    (runs / "taken").mkdir(exist_ok=True)
    with pytest.raises(StudyError, match="taken exists already; give the copy another --name"):
        rescore("study", band, "taken", runs)
    with pytest.raises(StudyError, match="There is no study 'studie'"):
        rescore("studie", band, "new", runs)
    with pytest.raises(CECVError, match="there is no such file"):
        rescore("study", tmp_path / "nowhere.json", "new", runs)
    plain = json.loads(band.read_text())
    plain["provenance"]["probe_hash"] = "other"
    (tmp_path / "far.json").write_text(json.dumps(plain))
    with pytest.raises(CECVError, match=r"is not for 'study'.*probe_hash differs"):
        rescore("study", tmp_path / "far.json", "new", runs)
    result = study.trial(0) / "result.json"
    whole = result.read_bytes()
    result.write_text(json.dumps({k: v for k, v in json.loads(whole).items() if k != "cecv"}))
    try:
        with pytest.raises(CECVError, match="trial 0 of 'study' has none"):
            rescore("study", band, "new", runs)
    finally:
        result.write_bytes(whole)
    summary = study.path / "summary.json"
    whole = summary.read_bytes()
    summary.write_text(json.dumps(json.loads(whole) | {"trials": {"done": 1}}))
    try:
        with pytest.raises(StudyError, match="Only a finished study can be rescored"):
            rescore("study", band, "new", runs)
    finally:
        summary.write_bytes(whole)
    assert not (runs / "new").exists()


def test_nothing_is_left_of_a_copy_that_fails(
    study: StudyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["fusionnas.workflows.rescore"], "conclude", fail)
    with pytest.raises(KeyboardInterrupt):
        rescore("study", other(study), "new", study.path.parent)
    assert not (study.path.parent / "new").exists()


@pytest.mark.slow  # two more searches; tests/survival resumes with a given band too
@short_report()
def test_a_search_with_a_given_band_trains_no_references_and_is_resumed(
    study: StudyFolder,
) -> None:
    where = study.path.parents[1]
    options = (*EPOCHS, "--band", "other.json")
    done = fusionnas(*command(*options, trials=2, name="given"), cwd=where)
    assert done.returncode == 0, done.stderr
    assert "No reference networks are trained" in done.stderr
    given, band = StudyFolder(where / "runs" / "given"), read_band(other(study))
    assert given.references() == []
    assert given.band().hash == given.facts["band"]["hash"] == band.hash
    assert "lstm" not in given.summary()["yardsticks"]
    first = given.trials()
    # vectors are made as the band's were, and as the search promised before it made any
    vector = Cecv.from_dict(read_result(given.trial(0))["cecv"])
    band.check_comparable(vector.provenance, vector.thresholds)

    for refused, message in (
        (EPOCHS, "cannot be resumed: the target band changed"),
        ((*EPOCHS, "--band", "runs/study/band.json"), "the target band changed"),
    ):
        done = fusionnas(*command(*refused, "--resume", trials=4, name="given"), cwd=where)
        assert done.returncode == 2
        assert message in done.stderr
    path = given.path / "band.json"
    whole = path.read_bytes()
    path.write_text(json.dumps(study.band().to_dict()))
    done = fusionnas(*command(*options, "--resume", trials=4, name="given"), cwd=where)
    assert done.returncode == 2
    assert "band.json must be the target band that the study was started with" in done.stderr
    path.write_bytes(whole)

    done = fusionnas(*command(*options, "--resume", trials=4, name="given"), cwd=where)
    assert done.returncode == 0, done.stderr
    assert given.references() == []
    assert path.read_bytes() == whole
    trials = given.trials()
    assert (trials["state"] != "duplicate").sum() == 4
    pd.testing.assert_frame_equal(
        trials.head(len(first)).drop(columns="on_front"),
        first.drop(columns="on_front"),
        check_dtype=False,
    )
