"""A study whose search is still running, made without training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fusionnas.files.yaml_file import write_yaml
from fusionnas.search_space.space_file import load_space
from fusionnas.searching.study import ArchitectureStudy, Proposal
from fusionnas.studies.folder import StudyFolder
from tests.searching.toy import SPACE, result_of


def begin(folder: Path) -> tuple[StudyFolder, Callable[[], None]]:
    """A study with four trials done and one in training, and what ends that one."""
    path = folder / "runs" / "toy"
    path.mkdir(parents=True)
    facts = {"space": {"name": "tiny"}, "data": {"name": "made", "unit": "eV", "target": "gap"}}
    write_yaml(path / "study.yaml", facts)
    (folder / "toy.yaml").write_text(SPACE)
    study_folder = StudyFolder(path)
    stored = study_folder.open_study(create=True)
    study = ArchitectureStudy(stored, load_space(str(folder / "toy.yaml")), 0, "random", [], 0)

    def propose() -> Proposal:
        proposal = study.propose()
        assert proposal is not None
        return proposal

    def end(proposal: Proposal) -> None:
        result = result_of({"architecture": proposal.architecture.to_dict(), "seed": 0})
        told = {
            "collapsed": False,
            "val_mae": result["val_mae"],
            "parameters": 10,
            "train_seconds": 1.0,
            "cecv_deviation": 0.5,
            "skill": 0.3,
        }
        study.tell(proposal.number, "done", (told["val_mae"], 0.5), told)

    for _ in range(4):
        end(propose())
    last = propose()
    return study_folder, lambda: end(last)
