"""What `fusionnas export` does not write, and that it says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusionnas.errors import BundleError, OptionError, StudyError
from fusionnas.files.checksums import write_checksums
from fusionnas.models.bundle import load_bundle, read_manifest, write_manifest
from fusionnas.models.ensemble import save_ensemble
from fusionnas.studies.folder import StudyFolder
from fusionnas.workflows.export import export, export_predictor
from tests.made.class_study import THREE, class_study
from tests.made.command_line import fusionnas
from tests.made.several import bundle_of_targets, study_of_targets


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return study_of_targets(tmp_path_factory)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "`fusionnas predict FOLDER:sum` predicts it alone"),
        (("--predictor",), "leave ':sum' out of"),
        (("--format", "torch"), "its values are among those that the torch model gives"),
        (("--format", "mlflow"), "exported with all its targets or classes"),
        (("--predictor", "--format", "torch"), "--format torch holds one network"),
        (("--predictor", "--trial", "1"), "--predictor writes the study's ensemble"),
    ],
)
def test_one_target_of_a_study_is_not_exported(
    study: StudyFolder, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    done = fusionnas("export", f"{study.path}:sum", "-o", "out", *options, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_nor_one_of_a_model_or_a_class(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.raises(OptionError, match="leave ':sum' out"):
        export(f"{bundle_of_targets()}:sum", tmp_path / "out", format="torch")
    classes = class_study(tmp_path_factory, THREE)
    with pytest.raises(OptionError, match="leave ':low' out"):
        export(f"{classes.path}:low", tmp_path / "out")
    with pytest.raises(StudyError, match="There is no study 'nothing:sum'"):
        export("nothing:sum", tmp_path / "out", runs=tmp_path)


def test_a_model_is_no_study(tmp_path: Path) -> None:
    model = bundle_of_targets()
    with pytest.raises(OptionError, match="is the folder of a model already: copy it, or name a"):
        export(model, tmp_path / "out")
    with pytest.raises(OptionError, match="--predictor is for studies"):
        export_predictor(model, tmp_path / "out")


def test_yardsticks_are_no_networks(tmp_path: Path) -> None:
    """Neither alone nor as an ensemble."""
    member = tmp_path / "member"
    member.mkdir()
    write_manifest(member, {**read_manifest(bundle_of_targets()), "kind": "yardstick"})
    write_checksums(member)
    with pytest.raises(BundleError, match="is a yardstick, and a network is needed here"):
        load_bundle(member)
    save_ensemble(tmp_path / "joined", [member], {"unit": ""})
    with pytest.raises(BundleError, match="it has none, but yardsticks alone"):
        export(tmp_path / "joined", tmp_path / "out", format="torch")
