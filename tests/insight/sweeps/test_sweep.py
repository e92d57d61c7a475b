from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection

from fusionnas.data.element_vectors import element_vectors
from fusionnas.data.scaling import Scaler
from fusionnas.data.table import encode_formulas
from fusionnas.errors import BundleError, ElementError, FusionNASError, OptionError
from fusionnas.insight.sweeps import Sweep, sweep
from fusionnas.insight.sweeps.line_plot import sweep_view
from fusionnas.insight.sweeps.roughness import along_lines, lines_through, roughness
from fusionnas.insight.sweeps.summary import end_gaps
from fusionnas.models.bundle import save_bundle
from fusionnas.models.predictor import Predictor
from fusionnas.networks.architecture import Architecture
from fusionnas.networks.network import build
from fusionnas.plots.style import figure
from tests.made.made_study import made_study
from tests.made.small_data import small_dataset

FACTS = {"target": "gap", "unit": "eV", "elements_seen": "O Si Li Al"}


def write(folder: Path, architecture: dict[str, object], **facts: str) -> Path:
    described = Architecture.from_dict(architecture)
    network = build(described, element_vectors(described.element_vectors), seed=1)
    save_bundle(folder, network, Scaler(5.0, 2.0), FACTS | facts)
    return folder


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Untrained networks: one that reads the element order, one that does not."""
    folder = tmp_path_factory.mktemp("bundles")
    write(folder / "ordered", {"width": 16, "global": ["lstm"]})
    write(folder / "free", {"width": 16, "local": ["dcnn_k1"]})
    write(
        folder / "oliynyk",
        {
            "width": 16,
            "global": ["gru"],
            "embedding": {"kind": "element_fraction", "element_vectors": "oliynyk"},
        },
    )
    write(folder / "other", {"width": 16, "global": ["gru"]}, target="bulk modulus", unit="GPa")
    known = ["SiO2,9", "Si,1.1", "Si2O5,8", "SiO2,9.4", "Al2O3,8.8", "NaCl,8.5"]
    known += [f"Na{i}Cl{j},1" for i in range(1, 9) for j in range(1, 9) if i != j]
    (folder / "known.csv").write_text("\n".join(["formula,gap", *known]))
    return folder


@pytest.fixture(scope="module")
def line(bundles: Path) -> Sweep:
    networks = [bundles / "ordered", bundles / "free"]
    return sweep(networks, ["Si", "O"], points=11, data=bundles / "known.csv")


def test_values_are_the_predictions(line: Sweep, bundles: Path) -> None:
    """Whatever way a formula takes through batches, and with the order that it always has."""
    for name, rows in line.table.groupby("network"):
        predictor = Predictor.load(bundles / str(name))
        meant = rows[(rows["formula"] != "SiO") | (rows["order"] == "Si O")]
        assert len(meant) == 11
        expected = predictor.predict(meant["formula"])
        for column in ("value", "lower", "upper", "uncertainty"):
            np.testing.assert_allclose(meant[column], expected[column], atol=1e-5)


def test_contributions_add_up(line: Sweep, bundles: Path) -> None:
    adds = line.table[["share_Si", "share_O"]]
    np.testing.assert_allclose(adds.sum(axis=1), line.table["value"], atol=1e-5)
    pure = line.table[line.table["formula"] == "O"]
    assert pure["share_Si"].isna().all()
    alone = Predictor.load(bundles / "ordered").shares("SiO3")
    row = line.table[(line.table["network"] == "ordered") & (line.table["Si"] == 0.3)].iloc[0]
    assert alone.keys() == {"Si", "O"}
    assert row["share_Si"] != pytest.approx(row["share_O"])


def test_a_sweep_says_how_rough_a_network_is(line: Sweep, bundles: Path) -> None:
    """On lines through the known compounds, the same for all networks."""
    known = pd.read_csv(bundles / "known.csv")["formula"].drop_duplicates()
    lines = lines_through(encode_formulas(known.tolist()))
    values = Predictor.load(bundles / "free").mixture(lines).value
    assert line.roughness["free"] > 0
    again = sweep(bundles / "free", ["Al", "O"], points=5, data=bundles / "known.csv")
    assert again.roughness["free"] == pytest.approx(line.roughness["free"])
    assert again.summary["roughness"].tolist() == list(again.roughness.values())
    assert roughness(along_lines(values)) == pytest.approx(line.roughness["free"], rel=0.5)


def test_the_jump_is_between_the_two_orders(line: Sweep) -> None:
    flips = line.flips.set_index("network")
    middle = line.table[(line.table["network"] == "ordered") & (line.table["Si"] == 0.5)]
    assert middle["order"].tolist() == ["O Si", "Si O"]
    jump = middle["value"].iloc[1] - middle["value"].iloc[0]
    assert flips["jump"]["ordered"] == pytest.approx(jump)
    assert abs(jump) > 1e-4
    assert flips["jump"]["free"] == pytest.approx(0, abs=1e-6)
    assert "free 0" in line.view.caption
    # the line is in the order of its compositions, so that each side ends at its own value
    assert line.table[line.table["network"] == "ordered"]["Si"].is_monotonic_increasing


def test_pure_elements_are_off_the_line(line: Sweep) -> None:
    gaps = end_gaps(line.table, line.elements)
    one = gaps[(gaps["network"] == "ordered") & (gaps["element"] == "O")].iloc[0]
    rows = line.table[line.table["network"] == "ordered"].set_index("formula")["value"]
    assert one["gap"] == pytest.approx(rows["O"] - rows["SiO9"])


def test_the_drawn_intervals_of_pure_elements_are_those_of_the_table(line: Sweep) -> None:
    """They may be longer on one side, where no value can be below zero for example."""
    table = line.table.copy()
    table["upper"] += 5
    view = sweep_view(table, line.known, line.flips, line.elements, line.target, line.unit)
    with figure(*view.size) as fig:
        view.draw(fig)
        drawn = {
            tuple(end.tolist())
            for lines in fig.axes[0].collections
            if isinstance(lines, LineCollection)
            for segment in lines.get_segments()
            for end in segment
        }
    ends = table[(table["Si"] == 0) | (table["Si"] == 1)]
    wanted = {
        (x, y) for end in ("lower", "upper") for x, y in zip(ends["Si"], ends[end], strict=True)
    }
    assert drawn == wanted


def test_known_compositions_are_those_of_these_elements(line: Sweep) -> None:
    known = line.known[line.known["network"] == "ordered"].set_index("formula")["known"]
    assert known.to_dict() == {"SiO2": pytest.approx(9.2), "Si2O5": 8.0, "Si": 1.1}
    assert (line.known["part"] == "").all()  # neither network was trained on this split
    assert any("may have been in its training" in note for note in line.notes)
    row = line.summary.iloc[0]
    assert row["known"] == 3
    assert row["mae_others"] > 0
    assert np.isnan(row["mae_training"])


def test_a_triangle(bundles: Path, tmp_path: Path) -> None:
    found = sweep(bundles / "ordered", ["Li", "Al", "O"], points=7, data=bundles / "known.csv")
    assert len(found.table) == 28
    np.testing.assert_allclose(found.table[["Li", "Al", "O"]].sum(axis=1), 1)
    assert found.known["formula"].tolist() == ["Al2O3"]
    assert set(zip(found.flips["first"], found.flips["second"], strict=True)) == {
        ("Li", "Al"),
        ("Li", "O"),
        ("Al", "O"),
    }
    files = {path.name for path in found.save(tmp_path)}
    stem = "sweep-li-al-o"
    assert files == {f"{stem}.svg", f"{stem}.csv", f"{stem}-known.csv", f"{stem}-order.csv"}
    assert len(pd.read_csv(tmp_path / f"{stem}.csv")) == 28
    assert "width of the 90% interval (eV)" in (tmp_path / f"{stem}.svg").read_text()


def test_a_line_as_files_and_plain_data(line: Sweep, tmp_path: Path) -> None:
    files = line.save(tmp_path)
    assert {path.suffix for path in files} == {".svg", ".csv"}
    picture = (tmp_path / "sweep-si-o.svg").read_text()
    for words in ("gap (eV)", "ordered", "free", "O Si | Si O"):
        assert words in picture
    plain = json.loads(json.dumps(line.to_dict()))
    assert plain["elements"] == ["Si", "O"]
    assert len(plain["table"]) == 24
    assert plain["table"][0]["share_Si"] is None  # pure O


def test_an_unseen_element_is_told(bundles: Path) -> None:
    found = sweep(bundles / "free", ["Ga", "O"], points=5)
    assert "free was trained without Ga: it extrapolates." in found.notes
    assert any("give them with --data or --study" in note for note in found.notes)
    assert found.known.empty
    assert found.view.png(30)


@pytest.mark.parametrize(
    ("networks", "elements", "error", "message"),
    [
        (["nowhere"], ["Si", "O"], BundleError, "There is no bundle and no study"),
        (["."], ["Si", "O"], BundleError, "neither a bundle"),
        ([], ["Si", "O"], OptionError, "Name at least one network"),
        (["free", "free"], ["Si", "O"], OptionError, "is named twice"),
        (["free", "other"], ["Si", "O"], BundleError, "predicts bulk modulus in GPa"),
        (["oliynyk"], ["Pu", "O"], ElementError, "'oliynyk' lack Pu"),
        (["free"], ["Xx", "O"], OptionError, "There is no element 'Xx'"),
    ],
)
def test_what_cannot_be_swept(
    bundles: Path,
    networks: list[str],
    elements: list[str],
    error: type[FusionNASError],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        sweep([bundles / name for name in networks], elements, runs=bundles)


def test_known_values_of_another_property_are_refused(bundles: Path, tmp_path: Path) -> None:
    other = made_study(tmp_path, small_dataset(60), trials=2, firsts=2)
    with pytest.raises(BundleError, match=r"predicts gap, and the data of .* are values of mean"):
        sweep(bundles / "free", ["Si", "O"], points=11, study=other.path)
    with pytest.raises(BundleError, match=r"in GPa, and 'free' predicts gap in eV"):
        sweep(bundles / "free", ["Si", "O"], points=11, data=bundles / "known.csv", unit="GPa")
