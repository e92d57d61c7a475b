"""Tables as they come from people's desks: what is read without doubt, and what messages say."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fusionnas.data.reading.files import read_frame, read_frames
from fusionnas.data.sources import load_dataset
from fusionnas.errors import DataError, DataWarning, FormulaError
from tests.data.test_sources import make_csv

TABLE = [("formula", "gap", "note"), ("NaCl", "1.5", "größer"), ("CuSO4·5H2O", "2", "a, b; c")]


def written(rows: list[tuple[str, ...]], separator: str) -> str:
    quoted = ([f'"{cell}"' if {",", ";"} & set(cell) else cell for cell in row] for row in rows)
    return "".join(separator.join(row) + "\r\n" for row in quoted)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("packed", [False, True])
def test_separators_and_encodings(
    tmp_path: Path, separator: str, encoding: str, packed: bool
) -> None:
    content = written(TABLE, separator).encode(encoding)
    path = tmp_path / "table.txt"
    path.write_bytes(gzip.compress(content) if packed else content)
    frame = read_frame(path)
    assert [tuple(frame.columns), *frame.itertuples(index=False, name=None)] == TABLE


def test_windows_1252_is_read_with_a_warning(tmp_path: Path) -> None:
    """Excel writes it: Latin-1, and a few characters more."""
    path = tmp_path / "table.csv"
    path.write_bytes(written(TABLE, ";").encode("cp1252"))
    with pytest.warns(DataWarning, match=r"table\.csv is not UTF-8 and was read as Windows-1252"):
        frame = read_frame(path)
    assert frame["note"].tolist() == ["größer", "a, b; c"]
    assert frame["formula"].tolist() == ["NaCl", "CuSO4·5H2O"]


def test_a_file_of_two_encodings_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes("formula,note\nNaCl,ü\n".encode() + "KCl,ü\n".encode("latin-1"))
    with pytest.raises(DataError, match="mostly utf-8, but contains bytes that are not"):
        read_frame(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    cells=st.lists(
        st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=("Cs",)), max_size=9),
        min_size=1,
        max_size=4,
    ),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-32"]),
)
def test_any_text_comes_back(tmp_path: Path, cells: list[str], encoding: str) -> None:
    """Whatever is in the cells, in whatever encoding, in pieces of one row."""
    path = tmp_path / "any.csv"
    frame = pd.DataFrame({"formula": ["x", *cells], "other": ["y", *cells]})
    path.write_bytes(frame.to_csv(index=False).encode(encoding))
    with path.open("rb") as file:
        read = pd.concat(read_frames(file, path, 1))
    assert read.to_numpy().tolist() == frame.to_numpy().tolist()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1", r"is an Excel workbook \(.xls\).*save it as CSV \(UTF-8\)"),
        (b"PAR1\x15\x04", "is a Parquet file, not a CSV: write it as CSV"),
        (b"%PDF-1.7", "is a PDF"),
        (b"<!DOCTYPE html>", "is a web page, not a CSV: download the table itself"),
        (b'[{"formula": "NaCl"}]', "is JSON"),
        (b"\xfd7zXZ\x00", "is compressed by xz, not a CSV: unpack it first"),
        (b"formula gap\nNaCl 1\n", "seem to be separated by blanks; separate them by commas"),
        (b"NaCl,1.5\nKCl,2\n", r"seems to have no header: its first line is 'NaCl, 1\.5'"),
        (b"formula,gap\nNaCl,1,5\nKCl,2,5\n", "If the decimal sign is a comma, write a point"),
        (b"formula,gap\nNaCl,1\nKCl,2,5\n", "If the decimal sign is a comma, write a point"),
        (b"formula,gap,gap\nNaCl,1,2\n", "2 columns are called 'gap', and one must be the target"),
        (b"formula,target,target\nNaCl,1,2\n", "2 columns are called 'target'"),
        (b"formula, formula ,gap\nNaCl,KCl,2\n", "2 columns are called 'formula'"),
    ],
)
def test_a_message_names_what_a_file_looks_like(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_dataset(tmp_path / "t.csv")


def test_a_workbook_is_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "")
        archive.writestr("xl/workbook.xml", "")
    with pytest.raises(DataError, match=r"t\.xlsx is an Excel workbook \(.xlsx\), not a CSV"):
        load_dataset(tmp_path / "t.xlsx")


def test_blanks_around_column_names_are_stripped(tmp_path: Path) -> None:
    plain = load_dataset(make_csv(tmp_path / "t.csv"))
    text = (tmp_path / "t.csv").read_text().replace("formula,target", " formula ,  gap")
    (tmp_path / "t.csv").write_text(text)
    found = load_dataset(tmp_path / "t.csv", target_column="gap")
    assert (found.target, found.fingerprint) == ("gap", plain.fingerprint)


def test_a_list_without_a_header_loses_no_compound(tmp_path: Path) -> None:
    from fusionnas.data.reading.files import read_formulas

    (tmp_path / "list.csv").write_text("NaCl\nKCl\n")
    with pytest.raises(DataError, match=r"no header: its first line is 'NaCl'.*--formula-column"):
        read_formulas(tmp_path / "list.csv")
    assert read_formulas(tmp_path / "list.csv", "NaCl") == ["KCl"]


def test_a_nul_byte_does_not_cut_a_cell(tmp_path: Path) -> None:
    """pandas reads the Al before the NUL alone."""
    path = make_csv(tmp_path / "t.csv")
    path.write_bytes(path.read_bytes() + b"Al\x001Fe2Cl3,5\n")
    with pytest.raises(FormulaError, match=r"row 102: 'Al.1Fe2Cl3' contains a NUL byte \(U"):
        load_dataset(path)
    path.write_bytes(path.read_bytes().replace(b"Al\x001Fe2Cl3,5", b"AlFe2Cl3,5\x000"))
    with pytest.raises(DataError, match=r"row 102: the target '5.0' is not a finite number"):
        load_dataset(path)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_decimal_commas(tmp_path: Path, separator: str) -> None:
    plain = load_dataset(make_csv(tmp_path / "t.csv"))
    text = (tmp_path / "t.csv").read_text().replace(",", separator).replace(".", ",")
    (tmp_path / "t.csv").write_text(text)
    with pytest.warns(DataWarning, match=r"decimal commas are read as points \('0,5'\)"):
        found = load_dataset(tmp_path / "t.csv")
    np.testing.assert_array_equal(found.targets, plain.targets)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["1,500", "2,250", "3"], "such as '1,500', which may mean decimals or thousands"),
        (["1,500,000", "2,250"], "such as|is not a finite number"),
        (["1.5", "2,5"], "row 3: the target '2,5' is not a finite number"),
    ],
)
def test_commas_that_may_be_thousands_are_refused(
    tmp_path: Path, cells: list[str], message: str
) -> None:
    lines = [
        f"{formula};{cell}" for formula, cell in zip(["NaCl", "KCl", "LiF"], cells, strict=False)
    ]
    (tmp_path / "t.csv").write_text("\n".join(["formula;gap", *lines]))
    with pytest.raises(DataError, match=message):
        load_dataset(tmp_path / "t.csv")


def test_a_formula_column_by_name_with_several_separators_in_the_header(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("formula;gap (eV, PBE)\nNaCl;1,5\nKCl;2,5\n")
    assert read_frame(tmp_path / "t.csv").columns.tolist() == ["formula", "gap (eV, PBE)"]
    (tmp_path / "t.csv").write_text('formula,"a;b"\nNaCl,1\nKCl,2\n')
    assert read_frame(tmp_path / "t.csv").columns.tolist() == ["formula", "a;b"]
