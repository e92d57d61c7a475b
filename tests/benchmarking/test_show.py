"""What is made of results: means with intervals, ranks, pictures and the page."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from fusionnas.benchmarking.paired import firsts_and_seconds
from fusionnas.benchmarking.published import of_table, published
from fusionnas.benchmarking.result import COLUMNS, Task
from fusionnas.benchmarking.results import Results
from fusionnas.benchmarking.show import write_page
from fusionnas.benchmarking.show.breaking import breaking_table, where_systems_break
from fusionnas.benchmarking.show.cost import cost_table
from fusionnas.benchmarking.show.coverage import (
    coverage_table,
    coverage_where_systems_break,
    coverage_words,
)
from fusionnas.benchmarking.show.distance import distance_table, error_against_distance
from fusionnas.benchmarking.show.heat_map import heat_map, measured_and_published
from fusionnas.benchmarking.show.ranks import critical_differences, rank_table
from fusionnas.benchmarking.show.rows import error_against_rows
from fusionnas.benchmarking.show.words import answer
from fusionnas.benchmarking.summary import error_matrix, main_lines, summarise
from fusionnas.errors import StudyError, ViewError
from tests.made.command_line import fusionnas


def made_results(**changes: object) -> pd.DataFrame:
    """Three systems on four tables in three folds: `a` is best, `c` is dear and worst."""
    rows = []
    for number, table in enumerate(("phonons", "dielectric", "steels", "jdft2d")):
        for fold in range(3):
            for place, system in enumerate(("a", "b", "c")):
                mae = (number + 1) * (1 + 0.5 * place) + 0.01 * fold
                rows.append(
                    {
                        "suite": "matbench",
                        "table": table,
                        "split": "given",
                        "fold": str(fold),
                        "seed": 0,
                        "system": system,
                        "state": "done",
                        "mae": mae,
                        "mae_low": 0.9 * mae,
                        "mae_high": 1.1 * mae,
                        "rmse": 2 * mae,
                        "r2": 0.5,
                        "unit": "eV",
                        "train_rows": 100,
                        "cpu_seconds": 10.0**place,
                        "wall_seconds": 10.0**place,
                        "predict_seconds": 0.1,
                        "peak_memory_mb": 100.0,
                        "standing": "published",
                        **changes,
                    }
                )
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype(dict.fromkeys(("rows", "train_rows", "parameters", "width"), "Int64"))


def test_intervals_are_over_folds_and_over_test_rows_of_a_single_one() -> None:
    results = made_results()
    row = summarise(results).iloc[0]
    errors = results["mae"][(results["table"] == "phonons") & (results["system"] == "a")]
    low, high = stats.t.interval(0.95, 2, loc=errors.mean(), scale=stats.sem(errors))
    assert (row["error"], row["low"], row["high"]) == pytest.approx((errors.mean(), low, high))
    alone = summarise(results[results["fold"] == "0"]).iloc[0]
    assert (alone["low"], alone["high"]) == pytest.approx((0.9, 1.1))


def test_a_system_that_lacks_a_fold_is_shown_and_not_compared() -> None:
    results = made_results()
    gone = (results["table"] == "steels") & (results["system"] == "a") & (results["fold"] == "1")
    results.loc[gone, "state"] = "failed"
    summary = summarise(results)
    mine = summary[(summary["table"] == "steels") & (summary["system"] == "a")].iloc[0]
    assert not mine["complete"]
    assert mine["folds"] == 2
    assert np.isnan(measured_and_published(summary).loc["steels", "a"])
    # by system a alone one table is short, which its other tables do not have to pay for
    assert "steels" not in error_matrix(summary).index or "a" not in error_matrix(summary).columns


def test_several_seeds_of_one_fold_keep_its_interval() -> None:
    """A system without chance has the same error for each seed, and still an interval."""
    one = made_results()
    one = one[one["fold"] == "0"]
    seeds = pd.concat([one.assign(seed=seed) for seed in range(3)], ignore_index=True)
    alone, row = summarise(one).iloc[0], summarise(seeds).iloc[0]
    for name in ("error", "low", "high"):
        assert row[name] == pytest.approx(alone[name])
    assert (row["folds"], row["seeds"]) == (1, 3)
    assert np.isnan(row["sd"])


def test_seeds_are_averaged_within_a_fold() -> None:
    """Five seeds of three folds are three errors, not fifteen."""
    results = made_results()
    noise = np.random.default_rng(0).normal(scale=0.05, size=(5, len(results)))
    seeds = [
        results.assign(seed=seed, mae=results["mae"] + more) for seed, more in enumerate(noise)
    ]
    everything = pd.concat(seeds, ignore_index=True)
    row = summarise(everything).iloc[0]
    mine = everything[(everything["table"] == "phonons") & (everything["system"] == "a")]
    means = mine.groupby("fold")["mae"].mean()
    low, high = stats.t.interval(0.95, 2, loc=means.mean(), scale=stats.sem(means))
    assert (row["error"], row["low"], row["high"]) == pytest.approx((means.mean(), low, high))
    assert row["sd"] == pytest.approx(means.std())
    assert row["complete"]


def test_failed_folds_of_one_system_remove_no_other() -> None:
    """Folds differ in their number of rows, so the mean over fewer of them may be the largest."""
    results = made_results()
    results["train_rows"] = results["fold"].map({"0": 211, "1": 211, "2": 212}).astype("Int64")
    results.loc[(results["system"] == "a") & (results["fold"] != "2"), "state"] = "failed"
    summary = summarise(results)
    errors = error_matrix(main_lines(summary))
    assert errors.columns.tolist() == ["b", "c"]
    assert len(errors) == 4
    assert "the lowest measured error has: b on 4" in answer(summary, pd.DataFrame())


def test_of_several_limits_and_splits_one_counts() -> None:
    """All rows, or else the highest limit; without own folds the first split."""
    limited = [made_results(rows=rows, train_rows=rows) for rows in (30, 50)]
    less = pd.concat(limited, ignore_index=True)
    assert main_lines(summarise(less))["rows"].unique().tolist() == [50]
    every = pd.concat([less, made_results()], ignore_index=True)
    lines = main_lines(summarise(every))
    assert lines["rows"].isna().all()
    assert len(lines) == 12
    splits = [made_results(split=split) for split in ("elements", "tail")]
    lines = main_lines(summarise(pd.concat(splits, ignore_index=True)))
    assert lines["split"].unique().tolist() == ["elements"]


def test_parameters_are_the_mean_over_folds() -> None:
    """A search chooses another network in each fold."""
    results = made_results()
    mine = results["system"] == "a"
    results.loc[mine, "parameters"] = results.loc[mine, "fold"].map({"0": 10, "1": 20, "2": 60})
    summary = summarise(results)
    assert summary.loc[summary["system"] == "a", "parameters"].tolist() == [30] * 4
    assert summary.loc[summary["system"] == "b", "parameters"].isna().all()


def test_ranks_and_cost() -> None:
    summary = summarise(made_results())
    ranks = rank_table(summary)
    assert ranks["system"].tolist() == ["a", "b", "c"]
    assert ranks["mean_rank"].tolist() == [1, 2, 3]
    costs = cost_table(summary)
    assert costs["system"].tolist() == ["a", "b", "c"]
    assert costs["cpu_seconds"].tolist() == pytest.approx([1, 10, 100])
    assert costs["relative_error"].iloc[0] == pytest.approx(1)
    assert costs["relative_error"].iloc[2] == pytest.approx(2, rel=0.02)
    assert costs["on_front"].tolist() == [True, False, False]
    pairs = pd.DataFrame({"apart": [True, False, True, True]})
    words = answer(summary, pairs)
    assert "a on 4" in words
    assert "On 3 of 4 the first is ahead" in words


def test_published_figures_stand_beside_measured_ones() -> None:
    assert of_table("matbench", "phonons")["Finder"] == 46.58
    # with more digits in the file of the architecture than in the table of all systems
    assert of_table("extended", "bartel_formation_enthalpy")["l-g-dcnn:paper"] == 0.0582
    assert of_table("extended", "no-such") == {}
    assert not published().duplicated(["suite", "table", "system"]).any()
    results = made_results()
    results.loc[results["system"] == "a", "system"] = "crabnet:paper"
    summary = summarise(results)
    own = summary[(summary["table"] == "phonons") & (summary["system"] == "crabnet:paper")]
    assert own["published"].tolist() == [55.11]
    shown = measured_and_published(summary)
    assert shown.loc["phonons", "Finder (published)"] == 46.58
    assert np.isnan(shown.loc["steels", "Finder (published)"])
    # they are of all rows and of the table's own folds, and stand beside nothing else
    assert summarise(made_results(rows=50))["published"].isna().all()
    assert summarise(made_results(split="elements"))["published"].isna().all()


def test_critical_differences_are_scikit_posthocs() -> None:
    posthocs = pytest.importorskip("scikit_posthocs")
    summary = summarise(made_results())
    view = critical_differences(summary)
    same = posthocs.posthoc_nemenyi_friedman(error_matrix(summary))
    told = sum(same.loc[a, b] < 0.05 for a, b in (("a", "b"), ("a", "c"), ("b", "c")))
    assert f"it distinguishes {told} of 3 pairs" in view.caption
    svg = view.svg()
    assert all(f"{name} (" in svg or f") {name}" in svg for name in "abc")


def test_ranks_without_the_package_or_with_too_few_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scikit_posthocs", None)
    summary = summarise(made_results())
    with pytest.raises(ViewError, match=r"fusionnas\[benchmark\]"):
        critical_differences(summary)
    with pytest.raises(ViewError, match="at least 3 tables"):
        critical_differences(summary[summary["table"] == "phonons"])


def test_splits_that_leave_out_chemistry_are_compared_with_the_own_folds() -> None:
    results = made_results()
    harder = made_results(split="elements")
    harder[["mae", "mae_low", "mae_high"]] *= 3
    summary = summarise(pd.concat([results, harder], ignore_index=True))
    table = breaking_table(summary)
    assert len(table) == 12
    assert table["ratio"].to_numpy() == pytest.approx(3)
    assert table["apart"].all()
    assert where_systems_break(summary).svg()
    assert rank_table(summary)["tables"].tolist() == [4, 4, 4]  # no table counts twice
    with pytest.raises(ViewError, match="--split elements"):
        where_systems_break(summarise(results))


def test_errors_far_from_training_are_compared_with_those_near() -> None:
    table = distance_table(summarise(made_results(near_mae=2.0, far_mae=5.0)))
    assert len(table) == 12
    assert table["ratio"].to_numpy() == pytest.approx(2.5)
    with pytest.raises(ViewError, match="no result has errors by distance"):
        error_against_distance(summarise(made_results()))


def test_the_heat_map_colours_each_row_by_itself() -> None:
    from fusionnas.benchmarking.show.heat_map import _share

    shares = _share(np.array([[1.0, 2**0.5, 100.0], [1000.0, np.nan, 1000.0]]))
    assert shares[0].tolist() == pytest.approx([0, 0.5, 1])
    assert shares[1, 0] == 0
    assert heat_map(summarise(made_results())).svg()
    with pytest.raises(ViewError, match="no system has a result"):
        heat_map(summarise(made_results(state="failed")))


def test_the_first_and_the_second_are_compared_compound_by_compound(tmp_path: Path) -> None:
    """Both err much on the same compounds, and one always a little less."""
    results = Results(tmp_path / "made")
    results.begin({}, resume=False)
    hard = np.abs(np.random.default_rng(0).normal(size=400))
    for row in made_results().to_dict("records"):
        task = Task(row["table"], None, "given", row["fold"], 0, row["system"])
        more = {"a": 0.0, "b": 0.02, "c": 1.0}[row["system"]]
        if row["table"] == "steels" and row["system"] == "b":  # sometimes more, sometimes less
            more = np.random.default_rng(1).normal(scale=0.5, size=400)
        frame = pd.DataFrame({"formula": "Fe", "target": 0.0, "prediction": hard + 1 + more})
        results.predictions(task).parent.mkdir(exist_ok=True)
        frame.to_csv(results.predictions(task), index=False)
        results.add({"key": task.key, **{k: v for k, v in row.items() if not pd.isna(v)}})
    pairs = firsts_and_seconds(results, summarise(results.table()))
    assert (pairs["first"] == "a").all()
    assert (pairs["second"] == "b").all()
    assert pairs.set_index("table")["apart"].to_dict() == {
        "phonons": True,
        "dielectric": True,
        "steels": False,
        "jdft2d": True,
    }
    assert pairs["behind"].iloc[0] == pytest.approx(0.02)
    failed = made_results(table="phonons", fold="0").iloc[:1].to_dict("records")[0]
    failed |= {"system": "c", "seed": 1, "state": "failed", "reason": "made to fail"}
    results.add({"key": "x", **{k: v for k, v in failed.items() if not pd.isna(v)}})
    again = firsts_and_seconds(results, summarise(results.table()))
    pd.testing.assert_frame_equal(again, pairs)
    results.predictions(Task("jdft2d", None, "given", "0", 0, "a")).unlink()
    assert "jdft2d" not in firsts_and_seconds(results, summarise(results.table()))["table"].tolist()


def with_predictions(results: Results, rows: pd.DataFrame, errors: dict[str, np.ndarray]) -> None:
    """Store rows of results with predictions of one error for each test row, by system."""
    results.begin({}, resume=False)
    for row in rows.to_dict("records"):
        task = Task(row["table"], None, "given", row["fold"], row["seed"], row["system"])
        error = errors[row["system"]]
        formulas = [f"Fe{1 + place % 20}O" for place in range(len(error))]
        said = pd.DataFrame({"formula": formulas, "target": 0.0, "prediction": error})
        results.predictions(task).parent.mkdir(exist_ok=True)
        said.to_csv(results.predictions(task), index=False)
        results.add({"key": task.key, **{k: v for k, v in row.items() if not pd.isna(v)}})


def test_copies_of_a_compound_do_not_make_a_difference_certain(tmp_path: Path) -> None:
    """Seeds and several rows of one composition are no further compounds: same interval."""
    rng = np.random.default_rng(0)
    errors = {name: np.abs(rng.normal(size=20)) + more for name, more in (("a", 0), ("b", 0.1))}
    rows = made_results(table="phonons", fold="0").drop_duplicates("system")
    rows = rows[rows["system"] != "c"]
    seeds = pd.concat([rows.assign(seed=seed) for seed in range(5)], ignore_index=True)
    copies = {name: np.tile(error, 6) for name, error in errors.items()}
    found = []
    for number, (lines, given) in enumerate(((rows, errors), (seeds, errors), (rows, copies))):
        results = Results(tmp_path / str(number))
        with_predictions(results, lines, given)
        (pair,) = firsts_and_seconds(results, summarise(results.table())).to_dict("records")
        found.append([pair[name] for name in ("behind", "low", "high")])
    for again in found[1:]:  # other draws of as many compounds
        assert again == pytest.approx(found[0], rel=0.05)


def test_the_page_stands_alone(finished: Results) -> None:
    written = write_page(finished.folder)
    page = written.page.read_text(encoding="utf-8")
    assert '<figure id="errors"' in page
    assert '<figure id="rows"' in page
    assert "breaking" in written.left_out
    for link in re.findall(r"""(?:src|href|xlink:href)=["']([^"']*)""", page):
        assert link.startswith(("data:", "#"))
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert (finished.folder / "pictures" / "errors.csv").is_file()
    shown = error_against_rows(written.summary).table
    best = shown[shown["system"] == "extra-trees-median"]
    for _, line in best.groupby("table"):
        assert line["error"].iloc[0] > line["error"].iloc[-1]  # fewer rows, a larger error


def test_the_command_shows_a_folder(finished: Results, tmp_path: Path) -> None:
    done = fusionnas("benchmark", "--show", str(finished.folder), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "made-mean, 100 rows (Pauling)" in done.stdout
    assert "not drawn: breaking" in done.stdout
    assert str(finished.page) in done.stdout
    plain = fusionnas("benchmark", "--show", str(finished.folder), "--json", cwd=tmp_path)
    rows = json.loads(plain.stdout)
    assert {row["system"] for row in rows} == {"median", "extra-trees-median"}
    assert rows[0]["parameters"] is None


def test_what_cannot_be_shown(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="holds no benchmark"):
        write_page(tmp_path)
    neither = fusionnas("benchmark", cwd=tmp_path)
    assert neither.returncode == 2
    assert "Give either --suite" in neither.stderr
    form = fusionnas("benchmark", "--show", ".", "--export", "xlsx", cwd=tmp_path)
    assert form.returncode == 2
    assert "exported as matbench alone" in form.stderr
    many = fusionnas("benchmark", "--show", ".", "--export", "matbench", cwd=tmp_path)
    assert many.returncode == 2
    assert "There is no system 'yardsticks,networks'" in many.stderr
    unknown = fusionnas("benchmark", "--suite", "smal", cwd=tmp_path)
    assert unknown.returncode == 2
    assert "did you mean 'small'" in unknown.stderr


def test_whether_intervals_tell_where_systems_break() -> None:
    """`a` widens its intervals as much as its error rises; the others do not."""
    own = made_results(coverage_90=0.9, width_90=4.0)
    away = made_results(split="tail", coverage_90=0.5, width_90=4.0)
    away[["mae", "mae_low", "mae_high"]] *= 2
    away.loc[away["system"] == "a", ["coverage_90", "width_90"]] = [0.88, 8.0]
    summary = summarise(pd.concat([own, away]))
    table = coverage_table(summary)
    assert len(table) == 12
    assert table["larger_error"].to_numpy() == pytest.approx(2)
    mine = table[table["system"] == "a"]
    assert (mine["own_coverage"] == 0.9).all()
    assert mine["wider"].to_numpy() == pytest.approx(2)
    assert "In 4 of 12 cases" in coverage_words(table)
    assert "In 4 of 12 cases" in coverage_where_systems_break(summary).caption
    with pytest.raises(ViewError, match="no system with intervals"):
        coverage_where_systems_break(summarise(made_results()))
