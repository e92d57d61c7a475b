"""Whether a search of classes was worth it: judged by the log loss."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fusionnas.insight.comparison import SearchWorth, search_worth
from fusionnas.report.result_page import worth_page, write_result_page
from fusionnas.studies.folder import StudyFolder
from fusionnas.terminal.comparisons import print_worth
from fusionnas.terminal.console import plain_console
from tests.insight.comparison.conftest import won_by_the_sampler
from tests.made.class_study import THREE, TWO, class_dataset


@pytest.fixture(scope="module", params=[TWO, THREE], ids=["two", "three"])
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    data = class_dataset(300, request.param)
    return won_by_the_sampler(tmp_path_factory.mktemp("worth"), data, "classification")


@pytest.fixture(scope="module")
def found(study: StudyFolder) -> SearchWorth:
    return search_worth(study.path)


def test_the_sampler_wins_by_the_log_loss(study: StudyFolder, found: SearchWorth) -> None:
    chosen = study.summary()["chosen"]
    ours = found.tested.iloc[0]
    assert ours["log_loss"] == pytest.approx(chosen["test_log_loss"], abs=1e-6)
    assert ours["val_log_loss"] == pytest.approx(chosen["val_log_loss"])
    assert (found.tested["verdict"].iloc[1:] == "worse").all()
    losses = found.tested["log_loss"].to_numpy()
    np.testing.assert_allclose(found.tested["difference"].iloc[1:], losses[1:] - losses[0])
    lowest = study.trials().set_index("number")["val_log_loss"]
    sides = found.sides.set_index("side")
    assert sides["val_log_loss"]["sampler"] == pytest.approx(lowest[5])
    assert found.words[0].startswith("The search's best beats the best named network: on the test")
    assert "its log loss is" in found.words[0]
    assert "Validation log loss at 1 tries" in found.words[1]
    assert not any("MAE" in text for text in (*found.words, *found.notes))


def test_its_picture_its_page_and_the_terminal_name_the_log_loss(
    found: SearchWorth, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    print_worth(found, plain_console())
    assert "best val. log loss" in " ".join(capsys.readouterr().out.split())
    assert not write_result_page(tmp_path / "page.html", worth_page(found))
    found.save(tmp_path)
    picture = (tmp_path / "search-worth.svg").read_text()
    assert "validation log loss" in picture
    for name in ("page.html", "search-worth.svg", "search-worth-tested.csv"):
        assert "MAE" not in (tmp_path / name).read_text(encoding="utf-8")
