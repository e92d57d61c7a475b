"""`fusionnas sweep` and `fusionnas compare` as a user calls them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fusionnas.cli import app
from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.scaling import Scaler
from fusionnas.errors import InputError
from fusionnas.models.bundle import save_bundle
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.network import build
from fusionnas.terminal.sweeps import sparkline

FACTS = {"target": "gap", "unit": "eV", "elements_seen": "O Si"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a bundle `model`, and one that is called like an element."""
    architecture = Architecture.from_dict({"width": 16, "global": ["lstm"]})
    for name in ("model", "Os"):
        save_bundle(
            tmp_path / name, build(architecture, element_vectors(), 1), Scaler(5.0, 2.0), FACTS
        )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_line_is_printed_and_written(folder: Path) -> None:
    shown = run("sweep", "model", "./Os", "Si", "O", "--points", "11", "-o", "out")
    for words in (
        "gap (eV), Si–O: 11 compositions",
        "O → Si",
        "Os",
        "it jumps by",
        "not available",
        "out/sweep-si-o.svg",
    ):
        assert words in shown
    assert (folder / "out" / "sweep-si-o.csv").is_file()


def test_a_triangle_is_printed(folder: Path) -> None:
    shown = run("sweep", "model", "Li", "Al", "O", "--points", "6")
    assert "Li–Al–O: 21 compositions" in shown
    assert "in the median by" in shown
    assert "trained without Li, Al" in shown


def test_json_is_nothing_but_json(folder: Path) -> None:
    plain = json.loads(run("sweep", "model", "Si", "O", "--points", "5", "--json"))
    assert [row["formula"] for row in plain["table"]] == ["O", "SiO3", "SiO", "SiO", "Si3O", "Si"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sweep", "model", "Si", "si"), "There is no element 'si'"),
        (("sweep", "model", "Xx", "O"), "There is no element 'Xx'"),
        (("sweep", "model", "Si", "Si"), "is given twice"),
        (("sweep", "model", "Si"), "two or three elements, but got 1: Si"),
        (("sweep", "Si", "O"), "Name at least one network"),
        (("sweep", "modell", "Si", "O"), "There is no bundle and no study 'modell'"),
        (("sweep", "model", "Si", "O", "--points", "2"), "--points must be from 3"),
        (("sweep", "model", "Si", "O", "--study", "x"), "There is no study 'x'"),
        (("sweep", "model", "Si", "O", "--data", "x.csv"), "x.csv: there is no such file"),
        (("compare", "model"), "not available"),
        (("compare", "model", "nowhere"), "There is no bundle and no study 'nowhere'"),
        (("compare", "model", "model"), "'model' is named twice"),
        (("compare", "model", "--worth"), "There is no study 'model'"),
        (("compare", "x", "--worth", "--data", "y"), "leave out --data"),
        (("compare", "model", "--assume-new"), "give --data as well"),
    ],
)
def test_an_error_is_one_message(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        run(*arguments)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


def test_a_sparkline_goes_from_low_to_high() -> None:
    import numpy as np

    assert sparkline(np.array([0.0, 0.5, 1.0]), 0, 1, 3) == "▁▅█"
    assert len(sparkline(np.arange(200.0), 0, 199)) == 41
    assert sparkline(np.ones(3), 1, 1, 3) == "▅▅▅"


@pytest.mark.parametrize(
    "arguments",
    [
        ("sweep", "model", "Si", "O", "--points", "7"),
        ("explain", "model", "SiO2", "--against", "./Os"),
        ("compare", "model", "./Os", "--data", "new.csv", "--assume-new"),
    ],
)
def test_a_result_is_a_page_that_stands_alone(folder: Path, arguments: tuple[str, ...]) -> None:
    rows = "".join(f"Si{n}O{n + 1},{n}\n" for n in range(1, 30))
    (folder / "new.csv").write_text("formula,target\n" + rows)
    shown = run(*arguments, "--html", "pages/result.html")
    assert "pages/result.html" in shown
    page = (folder / "pages" / "result.html").read_text(encoding="utf-8")
    for words in ('id="answer"', "<figure id=", 'class="sortable"', "<svg"):
        assert words in page
    for link in re.findall(r"""(?:src|href|xlink:href)=["']([^"']*)""", page):
        assert link.startswith(("data:", "#"))


def test_a_page_that_cannot_be_written_is_one_message(folder: Path) -> None:
    (folder / "taken").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        run("sweep", "model", "Si", "O", "--points", "5", "--html", "taken/page.html")
