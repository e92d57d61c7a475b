"""The page of a study: complete, alone, and robust against what a study lacks."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from typer.testing import CliRunner

from fusionnas.cli import app
from fusionnas.report import write_report
from fusionnas.report.views import VIEWS, ViewMaker, fitting
from fusionnas.studies.finished import FinishedStudy
from fusionnas.studies.folder import StudyFolder
from fusionnas.workflows.sample_efficiency import SHARES, measure_sample_efficiency

run = CliRunner().invoke


# nothing measured, nothing guided or chosen among, or too few compounds
LEFT_OUT = {"sample-efficiency", "umap", "family-tree", "coverage", "proposers", "element-pairs"}


def test_the_page_of_a_search_holds_every_view(made: StudyFolder) -> None:
    page = made.report.read_text(encoding="utf-8")
    for maker in fitting(VIEWS, FinishedStudy(made)):
        if maker.name not in LEFT_OUT:
            assert f'<figure id="{maker.name}"' in page, maker.name
            assert (made.views / f"{maker.name}.csv").is_file()
    assert "a fault of this view" not in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    known = set(ids)
    used = re.findall(r'(?:xlink:href|href)="#([^"]+)"|url\(#([^")]+)\)', page)
    assert {a or b for a, b in used} <= known
    for link in re.findall(r"""(?:src|href|xlink:href)=["']([^"']*)""", page):
        assert link.startswith(("data:", "#"))
    assert "http" not in re.sub(r'xmlns(:xlink)?="[^"]*"', "", page)
    assert len(page) < 5e6


def test_pictures_follow_the_colours_of_the_page(made: StudyFolder) -> None:
    page = made.report.read_text(encoding="utf-8")
    front = page[page.index('<figure id="front"') :]
    front = front[: front.index("</svg>")]
    assert "var(--card, #fffffe)" in front
    assert "#1b1f24" not in front.replace("var(--ink, #1b1f24)", "")
    assert 'data-trial="' in front


def test_what_a_study_lacks_is_left_out_with_the_reason(copy: StudyFolder) -> None:
    copy.data_file.unlink()
    (copy.path / "band.json").unlink()
    written = write_report(copy)
    assert set(written.left_out) == {"targets", "sizes", "element-frequency", *LEFT_OUT}
    assert "has no data.csv.gz" in written.left_out["targets"]
    page = copy.report.read_text(encoding="utf-8")
    assert '<figure id="targets"' not in page
    assert "has no data.csv.gz" in page
    assert '<figure id="cecv"' in page


def test_a_fault_in_one_view_costs_that_view_alone(
    copy: StudyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(material: FinishedStudy) -> None:
        raise ZeroDivisionError("made to fail")

    views = (ViewMaker("broken", "search", broken), VIEWS[0])  # type: ignore[arg-type]
    monkeypatch.setattr("fusionnas.report.page.VIEWS", views)
    written = write_report(copy)
    assert written.views == ("yardsticks",)
    assert "ZeroDivisionError: made to fail" in written.left_out["broken"]


def test_the_command_writes_some_views_alone(copy: StudyFolder) -> None:
    runs = str(copy.path.parent)
    done = run(app, ["report", copy.name, "--runs", runs, "--views", "front, parity"])
    assert done.exit_code == 0, done.output
    page = copy.report.read_text(encoding="utf-8")
    assert re.findall(r'<figure id="([\w-]+)"', page) == ["parity", "front"]
    assert "some of the views alone" in page
    assert "front, parity" in done.stdout


def test_the_command_offers_the_nearest_view(copy: StudyFolder) -> None:
    before = copy.report.read_bytes()
    done = run(app, ["report", copy.name, "--runs", str(copy.path.parent), "--views", "frnt"])
    assert done.exit_code != 0
    assert "did you mean 'front'" in str(done.exception)
    assert copy.report.read_bytes() == before


def test_the_command_opens_the_page(copy: StudyFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    options = ["--runs", str(copy.path.parent), "--views", "yardsticks", "--open"]
    assert run(app, ["report", copy.name, *options]).exit_code == 0
    assert opened == [copy.report.absolute().as_uri()]


def test_sample_efficiency_is_measured_once_and_then_shown(copy: StudyFolder) -> None:
    steps: list[tuple[str, int, int]] = []
    runs = measure_sample_efficiency(copy, lambda *step: steps.append(step))
    rows = copy.facts["data"]["compositions"]["train"]
    assert [r.rows for r in runs] == [round(share * rows) for share in SHARES]
    # the whole part is the search's own training
    assert runs[-1].val_error == copy.summary()["chosen"]["val_mae"]
    epochs = copy.facts["recipe"]["epochs"]
    assert {total for _, _, total in steps} == {8 * epochs, 4 * epochs, 2 * epochs}
    steps.clear()
    assert measure_sample_efficiency(copy, lambda *step: steps.append(step)) == runs
    assert steps == []
    written = write_report(copy, ["sample-efficiency"])
    assert written.views == ("sample-efficiency",)
    assert written.left_out == {}


def test_sample_efficiency_of_another_network_is_not_shown(copy: StudyFolder) -> None:
    kept = {"trial": -1, "runs": [{"share": 1.0, "rows": 9, "val_mae": 1.0}]}
    (copy.path / "sample_efficiency.json").write_text(json.dumps(kept))
    assert "sample-efficiency" in write_report(copy, ["sample-efficiency"]).left_out


def test_the_answer_shows_the_predictor_and_its_parts(copy: StudyFolder) -> None:
    """Also where the test part is too small for a correction of its intervals."""
    path = copy.path / "test_predictions.csv"
    predictions = pd.read_csv(path, na_filter=False)
    predictions["predictor"] = (predictions["prediction"] + predictions["target"]) / 2
    predictions["predictor_uncertainty"] = predictions["uncertainty"]
    predictions.to_csv(path, index=False)
    summary = dict(copy.summary())
    line = summary["chosen"]["line"]
    summary["predictor"] = {
        "models": 3,
        "combination": "median",
        "rule": "greedy",
        "val_mae": 1.0,
        "test_mae": summary["chosen"]["test_mae"] / 2,
        "test_rmse": 1.0,
        "test_mae_interval": [0.5, 0.75],
        "left_out": [{"name": "trial 9", "reason": "no memory"}],
        "interval_words": "",
        "parts": [
            {"name": "trial 2", "line": line, "weight": 0.75, "models": 2, "val_mae": 1.25},
            {"name": "LightGBM", "line": "LightGBM", "weight": 0.25, "models": 1, "val_mae": 1.5},
        ],
    }
    copy.write_json("summary.json", summary)
    write_report(copy, ["yardsticks", "coverage"])
    page = copy.report.read_text(encoding="utf-8")
    answer = page[page.index('id="predictor"') :]
    answer = answer[: answer.index("</div>\n</div>") + 600]
    for words in ("The predictor (3 models)", "75%", "25%", "LightGBM", "trial 9 (no memory)"):
        assert words in answer
    table = pd.read_csv(copy.views / "yardsticks.csv")
    row = table.set_index("predictor").loc["predictor"]
    assert row["worse_by_high"] < 0  # half the error, compound by compound
