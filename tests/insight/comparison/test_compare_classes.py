"""Networks of classes side by side: the log loss, its differences, and other names of classes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fusionnas.errors import BundleError, DataError
from fusionnas.insight.comparison import Comparison, compare
from fusionnas.insight.comparison.compare import check_same_classes
from fusionnas.insight.known_data import load_known
from fusionnas.report.result_page import comparison_page, write_result_page
from fusionnas.statistics.class_metrics import of_each_class
from fusionnas.studies.folder import StudyFolder
from fusionnas.studies.named_network import open_network
from tests.made.class_study import THREE, TWO, class_dataset, class_study
from tests.made.command_line import fusionnas


@pytest.fixture(scope="module", params=[TWO, THREE], ids=["two", "three"])
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    return class_study(tmp_path_factory, request.param)


@pytest.fixture(scope="module")
def found(study: StudyFolder) -> Comparison:
    return compare(study.path)


def test_the_error_is_the_log_loss(study: StudyFolder, found: Comparison) -> None:
    first = found.table.iloc[0]
    chosen = study.summary()["chosen"]
    for name in ("log_loss", "roc_auc", "mcc"):
        assert first[name] == pytest.approx(chosen[f"test_{name}"], abs=1e-6)
    assert first["log_loss_low"] < first["log_loss"] < first["log_loss_high"]
    assert "mae" not in found.table
    assert "test log loss" in found.words
    assert set(found.table["kind"]) == {"study", "yardstick"}
    assert "shares of the classes" in found.table["name"].tolist()


def test_a_difference_is_that_of_the_log_losses(found: Comparison) -> None:
    losses = found.table["log_loss"].to_numpy()
    difference = found.table["difference"].to_numpy()[1:]
    np.testing.assert_allclose(difference, losses[1:] - losses[0], atol=1e-9)
    assert found.table["difference_low"].iloc[1] <= difference[0]


def test_its_files_and_page_speak_of_the_log_loss(found: Comparison, tmp_path: Path) -> None:
    names = [path.name for path in found.save(tmp_path)]
    assert "compare-log-loss.svg" in names
    left_out = write_result_page(tmp_path / "page.html", comparison_page(found))
    assert not left_out
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "before a correction by a temperature" in page
    assert "MAE" not in page.split("<script>")[0]


def test_a_terminal_shows_it(study: StudyFolder) -> None:
    done = fusionnas("compare", str(study.path), "--json", cwd=study.path)
    assert done.returncode == 0, done.stderr
    assert "log_loss" in json.loads(done.stdout)["contenders"][0]
    assert "test log loss" in fusionnas("compare", str(study.path), cwd=study.path).stdout


def test_given_data_have_the_codes_of_the_network(tmp_path: Path) -> None:
    """Of words in the order of the alphabet, and of numbers that are asked for as classes."""
    data = class_dataset(120, THREE)
    words = pd.DataFrame({"formula": data.table.formulas()})
    words["kind"] = [THREE[int(code)] for code in data.targets]
    words.to_csv(tmp_path / "words.csv", index=False)
    known = load_known(tmp_path / "words.csv", 0, THREE)
    by_formula = dict(zip(data.table.formulas(), data.targets, strict=True))
    assert [by_formula[f] for f in known.table.formulas()] == known.targets.tolist()
    with pytest.raises(DataError, match="has the class 'high', and the network knows low, other"):
        load_known(tmp_path / "words.csv", 0, ("low", "other"))


def test_other_classes_are_not_compared(tmp_path_factory: pytest.TempPathFactory) -> None:
    both = [open_network(class_study(tmp_path_factory, c).path) for c in (TWO, THREE)]
    with pytest.raises(BundleError, match="low, high and low, middle, high"):
        check_same_classes(both)


def test_probabilities_are_of_each_class(found: Comparison) -> None:
    own = found.predictions.filter(regex=r"^made(\[|$)").to_numpy()
    p = of_each_class(own[:, 0]) if own.shape[1] == 1 else own
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)
