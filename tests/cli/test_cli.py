"""The command line: what a user sees, and the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cecv.test_band_file import made as made_band
from tests.made.command_line import fusionnas
from tests.made.small_data import small_dataset


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small table and files that are wrong in some way."""
    path = tmp_path_factory.mktemp("cli")
    data = small_dataset()
    rows = zip(data.table.formulas(), data.targets, strict=True)
    text = "formula,target\n" + "".join(f"{f},{y}\n" for f, y in rows)
    (path / "good.csv").write_text(text)
    (path / "empty.csv").write_text("")
    (path / "bad.csv").write_text("formula,target\nNaCl,1\nFe@O,2\n")
    (path / "negative.csv").write_text("formula,target\nFe-1O,1\n")
    (path / "word.csv").write_text("formula,target\nNaCl,high\n")
    (path / "few.csv").write_text("formula,target\nNaCl,1\nKCl,2\n")
    (path / "broken.yaml").write_text("width: 32\nglobal: [\n")
    (path / "wrong.yaml").write_text("width: 32\nstages: {local: 1}\nlocal: {cnnn: {}}\n")
    (path / "probe.csv").write_text("formula\nNaCl\n")
    (path / "half.json").write_text('{"thresholds": [0.1]}')
    (path / "other.json").write_text(json.dumps(made_band().to_dict()))
    (path / "taken").mkdir()
    (path / "taken" / "file").write_text("mine")
    return path


