"""Small tables, and a benchmark of the quickest systems on them that tests share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fusionnas.benchmarking.made import load_made
from fusionnas.benchmarking.options import BenchmarkOptions
from fusionnas.benchmarking.results import Results
from fusionnas.benchmarking.run import benchmark
from tests.made.here import without_ray
from tests.made.once import once


def write_folds(folder: Path, folds: int = 2) -> Path:
    """A folder with train0.csv, val0.csv, test0.csv and so on, of made compositions."""
    folder.mkdir(parents=True)
    for fold in range(folds):
        data = load_made("made-mean", f"folds:5:{fold}", 0)
        frame = data.to_frame()
        for part in ("train", "val", "test"):
            rows = frame.loc[frame["part"] == part, ["formula", "target"]]
            rows.to_csv(folder / f"{part}{fold}.csv", index=False)
    return folder


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """matbench/phonons in two folds, a CSV, and a table of classes."""
    folder = tmp_path_factory.mktemp("tables")
    write_folds(folder / "matbench" / "phonons")
    frame = load_made("made-spread", "random", 0).to_frame()
    frame[["formula", "target"]].to_csv(folder / "spread.csv", index=False)
    frame["target"] = (frame["target"] > np.median(frame["target"])).astype(int)
    frame[["formula", "target"]].to_csv(folder / "classes.csv", index=False)
    return folder


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Median and extra trees on two made tables: two folds, whole and with 100 rows."""

    def make(folder: Path) -> None:
        options = BenchmarkOptions(
            suite="small",
            output=folder / "results",
            systems="median,extra-trees-median",
            only="made-mean,made-spread",
            folds=2,
            rows="100,all",
            workers=1,
        )
        with without_ray():
            _, complete = benchmark(options)
        assert complete

    return Results(once(tmp_path_factory, "benchmark", make) / "results")
