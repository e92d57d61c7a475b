from __future__ import annotations

import gzip
import io
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.scaling import Scaler
from fusionnas.errors import DataError
from fusionnas.models import csv_prediction
from fusionnas.models.bundle import save_bundle
from fusionnas.models.csv_prediction import predict_csv
from fusionnas.models.predictor import Predictor
from fusionnas.models.ranking import Ranking
from fusionnas.networks.named import load_architecture
from fusionnas.networks.network import build

FACTS = {"target": "gap", "unit": "eV", "elements_seen": "O Ti Sr Na Cl"}


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    network = build(load_architecture("dcnn-k1").with_width(16), element_vectors(), seed=3)
    folder = tmp_path_factory.mktemp("csv") / "model"
    save_bundle(folder, network, Scaler(5.0, 2.0), FACTS)
    return Predictor.load(folder)


def test_columns_are_kept_and_bad_rows_reported(predictor: Predictor, tmp_path: Path) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("id,formula,note\n1,SrTiO3,a\n2,Fe@O,b\n3,NaN,c\n4,TiO2,NA\n")
    done = predict_csv(predictor, source, out)
    assert (done.rows, done.failed) == (4, 1)
    assert done.problems == ["row 3: 'Fe@O': '@' is not part of a formula."]
    frame = pd.read_csv(out, na_filter=False)
    assert frame.columns.tolist() == [
        "id",
        "formula",
        "note",
        "value",
        "lower",
        "upper",
        "uncertainty",
        "unit",
        "unseen_elements",
        "error",
    ]
    assert frame["note"].tolist() == ["a", "b", "c", "NA"]
    assert frame["value"].tolist()[1] == ""
    assert frame["error"].tolist() == ["", "'Fe@O': '@' is not part of a formula.", "", ""]
    expected = predictor.predict(["SrTiO3", "NaN", "TiO2"])["value"]
    np.testing.assert_allclose(frame["value"].drop(index=1).astype(float), expected, atol=1e-5)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv", "out.csv"]


def test_chunks_change_nothing(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows count through all chunks, and a bad row late in the file still has its line."""
    formulas = ["SrTiO3", "NaCl", "TiO2", "Fe@O", "Na2O", "Sr", "O2Cl"] * 3
    source = tmp_path / "in.csv"
    source.write_text("formula\n" + "\n".join(formulas) + "\n")
    whole = predict_csv(predictor, source, tmp_path / "whole.csv")
    monkeypatch.setattr(csv_prediction, "CHUNK", 5)
    shares: list[float | None] = []
    pieces = predict_csv(
        predictor, source, tmp_path / "pieces.csv", on_chunk=lambda done: shares.append(done.share)
    )
    assert pieces.problems == whole.problems
    assert pieces.problems[-1].startswith("row 19: 'Fe@O'")
    assert len(shares) == 5
    assert shares[-1] == 1.0
    one, other = (pd.read_csv(tmp_path / name) for name in ("whole.csv", "pieces.csv"))
    pd.testing.assert_frame_equal(one, other, rtol=1e-5)


def test_columns_that_are_there_already(predictor: Predictor, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("formula,value,error\nNaCl,5,none\n")
    predict_csv(predictor, tmp_path / "in.csv", tmp_path / "out.csv")
    frame = pd.read_csv(tmp_path / "out.csv", na_filter=False)
    assert frame.loc[0, "value"] == 5
    assert frame.loc[0, "error"] == "none"
    assert {"value_predicted", "error_predicted", "lower"} <= set(frame.columns)


def test_a_predicted_table_can_be_predicted_again_and_again(
    predictor: Predictor, tmp_path: Path
) -> None:
    """Each time the new columns count: for the order, the condition and the far rows."""
    (tmp_path / "0.csv").write_text("formula\nNaCl\nXeF6\nKBr\nFe@O\nLiF\n")
    names, far = [], []
    for number in range(4):
        window = (-math.inf, 2.0) if number % 2 else (2.0, math.inf)
        done = predict_csv(
            predictor,
            tmp_path / f"{number}.csv",
            tmp_path / f"{number + 1}.csv",
            ranking=Ranking.of("value > -1e9", None, window),
        )
        assert (done.written, done.failed) == (4, 1) if number == 0 else (4, 0)
        frame = pd.read_csv(tmp_path / f"{number + 1}.csv")
        added = [name for name in frame.columns if name.startswith("probability")]
        assert len(set(frame.columns)) == len(frame.columns)
        assert frame[added[-1]].is_monotonic_decreasing
        names.append(added[-1])
        far.append(done.far)
    expected = ["probability", *(f"probability_predicted{end}" for end in ("", "_2", "_3"))]
    assert names == expected
    assert len(set(far)) == 1


def test_standard_streams_and_gzip(
    predictor: Predictor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"formula\nNaCl\n")))
    predict_csv(predictor, "-", "-")
    assert capsys.readouterr().out.startswith("formula,value,lower,upper")
    with gzip.open(tmp_path / "in.csv.gz", "wt") as file:
        file.write("formula\nNaCl\n")
    predict_csv(predictor, tmp_path / "in.csv.gz", tmp_path / "out.csv.gz")
    assert pd.read_csv(tmp_path / "out.csv.gz")["formula"].tolist() == ["NaCl"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("formula\nFe@O\n", "no formula in column 'formula' can be read"),
        ("formula\n", "has no rows"),
        ("", "cannot be read as a CSV"),
        ("a,b\n1,2\n", "which column is the formula"),
        ("formula,a\nNaCl,1\nNaCl,1,2,3\n", "cells|CSV"),
    ],
)
def test_a_file_that_cannot_be_used_leaves_nothing(
    predictor: Predictor, tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "in.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        predict_csv(predictor, tmp_path / "in.csv", tmp_path / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]