SEARCH = ("search", "--space", "default")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*SEARCH, "--data", "nowhere.csv"), "nowhere.csv: there is no such file"),
        ((*SEARCH, "--data", "empty.csv"), "empty.csv: cannot be read as a CSV"),
        ((*SEARCH, "--data", "good.csv", "--target-column", "tarmet"), "did you mean 'target'"),
        ((*SEARCH, "--data", "bad.csv"), "bad.csv, row 3: 'Fe@O'"),
        ((*SEARCH, "--data", "negative.csv"), "negative.csv, row 2: 'Fe-1O'"),
        ((*SEARCH, "--data", "word.csv"), "word.csv, row 2: the target 'high'"),
        ((*SEARCH, "--data", "few.csv"), "compositions, but at least"),
        ((*SEARCH, "--data", "good.csv", "--probe", "probe.csv"), "no compound of three or more"),
        (("search", "--space", "defautl"), "did you mean 'default'"),
        (("search", "--space", "broken.yaml"), "broken.yaml, line 3: malformed YAML"),
        (("search", "--space", "wrong.yaml"), "line 3, local.cnnn: there is no local component"),
        ((*SEARCH, "--sampler", "tpa"), "did you mean 'tpe'"),
        ((*SEARCH, "--recipe", "papr"), "did you mean 'paper'"),
        ((*SEARCH, "--band", "nowhere.json"), "nowhere.json: there is no such file"),
        ((*SEARCH, "--band", "good.csv"), "good.csv must be JSON"),
        ((*SEARCH, "--band", "half.json"), "half.json is not a target band: it has no widths"),
        (
            (*SEARCH, "--data", "good.csv", "--probe", "all", "--band", "other.json"),
            "other.json is not for this search",
        ),
        ((*SEARCH, "--trials", "0"), "--trials must be positive"),
        ((*SEARCH, "--time-budget", "soon"), "must look like 90s, 30m or 2h"),
        ((*SEARCH, "--keep-weights", "some"), "must be all or front"),
        ((*SEARCH, "--trials", "many"), "Invalid value for '--trials'"),
        ((*SEARCH, "--trails", "3"), "--trials"),
        (("serch",), "search"),
        ((*SEARCH, "--data", "good.csv", "--resume", "--name", "x"), "There is no study 'x'"),
        (("train", "lsmt", "-o", "out"), "did you mean 'lstm'"),
        (("train", "lstm", "-o", "taken", "--width", "16"), "taken exists already"),
        (("train", "lstm", "-o", "out", "--width", "30"), "multiple of 4"),
        # before the data are read
        ((*SEARCH, "--data", "nowhere.csv", "--name", "../x"), "it is a path: '../x'"),
        ((*SEARCH, "--data", "nowhere.csv", "--name", "."), "it is a path: '.'"),
        ((*SEARCH, "--data", "nowhere.csv", "--name", "a/b"), "it is a path: 'a/b'"),
        ((*SEARCH, "--data", "nowhere.csv", "--name", "/x"), "it is a path: '/x'"),
        ((*SEARCH, "--data", "nowhere.csv", "--name", ""), "it is empty: ''"),
        ((*SEARCH, "--data", "nowhere.csv", "--name=-x"), "it begins like an option: '-x'"),
        ((*SEARCH, "--data", "nowhere.csv", "--name", "x", "--resume"), "There is no study 'x'"),
        (("predict", "nowhere", "NaCl"), "There is no bundle and no study 'nowhere'"),
        (("predict", "taken", "NaCl"), "taken is neither a bundle (no manifest.json) nor a study"),
        (("predict", "nowhere"), "either formulas or --csv"),
        (("export", "nothing", "-o", "out"), "There is no study 'nothing'"),
        (("rescore", "nothing", "--band", "half.json"), "There is no study 'nothing'"),
        (("rescore", "nothing"), "Missing option '--band'"),
        (("report", "nothing"), "There is no study 'nothing'"),
        (("architectures", "lsmt"), "did you mean 'lstm'"),
        (("spaces", "defautl"), "did you mean 'default'"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(
    folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    before = sorted(p.name for p in folder.iterdir())
    done = fusionnas(*arguments, cwd=folder)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert sorted(p.name for p in folder.iterdir()) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(folder: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    done = fusionnas(*SEARCH, "--data", str(folder / "good.csv"), cwd=tmp_path)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_a_runs_folder_that_is_a_file(folder: Path) -> None:
    done = fusionnas(*SEARCH, "--data", "good.csv", "--runs", "good.csv", cwd=folder)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_help_is_quick_and_teaches(folder: Path) -> None:
    done = fusionnas("--help", cwd=folder)
    assert done.returncode == 0
    for command in (
        "search",
        "rescore",
        "train",
        "predict",
        "export",
        "report",
        "datasets",
        "spaces",
    ):
        assert command in done.stdout
    code = "import sys, fusionnas.cli; print(sorted({'torch', 'ray', 'mlflow', 'optuna', 'pandas', 'sklearn'} & set(sys.modules)))"  # noqa: E501
    heavy = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert heavy.stdout.strip() == "[]"


def test_lists(folder: Path) -> None:
    assert "seebeck-p (default)" in fusionnas("datasets", cwd=folder).stdout
    assert "default" in fusionnas("spaces", cwd=folder).stdout
    shown = fusionnas("spaces", "default", cwd=folder).stdout
    assert "lstm: layers 1 or 2" in shown
    assert "distinct architectures, for example:" in shown
    assert "l-g-dcnn" in fusionnas("architectures", cwd=folder).stdout
    assert "8,635,911 trainable" in fusionnas("architectures", "l-g-dcnn", cwd=folder).stdout
    assert fusionnas("--version", cwd=folder).stdout.startswith("fusionnas ")


def test_train_and_predict(folder: Path) -> None:
    """Training by itself needs neither Ray nor MLflow nor Optuna."""
    code = (
        "import sys; sys.argv = ['fusionnas', 'train', 'l-g-dcnn', '--data', 'good.csv', '--width',"
        " '16', '--epochs', '2', '--unit', 'Pauling', '-o', 'model']\n"
        "from fusionnas.cli import main\n"
        "try:\n    main()\nexcept SystemExit as e:\n    assert not e.code, e.code\n"
        "print(sorted({'ray', 'mlflow', 'optuna'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("[]")
    assert "test MAE" in done.stdout
    assert "epoch 2: validation MAE" in done.stderr
    shown = fusionnas("predict", "model", "SrTiO3", "UO2", cwd=folder)
    assert shown.returncode == 0, shown.stderr
    assert "SrTiO3" in shown.stdout
    assert " with 90%)" in shown.stdout
    assert "The network errs by" in done.stdout
    assert "Pauling" in shown.stdout
    mixed = fusionnas("predict", "model", "SrTiO3", "BaO.6Fe2O3", "UO2", cwd=folder)
    assert mixed.returncode == 0, mixed.stderr
    assert mixed.stdout == shown.stdout
    assert "not predicted: 'BaO.6Fe2O3' can be read in two ways" in mixed.stderr
    rows = json.loads(fusionnas("predict", "model", "SrTiO3", "X2", "--json", cwd=folder).stdout)
    assert [set(row) & {"value", "error"} for row in rows] == [{"value"}, {"error"}]
    none = fusionnas("predict", "model", "X2", "Fe@O", cwd=folder)
    assert (none.returncode, none.stdout) == (2, "")
    warning, *errors = none.stderr.splitlines()
    assert warning.endswith("It learned nothing that helps: do not use it.")
    assert errors == [
        "fusionnas: 'X2': 'X' is not an element.",
        "'Fe@O': '@' is not part of a formula.",
    ]
    isotope = fusionnas("predict", "model", "D2O", "--quiet", cwd=folder)
    assert isotope.stderr == "fusionnas: 'D2O': D is read as H.\n"


def test_bad_rows_are_left_out_where_that_is_asked_for(folder: Path, tmp_path: Path) -> None:
    lines = (folder / "good.csv").read_text().replace("formula,target", "formula;target")
    rows = lines.replace(",", ";").splitlines()
    (tmp_path / "bad.csv").write_text("\n".join([*rows, "Fe@O;1", "NaCl;", "NaCl;-9999"]))
    command = ("train", "lstm", "--data", "bad.csv", "--width", "8", "--epochs", "1", "-o", "model")
    refused = fusionnas(*command, cwd=tmp_path)
    assert refused.returncode == 2
    assert f"bad.csv, row {len(rows) + 1}: 'Fe@O'" in refused.stderr
    assert "(1 more row cannot be read.) --skip-bad-rows" in refused.stderr
    done = fusionnas(*command, "--skip-bad-rows", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = done.stderr.splitlines()
    assert told[0].startswith("fusionnas: bad.csv: the target in column 'target' has values far fr")
    assert f"-9999 in row {len(rows) + 3}" in told[0]
    assert told[2].startswith("2 rows skipped (search and train list them in skipped_rows.csv);")
    listed = (tmp_path / "model" / "skipped_rows.csv").read_text().splitlines()
    assert listed[0] == "file,row,formula,target,reason"
    assert [line.split(",")[1:3] for line in listed[1:]] == [
        [str(len(rows) + 1), "Fe@O"],
        [str(len(rows) + 2), "NaCl"],
    ]
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert manifest["data"]["skipped_rows"] == 2
    assert fusionnas("predict", "model", "NaCl", cwd=tmp_path).returncode == 0  # it is intact
