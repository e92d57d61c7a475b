"""The views of networks: what they draw is what their tables say; what is missing is said."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusionnas.errors import FormulaError, OptionError, ViewError
from fusionnas.insight.pictures import umap
from fusionnas.insight.pictures.efm import efm_view
from fusionnas.insight.pictures.element_contributions import (
    contribution_changes_view,
    contributions_view,
)
from fusionnas.insight.pictures.element_pairs import element_pairs_view
from fusionnas.insight.pictures.element_similarity import similarity_view
from fusionnas.insight.pictures.formula_contributions import formula_contributions_view
from fusionnas.insight.pictures.umap import begin_umap, umap_view
from fusionnas.insight.reading import projection
from fusionnas.insight.reading.reading import encode, read
from fusionnas.models.predictor import Predictor
from fusionnas.plots.view import View
from fusionnas.report.views import make_view
from fusionnas.studies.finished import FinishedStudy
from tests.made.small_data import small_dataset
from tests.made.small_networks import small_network, small_test_part


def texts(view: View) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", view.svg())


def both() -> dict[str, Predictor]:
    return {"ours": small_network("lstm"), "theirs": small_network("dcnn-k1")}


def test_feature_matrices_of_two_networks() -> None:
    view = efm_view(both(), ["SrTiO3", "CsPbI3", "NaCl"])
    shown = " ".join(texts(view))
    for words in ("ours", "theirs", "SrTiO₃", "CsPbI₃", "NaCl", "16 channels"):
        assert words in shown
    assert set(view.table["network"]) == {"ours", "theirs"}
    assert len(view.table) == 8 * (16 + view.table.query("network == 'theirs'")["place"].max() + 1)


def test_contributions_end_at_the_predictions() -> None:
    view = formula_contributions_view(both(), ["SrTiO3", "NaCl"])
    for (_, _), rows in view.table.groupby(["network", "formula"]):
        total = rows["training_mean"].iloc[0] + rows["shift"].sum()
        assert total == pytest.approx(rows["value"].iloc[0], abs=1e-4)
        assert rows["lower"].iloc[0] < rows["value"].iloc[0] < rows["upper"].iloc[0]
    assert "sum" in texts(view)


def test_periodic_table_of_votes_and_of_their_differences() -> None:
    formulas, _ = small_test_part()
    ours, theirs = both().values()
    view = contributions_view(ours, formulas)
    highest = view.table.sort_values("vote").iloc[-1]
    assert highest["element"] in texts(view)
    assert f"{read(ours, encode(ours, formulas)).base:.3g}"[:3] in view.caption
    change = contribution_changes_view(ours, theirs, formulas, "the other")
    expected = view.table["vote"] - contributions_view(theirs, formulas).table["vote"]
    assert change.table["difference"].to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-6)
    assert "in the other, in Pauling" in change.caption


def test_similarity_has_a_row_a_pair_of_elements() -> None:
    formulas, _ = small_test_part()
    view = similarity_view(small_network("lstm"), formulas)
    elements = set(view.table["element"]) | set(view.table["other"])
    assert len(view.table) == len(elements) * (len(elements) - 1) / 2
    assert view.table[["input", "readout"]].abs().to_numpy().max() <= 1
    assert {"17", "f"} <= set(texts(view))


def test_pairs_say_whether_any_stands_out() -> None:
    # few elements in many compounds, so that each pair has enough
    formulas = [
        f"{a}{b}{other}{amount}"
        for a, b in combinations(["Li", "Na", "K", "Mg"], 2)
        for other in ("O", "S", "F")
        for amount in range(2, 30)
    ]
    ours, theirs = both().values()
    target = read(ours, encode(ours, formulas)).prediction  # only the reference errs
    view = element_pairs_view(ours, theirs, formulas, target)
    hits = int(view.table["significant"].sum())
    assert view.caption.startswith(f"{hits} of" if hits else f"None of {len(view.table)}")
    assert view.table["p"].is_monotonic_increasing
    assert set(view.hover) == {f"pair-{pair}" for pair in view.table["pair"].head(15)}
    assert f"<title>{view.table['pair'][0]}:" in view.svg()


def test_too_few_compounds_for_pairs_or_a_landscape_are_said_to_be_few() -> None:
    formulas, target = small_test_part()
    ours, theirs = both().values()
    with pytest.raises(ViewError, match="no pair of elements"):
        element_pairs_view(ours, theirs, formulas[:20], target[:20])
    with pytest.raises(ViewError, match="20 compounds are too few"):
        umap_view(ours, formulas[:20], target[:20])
    with pytest.raises(FormulaError, match="Fe@O"):
        similarity_view(ours, ["Fe@O"])


def test_a_landscape_of_many_compounds_shows_some_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Formula, prediction and target of a row are those of one compound."""
    monkeypatch.setattr(umap, "MOST", 120)
    monkeypatch.setattr(umap, "has_umap", lambda: True)

    def begin(means: list[np.ndarray], seed: int) -> Callable[[], list[np.ndarray]]:
        return lambda: [np.zeros((len(mean), 2)) for mean in means]

    monkeypatch.setattr(umap, "begin_projections", begin)
    data = small_dataset()
    formulas, network = data.table.formulas()[:150], small_network("lstm")
    view = umap_view(network, formulas, data.targets[:150])
    assert len(view.table) == view.table["formula"].nunique() == 120
    assert "120 compounds drawn at random from 150" in view.caption
    alone = pd.DataFrame({"formula": formulas, "target": data.targets[:150]})
    alone["prediction"] = read(network, encode(network, formulas)).prediction
    both = view.table.merge(alone, on="formula", suffixes=("", "_alone"), validate="one_to_one")
    assert len(both) == 120
    assert both["target"].tolist() == both["target_alone"].tolist()
    assert both["prediction"].to_numpy() == pytest.approx(both["prediction_alone"].to_numpy())


def test_without_umap_learn_the_landscape_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ViewError, match=r"pip install 'fusionnas\[umap\]'"):
        umap_view(small_network("lstm"), *small_test_part())


def test_a_projection_that_fails_in_its_process_is_told() -> None:
    if not projection.has_umap():
        pytest.skip("umap-learn is not installed")
    wait = projection.begin_projections([np.full((40, 3), np.nan)])
    with pytest.raises(OptionError, match=r"UMAP failed in its process: .*NaN"):
        wait()


def test_the_landscape_is_the_same_again(tmp_path: Path) -> None:
    if not projection.has_umap():
        pytest.skip("umap-learn is not installed")
    data = small_dataset()
    formulas = data.table.formulas()[:150]
    begun = [begin_umap(small_network("dcnn-k1"), formulas, data.targets[:150]) for _ in range(2)]
    view, again = (end() for end in begun)
    assert view.table.equals(again.table)
    assert np.isfinite(view.table.filter(regex="_[xy]$").to_numpy()).all()
    error = (view.table["target"] - view.table["prediction"]).abs()
    assert view.table["error"].to_numpy() == pytest.approx(error.to_numpy())
    picture, _ = view.save(tmp_path)
    assert picture.suffix == ".png"


@pytest.mark.parametrize(
    "name",
    [
        "efm",
        "formula-contributions",
        "element-contributions",
        "contribution-changes",
        "element-similarity",
    ],
)
def test_a_study_has_them(material: FinishedStudy, name: str) -> None:
    view = make_view(material, name)
    assert view.name == name
    assert len(view.table) > 0
