"""Every view of a study: what all must keep to, and what some of them tell."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fusionnas
from fusionnas.data.reading.classes import REGRESSION
from fusionnas.errors import ViewError
from fusionnas.report.pictures.best_so_far import course
from fusionnas.report.pictures.calibration import by_uncertainty, by_width
from fusionnas.report.pictures.elements import element_errors
from fusionnas.report.pictures.hypervolume import dominated
from fusionnas.report.pictures.importances import words
from fusionnas.report.pictures.systems import by_system
from fusionnas.report.pictures.yardsticks import comparison
from fusionnas.report.views import SECTIONS, VIEWS, make_view, view_names
from fusionnas.statistics.calibration import inside
from fusionnas.statistics.mixture import Mixture
from fusionnas.studies.finished import NETWORK, FinishedStudy
from fusionnas.studies.folder import StudyFolder

ASKED_FOR = {"sample-efficiency"}  # made of trainings that no search does by itself
OF_GUIDED = {"family-tree", "coverage", "proposers"}  # shown by the guided study


@pytest.mark.parametrize(
    "maker",
    [
        # umap-learn compiles for many seconds; test_network_views.py draws a landscape
        pytest.param(one, marks=[pytest.mark.slow] if one.name == "umap" else [], id=one.name)
        for one in VIEWS
        # test_class_views.py, test_condition_study.py and test_study_of_targets.py have the others
        if one.kind in (None, REGRESSION) and one.needs is None
    ],
)
def test_every_view_is_a_picture_with_its_numbers(
    maker,
    material: FinishedStudy,
    guided: StudyFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if maker.name in OF_GUIDED:
        material = FinishedStudy(guided)
    assert maker.section in SECTIONS
    monkeypatch.setattr("fusionnas.insight.pictures.umap.LEAST", 50)  # the made study is small
    monkeypatch.setattr("fusionnas.insight.reading.pairs.LEAST", 2)
    if maker.name in ASKED_FOR:
        with pytest.raises(ViewError, match="--sample-efficiency"):
            maker.make(material)
        return
    view = maker.make(material)
    assert view.name == maker.name
    assert view.title
    assert view.caption.endswith((".", ". "))
    picture, table = view.save(tmp_path)
    assert picture.stat().st_size > 1000
    pd.testing.assert_frame_equal(
        pd.read_csv(table, na_filter=True).reset_index(drop=True),
        view.table.reset_index(drop=True),
        check_dtype=False,
    )
    if not view.raster:  # no number of more than seven digits is to be read
        svg = picture.read_text()
        drawn = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
        assert drawn
        assert not [text for text in drawn if re.search(r"\d[\d.]{8,}", text)]
        marked = set(re.findall(r'<g id="([^"]+)"><title>', svg))
        assert marked == set(view.hover)


def test_an_unknown_view_is_told_the_nearest(material: FinishedStudy) -> None:
    with pytest.raises(ViewError, match="did you mean 'parity'"):
        make_view(material, "parrity")


def test_a_study_in_python(made: StudyFolder) -> None:
    study = fusionnas.open_study(made.name, made.path.parent)
    assert study.views == view_names()
    assert study.summary["name"] == made.name
    assert len(study.trials) == 12
    view = study.view("front")
    assert set(view.table["number"]) <= set(study.trials["number"])
    assert view._repr_png_().startswith(b"\x89PNG")
    assert study.best.predict(["SrTiO3"])["unit"].tolist() == ["Pauling"]


def test_references_are_those_nearest_in_width(material: FinishedStudy) -> None:
    for side, kind in (("global", "lstm"), ("local", "dcnn_k1")):
        reference = material.reference(side)
        assert reference is not None
        architecture = reference.bundle.network.architecture
        stages = [*architecture.global_stages, *architecture.local_stages]
        assert [stage.component.kind for stage in stages] == [kind]
        widths = {run.width for run in material.folder.references()}
        nearest = min(widths, key=lambda w: abs(np.log(w / material.width)))
        assert architecture.width == nearest
        assert reference.unit == material.unit


def test_the_comparison_is_paired(material: FinishedStudy) -> None:
    rows = comparison(material).set_index("predictor")
    own = rows.loc[NETWORK]
    assert own["low"] < own["test_mae"] < own["high"]
    for name, row in rows.drop(NETWORK).iterrows():
        assert row["worse_by"] == pytest.approx(row["test_mae"] - own["test_mae"]), name
        assert row["worse_by_low"] < row["worse_by"] < row["worse_by_high"]


def test_values_without_predictions_stand_without_intervals(copy: StudyFolder) -> None:
    """So it is with a study of version 0.1 whose predictions were not kept."""
    summary = dict(copy.summary())
    del summary["beside_yardsticks"]
    copy.write_json("summary.json", summary)
    made_again = comparison(FinishedStudy(copy))
    assert made_again[["low", "worse_by_low"]].notna().sum().tolist() == [6, 5]
    (copy.path / "test_predictions.csv").unlink()
    rows = comparison(FinishedStudy(copy))
    assert rows["test_mae"].notna().all()
    assert rows["low"].isna().all()


def test_a_laplace_distribution_is_covered() -> None:
    rng = np.random.default_rng(0)
    scale = rng.uniform(0.5, 3, size=40_000)
    error = np.abs(rng.laplace(scale=scale))
    found = Mixture(np.zeros((1, 40_000)), math.sqrt(2) * scale[None])
    for level in (0.1, 0.5, 0.9):
        assert inside(found.interval(level), error) == pytest.approx(level, abs=0.01)
    groups = by_uncertainty(error, scale)
    assert groups["compounds"].sum() == 40_000
    assert groups["seen"].to_numpy() == pytest.approx(groups["stated"].to_numpy(), rel=0.05)


@pytest.mark.parametrize(
    ("points", "area"),
    [
        ([(0, 0)], 1),
        ([(1, 1)], 0),
        ([(0.5, 0.5)], 0.25),
        ([(0.2, 0.5), (0.5, 0.2)], 0.55),
        ([(0.2, 0.5), (0.5, 0.2), (0.6, 0.6)], 0.55),
    ],
)
def test_dominated_area(points: list[tuple[float, float]], area: float) -> None:
    assert dominated(np.array(points, dtype=float)) == pytest.approx(area)


def test_the_course_of_a_study(material: FinishedStudy) -> None:
    rows = course(material)
    assert rows["best_mae"].is_monotonic_decreasing
    assert rows["best_mae"].iloc[-1] == pytest.approx(material.summary["chosen"]["val_mae"])
    assert rows["minutes"].is_monotonic_increasing
    assert rows["minutes"].iloc[0] >= 0


def test_errors_by_element_and_system(material: FinishedStudy) -> None:
    rows, error = material.predictions, np.abs(material.test_errors)
    elements = element_errors(material).set_index("element")
    oxides = rows["formula"].str.contains(r"O(?![a-z])", regex=True)
    assert elements.loc["O", "compounds"] == oxides.sum()
    assert elements.loc["O", "mae"] == pytest.approx(error[oxides].mean())
    systems = by_system(material)
    assert systems["compounds"].sum() == len(rows)
    mean = np.average(systems["mae"], weights=systems["compounds"])
    assert mean == pytest.approx(error.mean())


@pytest.mark.parametrize(
    ("parameter", "told"),
    [
        ("stages", "global + local stages"),
        ("width", "width"),
        ("global0", "1st global"),
        ("global1.lstm.layers", "2nd global, lstm: layers"),
        ("global0.attention", "1st global: attention"),
        ("pooling.max_channels.window", "pooling: max channels: window"),
    ],
)
def test_parameters_in_words(parameter: str, told: str) -> None:
    assert words(parameter) == told


def test_coverage_by_group(guided: StudyFolder) -> None:
    table = make_view(FinishedStudy(guided), "coverage").table
    every = table[table["group"] == "all"].iloc[0]
    facts = guided.summary()["interval"]
    assert every["compounds"] == facts["checked_on"]
    assert every["corrected"] == pytest.approx(facts["coverage_90"], abs=0.02)
    assert every["own"] == pytest.approx(facts["coverage_90_own"])
    sizes = table[table["group"] == "number of elements"]
    assert sizes["compounds"].sum() <= every["compounds"]
    assert (table["low"] <= table["corrected"]).all()
    assert (table["corrected"] <= table["high"]).all()
    curve = make_view(FinishedStudy(guided), "calibration").table
    left, middle, right = (curve[curve["panel"] == name] for name in ("left", "middle", "right"))
    assert middle["compounds"].sum() == every["compounds"]
    assert middle["width"].is_monotonic_increasing
    inside = (middle["inside"] * middle["compounds"]).sum() / middle["compounds"].sum()
    assert inside == pytest.approx(every["corrected"])
    assert ((middle["low"] <= middle["inside"]) & (middle["inside"] <= middle["high"])).all()
    assert left["inside_corrected"].is_monotonic_increasing
    assert right["compounds"].sum() == every["compounds"]  # every mark of the picture is there
    assert not right[["stated", "seen"]].isna().any(axis=None)


def test_coverage_by_width_finds_intervals_that_differ_too_much() -> None:
    """All errors are alike: the narrow intervals hold few targets, and the wide ones all."""
    rng = np.random.default_rng(0)
    reach = np.repeat([0.5, 1.0, 2.0, 4.0, 8.0], 200)
    found = by_width((-reach, reach), rng.normal(size=1000))
    assert found["width"].tolist() == [1, 2, 4, 8, 16]
    assert found["inside"].is_monotonic_increasing
    assert found["inside"].iloc[0] == pytest.approx(0.383, abs=0.1)  # of a normal distribution
    assert found["inside"].iloc[-1] == 1
