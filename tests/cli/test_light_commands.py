"""Commands that only read import little: seconds of imports are most of what they would take."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.scaling import Scaler
from fusionnas.files.yaml_file import write_yaml
from fusionnas.models.baselines.boosting import BoostedTrees
from fusionnas.models.baselines.fitted import FittedYardstick
from fusionnas.models.baselines.yardsticks import YARDSTICKS
from fusionnas.models.bundle import save_bundle
from fusionnas.models.ensemble import save_ensemble
from fusionnas.models.yardstick_member import Spread, save_yardstick_member
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.network import build
from fusionnas.studies.folder import StudyFolder
from tests.made.small_data import small_dataset

# no command that reads a study or a network needs these
NEVER = ("ray", "mlflow", "sklearn", "lightgbm", "matplotlib", "pymatgen", "matminer", "jinja2")
DATABASE = ("optuna", "sqlalchemy", "alembic")
FACTS = {"target": "gap", "unit": "eV", "elements_seen": "O Si"}
RUN = """
import json, sys
from fusionnas.cli import main
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["fusionnas", *arguments]
    try:
        main()
    except SystemExit as e:
        assert not e.code, e.code
print("\\n" + json.dumps([name for name in sys.modules if "." not in name]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that has just begun, a bundle, and an ensemble."""
    folder = tmp_path_factory.mktemp("light")
    study = folder / "runs" / "begun"
    study.mkdir(parents=True)
    write_yaml(
        study / "study.yaml", {"space": {"name": "tiny"}, "data": {"name": "made", "unit": "eV"}}
    )
    StudyFolder(study).open_study(create=True)
    network = build(Architecture.from_dict({"width": 8, "global": ["lstm"]}), element_vectors(), 0)
    save_bundle(folder / "model", network, Scaler(5.0, 2.0), FACTS, texts={})
    _write_predictor(folder / "predictor", folder / "model")
    return folder


def _write_predictor(folder: Path, network: Path) -> None:
    """An ensemble of a network and every kind of yardstick."""
    dataset = small_dataset(60)
    members = [shutil.copytree(network, folder.with_name("member-0"))]
    for row in YARDSTICKS:
        if row.name == "lightgbm":
            row = replace(row, estimator=lambda seed: BoostedTrees(5, seed=seed))
        stored, member = (folder.with_name(f"{kind}-{row.name}") for kind in ("stored", "member"))
        FittedYardstick.fit(row, dataset, seed=0).save(stored)
        save_yardstick_member(member, stored, asdict(Spread(1.0, 1.0)), FACTS)
        members.append(member)
    weights = [{"weight": 1 / len(members)} for _ in members]
    save_ensemble(folder, members, FACTS | {"combination": "mean", "members": weights})


def test_the_end_of_a_command_searches_no_garbage(folder: Path) -> None:
    command = f"{RUN}\nimport gc; print(gc.get_freeze_count(), len(gc.get_objects()))"
    arguments = [sys.executable, "-c", command, json.dumps([("status",)])]
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, timeout=300)
    frozen, searched = map(int, done.stdout.splitlines()[-1].split())
    assert frozen > 20 * searched


@pytest.mark.parametrize(
    ("commands", "unneeded"),
    [
        ([("status",), ("status", "begun")], ("torch", "pandas", "scipy", "safetensors")),
        ([("datasets",), ("architectures",)], ("torch", "pandas", "scipy", *DATABASE)),
        (
            [
                ("predict", "model", "SiO2", "SiO"),
                ("predict", "predictor", "SiO2", "SiO"),
                ("explain", "model", "SiO2"),
                ("sweep", "model", "Si", "O", "--points", "5"),
            ],
            ("scipy", *DATABASE),
        ),
    ],
    ids=["status", "lists", "network"],
)
def test_commands_import_only_what_they_need(
    commands: list[tuple[str, ...]], unneeded: tuple[str, ...], folder: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(commands)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    imported = json.loads(done.stdout.splitlines()[-1])
    assert set(imported).isdisjoint({*NEVER, *unneeded})
