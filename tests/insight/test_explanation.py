"""`fusionnas explain` on small trained bundles."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import fusionnas
from fusionnas.cli import app
from fusionnas.errors import FusionNASError
from tests.made.small_networks import small_bundle, small_network, small_test_part


def run(*arguments: str | Path) -> tuple[int, str]:
    """Exit code and output; a user's error counts as its exit code, as in `main`."""
    result = CliRunner().invoke(app, ["explain", *map(str, arguments)], env={"COLUMNS": "90"})
    if isinstance(result.exception, FusionNASError):
        return result.exception.exit_code, str(result.exception)
    return result.exit_code, result.output


def test_two_networks_side_by_side() -> None:
    code, out = run(small_bundle("lstm"), "--against", small_bundle("dcnn-k1"), "SrTiO3")
    assert code == 0, out
    for words in ("SrTiO3 (Pauling)", "lstm", "dcnn-k1", "training mean", "60%", "element order"):
        assert words in out
    value = small_network("lstm").predict(["SrTiO3"])["value"].item()
    assert f"{value:.2f}" in out


def test_four_perovskites_without_a_formula_and_json() -> None:
    code, out = run(small_bundle("lstm"), "--json")
    assert code == 0, out
    rows = pd.DataFrame(json.loads(out))
    assert rows["formula"].unique().tolist() == ["SrTiO3", "BaTiO3", "KNbO3", "CsPbI3"]
    for _, own in rows.groupby("formula"):
        total = own["training_mean"].iloc[0] + own["shift"].sum()
        assert total == pytest.approx(own["value"].iloc[0], abs=1e-4)
    table = fusionnas.explain(small_bundle("lstm")).table()
    assert table["shift"].tolist() == pytest.approx(rows["shift"].tolist(), abs=1e-6)


def test_pictures_of_formulas_and_of_a_table(tmp_path: Path) -> None:
    formulas, target = small_test_part()
    pd.DataFrame({"formula": formulas, "target": target}).to_csv(tmp_path / "t.csv", index=False)
    code, out = run(
        small_bundle("lstm"),
        "NaCl",
        "--against",
        small_bundle("dcnn-k1"),
        "--csv",
        tmp_path / "t.csv",
        "-o",
        tmp_path / "out",
    )
    assert code == 0, out
    made = {path.stem for path in (tmp_path / "out").glob("*.svg")}
    assert {
        "efm",
        "formula-contributions",
        "element-contributions",
        "element-similarity",
        "contribution-changes-dcnn-k1",
    } <= made
    assert "umap is left out: 90 compounds are too few" in out
    assert {path.stem for path in (tmp_path / "out").glob("*.csv")} == made


def test_what_is_wrong_is_one_message(tmp_path: Path) -> None:
    bundle = small_bundle("lstm")
    (tmp_path / "bad.csv").write_text("formula\nNaCl\nFe@O\n")
    for arguments, words in (
        ((bundle, "Fe@O"), "'Fe@O'"),
        ((bundle, "--csv", tmp_path / "bad.csv"), "--csv needs -o"),
        ((bundle, "--csv", tmp_path / "bad.csv", "-o", tmp_path), "bad.csv, row 3: 'Fe@O'"),
        ((bundle, "--csv", tmp_path / "no.csv", "-o", tmp_path), "there is no such file"),
        ((bundle, "NaCl", "-o", tmp_path / "bad.csv"), "is not a folder with write access"),
        ((tmp_path, "NaCl"), "is neither a bundle (no manifest.json) nor a study"),
    ):
        code, out = run(*arguments)
        assert code == 2, out
        assert words in out
