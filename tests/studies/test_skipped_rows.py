from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from fusionnas.data.reading.bad_rows import BadRow
from fusionnas.studies.folder import StudyFolder
from tests.made.small_data import small_dataset


def test_a_study_lists_the_rows_that_it_left_out(tmp_path: Path) -> None:
    bad = BadRow("t.csv", 7, "Fe@O", "1.5", "'@' is not part of a formula.", of_formula=True)
    folder = StudyFolder(tmp_path)
    folder.write_data(replace(small_dataset(), skipped=(bad,)))
    listed = pd.read_csv(tmp_path / "skipped_rows.csv")
    assert listed.to_dict("records") == [
        {
            "file": "t.csv",
            "row": 7,
            "formula": "Fe@O",
            "target": 1.5,
            "reason": "'@' is not part of a formula.",
        }
    ]


def test_a_study_without_such_rows_has_no_list(tmp_path: Path) -> None:
    StudyFolder(tmp_path).write_data(small_dataset())
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv.gz"]
