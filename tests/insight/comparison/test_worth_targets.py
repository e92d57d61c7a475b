"""Whether a search of several targets was worth it: by the relative MAE, or by one of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from fusionnas.data.sources import load_dataset
from fusionnas.errors import OptionError
from fusionnas.insight.comparison import SearchWorth, search_worth
from fusionnas.report.result_page import worth_page, write_result_page
from fusionnas.searching.final_training import whole_key
from fusionnas.searching.result_file import write_result
from fusionnas.studies.folder import StudyFolder
from tests.insight.comparison.conftest import won_by_the_sampler
from tests.made.class_study import TWO, class_study
from tests.made.command_line import fusionnas
from tests.made.several import NAMES, UNITS, table_of_targets


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    data = load_dataset(table_of_targets(), target_column=NAMES, unit=UNITS)
    return won_by_the_sampler(tmp_path_factory.mktemp("worth"), data, "multi-target")


@pytest.fixture
def copy(study: StudyFolder, tmp_path: Path) -> StudyFolder:
    shutil.copytree(study.path, tmp_path / "copy")
    return StudyFolder(tmp_path / "copy")


@pytest.fixture(scope="module")
def whole(study: StudyFolder) -> SearchWorth:
    return search_worth(study.path)


def test_all_targets_are_judged_by_the_relative_mae(study: StudyFolder, whole: SearchWorth) -> None:
    chosen = study.summary()["chosen"]
    ours = whole.tested.iloc[0]
    assert whole.unit == ""
    assert ours["relative_mae"] == pytest.approx(chosen["test_relative_mae"], abs=1e-6)
    assert ours["mae/sum"] == pytest.approx(chosen["test_mae/sum"], abs=1e-6)
    assert ours["val_relative_mae"] == pytest.approx(chosen["val_relative_mae"])
    assert (whole.tested["verdict"].iloc[1:] == "worse").all()
    assert "its relative MAE is" in whole.words[0]


@pytest.mark.parametrize("place", range(len(NAMES)))
def test_one_target_is_judged_by_its_own_errors(study: StudyFolder, place: int) -> None:
    name = NAMES[place]
    found = search_worth(f"{study.path}:{name}")
    assert (found.study, found.target) == (f"made:{name}", name)
    assert found.unit == UNITS.split(",")[place]
    trials = study.trials().set_index("number")[f"val_mae/{name}"]
    first = found.tested.iloc[0]
    assert first["name"] == f"made:{name}, best of 5"
    assert (first["trial"], first["val_mae"]) == (trials.idxmin(), pytest.approx(trials.min()))
    chosen = study.summary()["chosen"]
    tested = found.tested.set_index("trial")["mae"]
    assert tested[chosen["number"]] == pytest.approx(chosen[f"test_mae/{name}"], abs=1e-6)
    lowest = found.sides.set_index("side")["val_mae"]
    assert lowest["named"] == pytest.approx(trials.iloc[0])
    assert lowest["sampler"] == pytest.approx(trials.iloc[-1])
    assert (found.curves["error"].min(), found.error.label) == (lowest.min(), "MAE")
    assert f"lowest validation MAE of {name}" in found.notes[0]


def test_its_best_is_the_best_for_the_target_without_a_final_training(copy: StudyFolder) -> None:
    """Which can be another than the recommended network."""
    trials = copy.trials()
    trials.loc[trials["number"] == 0, "val_mae/sum"] = 1e-3
    trials.to_csv(copy.path / "trials.csv", index=False)
    number = copy.summary()["chosen"]["number"]
    write_result(copy.path / whole_key(number), {"state": "done", "history": [{}] * 60})
    assert number != 0
    found = search_worth(f"{copy.path}:sum")
    assert found.tested["trial"].iloc[0] == 0
    assert "its best, trial 0, is one of its 1 named first trials" in found.words[0]
    assert found.sides["final"].sum() == 0
    assert search_worth(f"{copy.path}:{NAMES[0]}").tested["trial"].iloc[0] == number
    whole = search_worth(copy.path)
    assert whole.tested["trial"].iloc[0] == number
    assert whole.sides["final"].sum() == 2


def test_another_study_is_compared_by_the_same_target(
    study: StudyFolder, copy: StudyFolder
) -> None:
    found = search_worth(f"{study.path}:sum", f"{copy.path}:sum")
    assert found.against["name"].tolist() == ["made:sum", "copy:sum"]
    assert found.against["difference"].iloc[1] == 0
    with pytest.raises(OptionError, match="compare made:sum with copy:sum, or both by all"):
        search_worth(f"{study.path}:sum", copy.path)
    with pytest.raises(OptionError, match="not judged by the same target"):
        search_worth(f"{study.path}:sum", f"{copy.path}:elements")


def test_what_has_no_such_target_says_so(
    study: StudyFolder, runs: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with pytest.raises(OptionError, match="'made' has no target 'smu'; did you mean 'sum'"):
        search_worth(f"{study.path}:smu")
    with pytest.raises(OptionError, match="'searched' has one target: leave ':sum' out"):
        search_worth("searched:sum", runs=runs)
    classes = class_study(tmp_path_factory, TWO)
    with pytest.raises(OptionError, match="judges all classes: leave ':high' out"):
        search_worth(f"{classes.path}:high")


def test_the_terminal_and_a_page_tell_it(
    study: StudyFolder, whole: SearchWorth, tmp_path: Path
) -> None:
    done = fusionnas("compare", f"{study.path}:sum", "--worth", cwd=study.path)
    assert done.returncode == 0, done.stderr
    assert "made:sum: was the search worth it? sum (Pauling)" in done.stdout
    page = worth_page(whole)
    assert not write_result_page(tmp_path / "page.html", page)
    assert page.tables[1].columns[1:4] == ["relative MAE", "from", "to"]
    assert json.loads(json.dumps(whole.to_dict()))["target"] == ", ".join(NAMES)
    assert "validation relative MAE" in whole.view.svg()
